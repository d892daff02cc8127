package live.hubbub.flink;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * What flows between source and tally: a kind in one octet, then either a record as the host
 * protocol has it, or a marker. Plain octets, so that Flink copies and nothing else.
 *
 * <p>A marker says that every record of a partition up to an offset went before it, to whichever
 * subtask. It goes to all of them, and with their partials to all that merge; who has one from
 * each has everything up to the least of them.
 */
final class Element {
    static final byte RECORD = 'R';
    static final byte MARKER = 'W';

    private static final byte[] NONE = new byte[0];
    private static final int PARTITION = 1;
    private static final int OFFSET = 5;
    private static final int TIME = 13;

    private Element() {}

    static byte[] record(ConsumerRecord<byte[], byte[]> r) {
        byte[] key = r.key() == null ? NONE : r.key();
        byte[] value = r.value() == null ? NONE : r.value();
        int size = 1 + 4 + 8 + 8 + 4 + key.length + 2 + 4 + value.length;
        int headers = 0;
        for (Header h : r.headers()) {
            size += 2 + h.key().getBytes(StandardCharsets.UTF_8).length + 4 + (h.value() == null ? 0 : h.value().length);
            headers++;
        }
        ByteBuffer b = ByteBuffer.allocate(size).put(RECORD).putInt(r.partition()).putLong(r.offset()).putLong(r.timestamp());
        b.putInt(key.length).put(key).putShort((short) headers);
        for (Header h : r.headers()) {
            byte[] name = h.key().getBytes(StandardCharsets.UTF_8);
            byte[] text = h.value() == null ? NONE : h.value();
            b.putShort((short) name.length).put(name).putInt(text.length).put(text);
        }
        return b.putInt(value.length).put(value).array();
    }

    static byte[] marker(int partition, long offset, long time) {
        return ByteBuffer.allocate(21).put(MARKER).putInt(partition).putLong(offset).putLong(time).array();
    }

    static boolean isMarker(byte[] e) {
        return e[0] == MARKER;
    }

    static int partition(byte[] e) {
        return ByteBuffer.wrap(e).getInt(PARTITION);
    }

    static long offset(byte[] e) {
        return ByteBuffer.wrap(e).getLong(OFFSET);
    }

    static long time(byte[] e) {
        return ByteBuffer.wrap(e).getLong(TIME);
    }

    /** The record's key, as text: its room. */
    static String room(byte[] e) {
        ByteBuffer b = ByteBuffer.wrap(e);
        return new String(e, 25, b.getInt(21), StandardCharsets.UTF_8);
    }
}
