import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** What all families have in common: each event counts once; an entity has a state; facts and counters come out. */
abstract class FamilyProcessor extends ContextualProcessor<String, Event, String, byte[]> {
    static final List<String> STORES = List.of("ids", "entities", "counters", "timers");
    private static final byte[] SEEN = {};
    private static final long QUARTER_HOUR_MS = 15 * 60_000;

    private final String family;
    private KeyValueStore<String, byte[]> ids;
    private KeyValueStore<String, byte[]> counters;
    /** State of each entity. */
    protected KeyValueStore<String, byte[]> entities;
    /** What is due, in the order of time. */
    protected KeyValueStore<String, byte[]> timers;

    FamilyProcessor(String family) {
        this.family = family;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        super.init(context);
        ids = context.getStateStore("ids-" + family);
        entities = context.getStateStore("entities-" + family);
        counters = context.getStateStore("counters-" + family);
        timers = context.getStateStore("timers-" + family);
    }

    @Override
    public void process(Record<String, Event> record) {
        Peer.COUNTED.incrementAndGet();
        Event event = record.value();
        if (ids.putIfAbsent(event.id(), SEEN) != null) return;
        fold(record.key(), event);
    }

    /** Takes in an event that was not seen before. */
    abstract void fold(String entity, Event event);

    /** Publishes a fact. */
    void fact(String entity, long at, String kind, String what, long amount) {
        byte[] kindBytes = kind.getBytes(StandardCharsets.UTF_8);
        byte[] whatBytes = what.getBytes(StandardCharsets.UTF_8);
        ByteBuffer value = ByteBuffer.allocate(18 + kindBytes.length + whatBytes.length);
        value.putLong(at).putLong(amount).put((byte) kindBytes.length).put(kindBytes);
        value.put((byte) whatBytes.length).put(whatBytes);
        context().forward(new Record<>(entity, value.array(), at));
    }

    /** Adds to a counter of the quarter of an hour. Its changelog topic is where a live service would read it. */
    void count(long at, String name, String dimensions, long amount) {
        String key = at / QUARTER_HOUR_MS + "|" + name + "|" + dimensions;
        byte[] before = counters.get(key);
        counters.put(key, Packed.ofLong((before == null ? 0 : Packed.toLong(before)) + amount));
    }
}
