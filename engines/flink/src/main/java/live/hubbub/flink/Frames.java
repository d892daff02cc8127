package live.hubbub.flink;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The host protocol, as docs/host-protocol.md has it: frames of a length, a kind and a body, all
 * numbers big-endian. What partials, states and outputs hold is not read here.
 */
final class Frames {
    static final int PROTOCOL = 1;
    static final int MAX_FRAME = 16 << 20;
    static final int MAX_RECORDS = 8192;

    static final byte HELLO = 'H';
    static final byte TALLY = 'T';
    static final byte MERGE = 'M';
    static final byte INTRODUCED = 'h';
    static final byte TALLIED = 't';
    static final byte MERGED = 'm';
    static final byte FAILED = 'e';

    /** Where outputs of a merge belong. */
    static final int ANALYSIS_RESULT = 0;

    static final int SUMMARY_REQUESTS = 1;

    private Frames() {}

    /** An answer of the host. */
    record Answer(byte kind, ByteBuffer body) {}

    /** What a host says of itself. */
    record Introduction(int protocol, String program, int state, String selfTest) {}

    /** What a batch had of a room. */
    record Partial(String key, int partition, long last, int messages, byte[] tally) {}

    /** The answer to a batch. */
    record Tallies(int skipped, int foreign, List<Partial> partials) {}

    /** How far a partition was read and merged, and how far it goes; -1: not known. */
    record Progress(long through, long throughTime, long end, long endTime, long now) {}

    record Output(int topic, byte[] value) {}

    /** The answer for a room; due is when to look at it again, 0: never. */
    record Outcome(byte[] state, List<Output> outputs, long due) {}

    /** Reads one frame; null at the end of the stream. */
    static Answer read(DataInputStream in) throws IOException {
        int size;
        try {
            size = in.readInt();
        } catch (EOFException e) {
            return null;
        }
        if (size < 1 || size > MAX_FRAME) {
            throw new IOException("the host's answer is no frame: a length of " + size);
        }
        byte kind = in.readByte();
        byte[] body = new byte[size - 1];
        in.readFully(body);
        return new Answer(kind, ByteBuffer.wrap(body));
    }

    static byte[] hello() {
        return ByteBuffer.allocate(9).putInt(5).put(HELLO).putInt(PROTOCOL).array();
    }

    /** A batch of records, each as {@link #record} has it. */
    static byte[] tally(int count, byte[] records, int from, int length) {
        return ByteBuffer.allocate(9 + length).putInt(5 + length).put(TALLY).putInt(count).put(records, from, length).array();
    }

    /** One room to merge. */
    static byte[] merge(String key, byte[] state, Progress p, List<byte[]> partials) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        int size = 5 + 4 + name.length + 4 + state.length + 40 + 4;
        for (byte[] partial : partials) {
            size += 4 + partial.length;
        }
        ByteBuffer b = ByteBuffer.allocate(4 + size).putInt(size).put(MERGE).putInt(1);
        b.putInt(name.length).put(name).putInt(state.length).put(state);
        b.putLong(p.through()).putLong(p.throughTime()).putLong(p.end()).putLong(p.endTime()).putLong(p.now());
        b.putInt(partials.size());
        for (byte[] partial : partials) {
            b.putInt(partial.length).put(partial);
        }
        return b.array();
    }

    static Introduction introduction(ByteBuffer b) throws IOException {
        int protocol = b.getInt();
        String program = text(b);
        int state = b.get() & 0xff;
        StringBuilder hex = new StringBuilder(64);
        for (int i = 0; i < 32; i++) {
            hex.append(String.format("%02x", b.get()));
        }
        return new Introduction(protocol, program, state, hex.toString());
    }

    static Tallies tallies(ByteBuffer b) throws IOException {
        int skipped = b.getInt();
        int foreign = b.getInt();
        int count = within(b, b.getInt());
        List<Partial> partials = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String key = new String(octets(b), StandardCharsets.UTF_8);
            partials.add(new Partial(key, b.getInt(), b.getLong(), b.getInt(), octets(b)));
        }
        return new Tallies(skipped, foreign, partials);
    }

    static Outcome outcome(ByteBuffer b) throws IOException {
        int rooms = b.getInt();
        if (rooms != 1) {
            throw new IOException("the host answers for " + rooms + " rooms, it was asked for one");
        }
        byte[] state = octets(b);
        int count = b.get() & 0xff;
        List<Output> outputs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            outputs.add(new Output(b.get(), octets(b)));
        }
        return new Outcome(state, outputs, b.getLong());
    }

    /** The host's refusal, for people. */
    static String failure(ByteBuffer b) throws IOException {
        return text(b) + ": " + text(b);
    }

    private static byte[] octets(ByteBuffer b) throws IOException {
        return take(b, b.getInt());
    }

    private static String text(ByteBuffer b) throws IOException {
        return new String(take(b, b.getShort() & 0xffff), StandardCharsets.UTF_8);
    }

    private static byte[] take(ByteBuffer b, int length) throws IOException {
        byte[] taken = new byte[within(b, length)];
        b.get(taken);
        return taken;
    }

    /** A number of what takes an octet at least, in an answer that has so many. */
    private static int within(ByteBuffer b, int count) throws IOException {
        if (count < 0 || count > b.remaining()) {
            throw new IOException("the host's answer is torn: " + count + " of " + b.remaining());
        }
        return count;
    }
}
