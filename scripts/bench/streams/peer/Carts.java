import java.time.Duration;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;

/** Outcomes of carts: created, converted, abandoned after half an hour without activity, recovered after that. */
final class Carts extends FamilyProcessor {
    private static final long QUIET_MS = 30 * 60_000;
    private static final int OPEN = 1;
    private static final int ABANDONED = 2;
    private static final int CLOSED = 3;
    private static final byte[] DUE = {};

    Carts() {
        super("cart");
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        super.init(context);
        context.schedule(Duration.ofSeconds(10), PunctuationType.STREAM_TIME, this::abandon);
    }

    @Override
    void fold(String cart, Event event) {
        // Status, when it is due, value in minor units.
        long[] state = Packed.toLongs(entities.get(cart), 3);
        int status = (int) state[0];
        if (status == CLOSED) return;
        String channel = event.dimension("channel");
        if (status == 0) outcome(cart, event.at(), "created", channel, event.number("value"));
        if (status == OPEN) timers.delete(Packed.timer(state[1], cart));
        if (event.type().equals("cart.checked_out")) {
            outcome(cart, event.at(), status == ABANDONED ? "recovered" : "converted", channel, event.number("value"));
            entities.put(cart, Packed.ofLongs(CLOSED, 0, event.number("value")));
            return;
        }
        if (status == ABANDONED) return;
        long due = event.at() + QUIET_MS;
        timers.put(Packed.timer(due, cart), DUE);
        entities.put(cart, Packed.ofLongs(OPEN, due, event.number("value")));
    }

    private void abandon(long now) {
        try (KeyValueIterator<String, byte[]> due = timers.range(Packed.timer(0, ""), Packed.timer(now, ""))) {
            while (due.hasNext()) {
                KeyValue<String, byte[]> timer = due.next();
                String cart = Packed.timerEntity(timer.key);
                long[] state = Packed.toLongs(entities.get(cart), 3);
                timers.delete(timer.key);
                entities.put(cart, Packed.ofLongs(ABANDONED, 0, state[2]));
                outcome(cart, Packed.timerAt(timer.key), "abandoned", "", state[2]);
            }
        }
    }

    private void outcome(String cart, long at, String outcome, String channel, long value) {
        fact(cart, at, "cart", outcome + "," + channel, value);
        count(at, "carts_" + outcome, channel, 1);
        count(at, "carts_value_" + outcome, channel, value);
    }
}
