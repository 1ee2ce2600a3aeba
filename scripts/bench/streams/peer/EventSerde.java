import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads events in the Confluent wire format: a byte 0, the schema's id in four, the Avro body. */
public final class EventSerde implements Deserializer<Event> {
    private final Path schemas;
    private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private BinaryDecoder decoder;

    /** @param schemas Folder with a file ID.avsc for each schema. */
    EventSerde(String schemas) {
        this.schemas = Path.of(schemas);
    }

    @Override
    public Event deserialize(String topic, byte[] bytes) {
        int id = ByteBuffer.wrap(bytes).getInt(1);
        decoder = DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, decoder);
        try {
            GenericRecord fields = readers.computeIfAbsent(id, this::readerOf).read(null, decoder);
            return new Event(fields, fields.get("event_id").toString(), fields.get("type").toString(),
                    (Long) fields.get("occurred_at"));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private GenericDatumReader<GenericRecord> readerOf(int id) {
        try {
            return new GenericDatumReader<>(new Schema.Parser().parse(schemas.resolve(id + ".avsc").toFile()));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
