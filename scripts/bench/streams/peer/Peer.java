import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * The peer of the processor: five families of events in Kafka Streams, exactly once. Prints how many records it has taken in
 * and its CPU seconds as JSON lines, five times a second.
 *
 * Arguments: brokers, folder of the state, folder of the schemas, milliseconds between commits.
 */
public final class Peer {
    static final AtomicLong COUNTED = new AtomicLong();

    private record Family(String name, ProcessorSupplier<String, Event, String, byte[]> processor) {}

    private static final List<Family> FAMILIES = List.of(
            new Family("subscription", Subscriptions::new),
            new Family("purchase", Purchases::new),
            new Family("cart", Carts::new),
            new Family("contact", Contacts::new),
            new Family("mention", Mentions::new));

    public static void main(String[] args) throws Exception {
        EventSerde events = new EventSerde(args[2]);
        Topology topology = new Topology();
        for (Family family : FAMILIES) add(topology, family, events);
        KafkaStreams streams = new KafkaStreams(topology, settings(args[0], args[1], args[3]));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        report();
    }

    /** A sub-topology of its own for each family: its topic, its stores, and the facts that it publishes. */
    private static void add(Topology topology, Family family, EventSerde events) {
        String name = family.name();
        topology.addSource(AutoOffsetReset.earliest(), name, (record, time) -> ((Event) record.value()).at(),
                Serdes.String().deserializer(), events, "events." + name);
        topology.addProcessor(name + "-fold", family.processor(), name);
        for (String store : FamilyProcessor.STORES)
            topology.addStateStore(
                    Stores.keyValueStoreBuilder(
                                    Stores.persistentKeyValueStore(store + "-" + name), Serdes.String(), Serdes.ByteArray())
                            .withCachingEnabled(),
                    name + "-fold");
        topology.addSink(name + "-facts", "peer-facts", Serdes.String().serializer(),
                Serdes.ByteArray().serializer(), name + "-fold");
    }

    private static Properties settings(String brokers, String stateDir, String commitMs) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "peer");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitMs);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L * 1024 * 1024);
        settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedMemory.class);
        return settings;
    }

    private static void report() throws InterruptedException {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        while (true) {
            System.out.printf("{\"counted\":%d,\"cpuSeconds\":%.3f}%n", COUNTED.get(), system.getProcessCpuTime() / 1e9);
            Thread.sleep(200);
        }
    }
}
