package live.hubbub.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** The vectors that the Go side is held to as well. */
class FramesTest {
    private static byte[] vector(String name) throws IOException {
        String hex = Files.readString(Path.of(System.getProperty("hubbub.golden"), name + ".hex"));
        return HexFormat.of().parseHex(hex.strip());
    }

    private static Frames.Answer answer(byte[] frame) throws IOException {
        return Frames.read(new DataInputStream(new ByteArrayInputStream(frame)));
    }

    @Test
    void writesAGreeting() throws IOException {
        assertArrayEquals(vector("greeting"), Frames.hello());
    }

    @Test
    void readsAnIntroduction() throws IOException {
        Frames.Answer a = answer(vector("introduction"));
        assertEquals(Frames.INTRODUCED, a.kind());
        assertEquals(new Frames.Introduction(1, "v1.2.3 굴러", 4, "0102" + "00".repeat(29) + "ff"), Frames.introduction(a.body()));
    }

    @Test
    void writesABatchOfKafkasRecords() throws IOException {
        RecordHeaders headers = new RecordHeaders();
        headers.add("v", "1".getBytes(StandardCharsets.UTF_8)).add("kind", "control".getBytes(StandardCharsets.UTF_8));
        byte[] one = Element.record(record(7, 1L << 40, 1_735_689_600_000L, "room-1".getBytes(StandardCharsets.UTF_8),
                "{\"id\":\"1\",\"content\":\"ㅋㅋ\"}".getBytes(StandardCharsets.UTF_8), headers));
        byte[] two = Element.record(record(0, 0, 0, null, new byte[] {0, (byte) 0xff}, new RecordHeaders()));
        ByteBuffer both = ByteBuffer.allocate(one.length + two.length - 2).put(one, 1, one.length - 1).put(two, 1, two.length - 1);
        assertArrayEquals(vector("batch"), Frames.tally(2, both.array(), 0, both.capacity()));
        assertEquals("room-1", Element.room(one));
        assertEquals(1L << 40, Element.offset(one));
        assertEquals(7, Element.partition(one));
    }

    private static ConsumerRecord<byte[], byte[]> record(int partition, long offset, long time, byte[] key, byte[] value, RecordHeaders headers) {
        return new ConsumerRecord<>("raw-chats", partition, offset, time, TimestampType.LOG_APPEND_TIME, 0, 0, key, value, headers, java.util.Optional.empty());
    }

    @Test
    void readsTallies() throws IOException {
        Frames.Tallies t = Frames.tallies(answer(vector("tallies")).body());
        assertEquals(3, t.skipped());
        assertEquals(1, t.foreign());
        Frames.Partial p = t.partials().get(0);
        assertEquals("방", p.key());
        assertEquals(3, p.partition());
        assertEquals(41, p.last());
        assertEquals(2, p.messages());
        assertArrayEquals(new byte[] {4, 1, 2}, p.tally());
        assertEquals(-1, t.partials().get(1).last());
    }

    @Test
    void writesAMerge() throws IOException {
        byte[] frame = Frames.merge("방", new byte[] {1, 9}, new Frames.Progress(41, 5, 44, 6, 7), List.of(new byte[] {4, 1, 2}, new byte[0]));
        assertArrayEquals(vector("merging"), frame);
    }

    @Test
    void readsAnOutcome() throws IOException {
        Frames.Outcome o = Frames.outcome(answer(vector("merger")).body());
        assertArrayEquals(new byte[] {1, 10}, o.state());
        assertEquals(2, o.outputs().size());
        assertEquals(Frames.SUMMARY_REQUESTS, o.outputs().get(1).topic());
        assertEquals("{\"age\":0}", new String(o.outputs().get(0).value(), StandardCharsets.UTF_8));
        assertEquals(12, o.due());
    }

    @Test
    void readsAFailure() throws IOException {
        assertEquals("host_state_newer: 쓰인 상태가 더 새것이다", Frames.failure(answer(vector("failure")).body()));
    }

    @Test
    void refusesGarbage() throws IOException {
        assertNull(answer(new byte[0]));
        assertThrows(IOException.class, () -> answer("<html>".getBytes(StandardCharsets.UTF_8)));
        assertThrows(IOException.class, () -> answer(new byte[] {0, 0, 0, 9, 't'}));
        byte[] whole = vector("tallies");
        for (int cut = 5; cut < whole.length; cut++) {
            ByteBuffer torn = ByteBuffer.wrap(whole, 5, cut - 5).slice();
            assertThrows(Exception.class, () -> Frames.tallies(torn), "cut at " + cut);
        }
        ByteBuffer claims = ByteBuffer.allocate(12).putInt(0).putInt(0).putInt(Integer.MAX_VALUE).flip();
        assertThrows(IOException.class, () -> Frames.tallies(claims));
    }
}
