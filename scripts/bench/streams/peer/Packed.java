import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Numbers and texts as bytes of a store. */
final class Packed {
    private static final int TIME_DIGITS = 15;

    private Packed() {}

    static byte[] ofLong(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    static long toLong(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong();
    }

    static byte[] ofLongs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length);
        for (long value : values) buffer.putLong(value);
        return buffer.array();
    }

    static long[] toLongs(byte[] bytes, int count) {
        long[] values = new long[count];
        if (bytes != null) ByteBuffer.wrap(bytes).asLongBuffer().get(values);
        return values;
    }

    static void putText(ByteBuffer buffer, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        buffer.putShort((short) bytes.length).put(bytes);
    }

    static String getText(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.getShort()];
        buffer.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A key of timers: sorted by time, whatever the entity. */
    static String timer(long at, String entity) {
        String digits = Long.toString(at);
        return "0".repeat(TIME_DIGITS - digits.length()) + digits + entity;
    }

    static long timerAt(String timer) {
        return Long.parseLong(timer.substring(0, TIME_DIGITS));
    }

    static String timerEntity(String timer) {
        return timer.substring(TIME_DIGITS);
    }
}
