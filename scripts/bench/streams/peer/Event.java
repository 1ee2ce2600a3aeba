import org.apache.avro.generic.GenericRecord;

/** An event as it was published. */
public record Event(GenericRecord fields, String id, String type, long at) {
    /** A field of text; null when it is absent. */
    String text(String field) {
        Object value = fields.get(field);
        return value == null ? null : value.toString();
    }

    /** A field of text as a dimension of counters. */
    String dimension(String field) {
        String value = text(field);
        return value == null ? "" : value;
    }

    /** A whole number; 0 when it is absent. */
    long number(String field) {
        Object value = fields.get(field);
        return value == null ? 0 : (Long) value;
    }
}
