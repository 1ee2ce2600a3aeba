/** Mentions by channel and sentiment; the first of an id counts. */
final class Mentions extends FamilyProcessor {
    private static final byte[] KNOWN = {};

    Mentions() {
        super("mention");
    }

    @Override
    void fold(String mention, Event event) {
        if (entities.putIfAbsent(mention, KNOWN) != null) return;
        String dimensions = event.dimension("channel") + "," + event.dimension("sentiment");
        fact(mention, event.at(), "mention", dimensions, event.number("reach"));
        count(event.at(), "mentions", dimensions, 1);
        count(event.at(), "mentions_reach", dimensions, event.number("reach"));
    }
}
