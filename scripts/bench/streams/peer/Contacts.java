/** Cases: opened, first response, resolved, opened again, with how long each took. */
final class Contacts extends FamilyProcessor {
    Contacts() {
        super("contact");
    }

    @Override
    void fold(String contactCase, Event event) {
        // Opened, first response and resolution as instants, 0 for not yet; messages.
        long[] state = Packed.toLongs(entities.get(contactCase), 4);
        String channel = event.dimension("channel");
        if (state[0] == 0) {
            state[0] = event.at();
            outcome(contactCase, event.at(), "opened", channel, 0);
        }
        switch (event.type()) {
            case "contact.message" -> {
                state[3]++;
                if (state[2] != 0 && event.dimension("direction").equals("inbound")) {
                    state[2] = 0;
                    outcome(contactCase, event.at(), "reopened", channel, 0);
                }
                if (state[1] == 0 && event.dimension("direction").equals("outbound")) {
                    state[1] = event.at();
                    outcome(contactCase, event.at(), "first_response", channel, event.at() - state[0]);
                }
            }
            case "contact.resolved" -> {
                if (state[2] == 0) outcome(contactCase, event.at(), "resolved", channel, event.at() - state[0]);
                state[2] = event.at();
            }
            default -> {}
        }
        entities.put(contactCase, Packed.ofLongs(state));
    }

    private void outcome(String contactCase, long at, String outcome, String channel, long tookMs) {
        fact(contactCase, at, "contact", outcome + "," + channel, tookMs);
        count(at, "contacts_" + outcome, channel, 1);
        if (tookMs != 0) count(at, "contacts_ms_" + outcome, channel, tookMs);
    }
}
