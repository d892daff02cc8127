package live.hubbub.flink;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * How far partitions go, by a thread that asks Kafka: beside what is read, which may be far behind.
 * Should Kafka not say, no more is known than before.
 */
final class Ends implements AutoCloseable {
    private static final long ASK_EVERY = 200;
    private static final long ASK_WITHIN = 5_000;
    private static final long INTEREST = 60_000; // ms for which a partition is asked for

    private final String topic;
    private final Map<Integer, Long> wanted = new ConcurrentHashMap<>(); // by partition: until when
    private final Map<Integer, long[]> known = new ConcurrentHashMap<>(); // offset of the newest record, when it was first seen
    private final Thread asking;

    Ends(Properties kafka, String topic) {
        this.topic = topic;
        asking = new Thread(() -> ask(kafka), "hubbub ends");
        asking.setDaemon(true);
        asking.start();
    }

    /** Says that a partition's end is of interest from now on, for a while. */
    void watch(int partition) {
        wanted.put(partition, System.currentTimeMillis() + INTEREST);
    }

    /** What is known of a partition that was read through an offset. */
    Frames.Progress progress(int partition, long through, long throughTime, long now) {
        long[] end = known.get(partition);
        if (end == null || end[0] <= through) {
            return new Frames.Progress(through, throughTime, through, throughTime, now);
        }
        return new Frames.Progress(through, throughTime, end[0], end[1], now);
    }

    private void ask(Properties kafka) {
        try (Admin admin = Admin.create(kafka)) {
            while (true) {
                Thread.sleep(ASK_EVERY);
                long now = System.currentTimeMillis();
                wanted.values().removeIf(until -> until < now);
                ask(admin, wanted.keySet());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void ask(Admin admin, Set<Integer> partitions) throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(p -> asked.put(new TopicPartition(topic, p), OffsetSpec.latest()));
        if (asked.isEmpty()) {
            return;
        }
        try {
            admin.listOffsets(asked).all().get(ASK_WITHIN, TimeUnit.MILLISECONDS).forEach((p, info) -> see(p.partition(), info.offset() - 1));
        } catch (ExecutionException | TimeoutException e) {
            // no more is known than before
        }
    }

    private void see(int partition, long offset) {
        known.merge(partition, new long[] {offset, System.currentTimeMillis()}, (old, seen) -> seen[0] > old[0] ? seen : old);
    }

    @Override
    public void close() {
        asking.interrupt();
        try {
            asking.join(ASK_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
