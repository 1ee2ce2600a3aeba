/** Sales by kind, currency and channel; first and repeated purchases of a customer. */
final class Purchases extends FamilyProcessor {
    Purchases() {
        super("purchase");
    }

    @Override
    void fold(String customer, Event event) {
        // Purchases, total in minor units, first and last instant.
        long[] state = Packed.toLongs(entities.get(customer), 4);
        long amount = event.number("amount");
        boolean isFirst = state[0] == 0;
        state[0]++;
        state[1] += amount;
        state[2] = isFirst ? event.at() : Math.min(state[2], event.at());
        state[3] = Math.max(state[3], event.at());
        entities.put(customer, Packed.ofLongs(state));
        String dimensions = event.dimension("kind") + "," + event.dimension("currency") + "," + event.dimension("channel");
        fact(customer, event.at(), isFirst ? "first_purchase" : "repeat_purchase", dimensions, amount);
        count(event.at(), "sales", dimensions, 1);
        count(event.at(), "sales_amount", dimensions, amount);
    }
}
