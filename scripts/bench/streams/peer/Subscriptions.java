import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** MRR of a customer by subscription, and its movements: new, expansion, contraction, churn, reactivation. */
final class Subscriptions extends FamilyProcessor {
    private static final long MICROS_PER_MINOR = 10_000;

    private record Terms(String currency, long micros) {}

    Subscriptions() {
        super("subscription");
    }

    @Override
    void fold(String customer, Event event) {
        byte[] stored = entities.get(customer);
        Map<String, Terms> terms = unpack(stored);
        boolean wasEverActive = stored != null && stored[0] == 1;
        String subscription = event.text("subscription_id");
        Terms old = terms.get(subscription);
        Terms now = switch (event.type()) {
            case "subscription.canceled", "subscription.paused" -> new Terms(old == null ? "" : old.currency(), 0);
            case "subscription.started", "subscription.changed", "subscription.renewed", "subscription.resumed" ->
                new Terms(event.dimension("currency"), mrrMicros(event));
            default -> old;
        };
        if (now == null) return;
        long before = sumOf(terms, now.currency());
        terms.put(subscription, now);
        long after = sumOf(terms, now.currency());
        entities.put(customer, pack(terms, wasEverActive || after > 0));
        if (after == before) return;
        String movement = before == 0 ? (wasEverActive ? "reactivation" : "new")
                : after == 0 ? "churn" : after > before ? "expansion" : "contraction";
        String dimensions = movement + "," + now.currency() + "," + event.dimension("segment") + "," + event.dimension("country");
        fact(customer, event.at(), "mrr_movement", dimensions, after - before);
        count(event.at(), "mrr", dimensions, after - before);
        if (after == 0) count(event.at(), "customers_lost", event.dimension("reason"), 1);
    }

    private static long mrrMicros(Event event) {
        long perInterval = event.number("unit_amount") * event.number("quantity") - event.number("discount_amount");
        long intervals = event.number("interval_count");
        long micros = perInterval * MICROS_PER_MINOR;
        return switch (event.dimension("interval")) {
            case "year" -> micros / (12 * intervals);
            case "week" -> micros * 52 / (12 * intervals);
            case "day" -> micros * 365 / (12 * intervals);
            default -> micros / intervals;
        };
    }

    private static long sumOf(Map<String, Terms> terms, String currency) {
        long sum = 0;
        for (Terms one : terms.values()) if (one.currency().equals(currency)) sum += one.micros();
        return sum;
    }

    private static Map<String, Terms> unpack(byte[] stored) {
        Map<String, Terms> terms = new LinkedHashMap<>();
        if (stored == null) return terms;
        ByteBuffer buffer = ByteBuffer.wrap(stored, 1, stored.length - 1);
        while (buffer.hasRemaining())
            terms.put(Packed.getText(buffer), new Terms(Packed.getText(buffer), buffer.getLong()));
        return terms;
    }

    private static byte[] pack(Map<String, Terms> terms, boolean wasEverActive) {
        int size = 1;
        for (Map.Entry<String, Terms> entry : terms.entrySet())
            size += 12 + 3 * (entry.getKey().length() + entry.getValue().currency().length());
        ByteBuffer buffer = ByteBuffer.allocate(size).put((byte) (wasEverActive ? 1 : 0));
        terms.forEach((id, one) -> {
            Packed.putText(buffer, id);
            Packed.putText(buffer, one.currency());
            buffer.putLong(one.micros());
        });
        return java.util.Arrays.copyOf(buffer.array(), buffer.position());
    }
}
