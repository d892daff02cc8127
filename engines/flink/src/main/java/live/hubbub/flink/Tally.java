package live.hubbub.flink;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Has a child tally batches of records, whatever rooms they are of, and passes the partials on.
 * Two batches are under way at most: the child works on one while the next is filled. All of it is
 * downstream before a checkpoint's barrier, so neither this operator nor the child has a state.
 */
final class Tally extends AbstractStreamOperator<Tuple5<String, Integer, Long, Long, byte[]>>
        implements OneInputStreamOperator<Tuple2<Integer, byte[]>, Tuple5<String, Integer, Long, Long, byte[]>>, BoundedOneInput {
    private static final int UNDER_WAY = 2;
    private static final int MOST_RECORDS = 1024;
    private static final int MOST_OCTETS = 1 << 20;
    private static final long BATCH_AGE = 50; // ms that a record waits for others
    private static final long BATCH_TIME = 200; // ms that a batch should take at most

    private final Job.Host host;
    private final int mergers;

    private transient HostProcess child;
    private transient MailboxExecutor mailbox;
    private transient String[] markerKeys;
    private transient byte[] batch; // its first octets
    private transient int size;
    private transient int count;
    private transient int most; // records of a batch, by what they took
    private transient List<byte[]> after; // markers that follow the open batch
    private transient Deque<Object> order; // Batch or a marker, as they are to be passed on
    private transient int underWay;
    private transient long answeredAt;
    private transient StreamRecord<Tuple5<String, Integer, Long, Long, byte[]>> out;
    private transient Counter messages;
    private transient Counter skipped;
    private transient Counter foreign;

    /** A batch that was sent. */
    private record Batch(int count, long sentAt) {}

    Tally(Job.Host host, int mergers) {
        this.host = host;
        this.mergers = mergers;
    }

    @Override
    public void open() throws Exception {
        super.open();
        markerKeys = Share.markerKeys(mergers, Job.MAX_PARALLELISM);
        batch = new byte[1 << 16];
        most = MOST_RECORDS;
        after = new ArrayList<>();
        order = new ArrayDeque<>();
        out = new StreamRecord<>(null);
        messages = getMetricGroup().counter("hubbubMessages");
        skipped = getMetricGroup().counter("hubbubSkipped");
        foreign = getMetricGroup().counter("hubbubForeign");
        getMetricGroup().gauge("hubbubUnderWay", () -> underWay);
        mailbox = getContainingTask().getMailboxExecutorFactory().createExecutor(getOperatorConfig().getChainIndex());
        child = host.start(getRuntimeContext(), () -> mailbox.execute(this::passReady, "pass on partials"),
                e -> getContainingTask().getEnvironment().failExternally(e));
    }

    @Override
    public void processElement(StreamRecord<Tuple2<Integer, byte[]>> in) throws Exception {
        byte[] e = in.getValue().f1;
        if (Element.isMarker(e)) {
            if (count > 0) {
                after.add(e);
            } else {
                order.add(e);
                passReady();
            }
            return;
        }
        if (count > 0 && size + e.length > MOST_OCTETS) {
            send();
        }
        add(e);
        if (count >= most) {
            send();
        }
    }

    private void add(byte[] e) {
        if (count == 0) {
            long due = getProcessingTimeService().getCurrentProcessingTime() + BATCH_AGE;
            // By then the batch may be another one, which does no harm.
            getProcessingTimeService().registerTimer(due, t -> send());
        }
        int length = e.length - 1; // without its kind
        if (size + length > batch.length) {
            batch = Arrays.copyOf(batch, Math.max(2 * batch.length, size + length));
        }
        System.arraycopy(e, 1, batch, size, length);
        size += length;
        count++;
    }

    private void send() throws Exception {
        if (count == 0) {
            return;
        }
        while (underWay >= UNDER_WAY) {
            passNext();
        }
        child.send(Frames.tally(count, batch, 0, size));
        order.add(new Batch(count, System.nanoTime()));
        order.addAll(after);
        after.clear();
        underWay++;
        size = 0;
        count = 0;
        if (batch.length > 2 * MOST_OCTETS) { // there was a huge record
            batch = new byte[1 << 16];
        }
    }

    /** Passes on what needs no waiting. */
    private void passReady() throws Exception {
        while (!order.isEmpty() && (order.peek() instanceof byte[] || child.answered())) {
            passNext();
        }
    }

    private void passNext() throws Exception {
        Object next = order.peek();
        if (next instanceof Batch sent) {
            pass(Frames.tallies(child.take(Frames.TALLIED).body()), sent);
        } else {
            byte[] marker = (byte[]) next;
            for (String key : markerKeys) {
                output.collect(out.replace(Share.marker(key, getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(), marker)));
            }
        }
        order.remove();
    }

    private void pass(Frames.Tallies tallies, Batch sent) {
        underWay--;
        learn(sent);
        skipped.inc(tallies.skipped());
        foreign.inc(tallies.foreign());
        for (Frames.Partial p : tallies.partials()) {
            messages.inc(p.messages());
            output.collect(out.replace(Share.partial(p)));
        }
    }

    /** Bounds the next batches by what this one took. */
    private void learn(Batch sent) {
        long now = System.nanoTime();
        long each = (now - Math.max(sent.sentAt(), answeredAt)) / sent.count();
        answeredAt = now;
        int fits = (int) Math.max(1, Math.min(MOST_RECORDS, BATCH_TIME * 1_000_000 / Math.max(each, 1)));
        most = fits < most ? fits : Math.min(fits, 2 * most);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        passAll();
        super.prepareSnapshotPreBarrier(checkpointId);
    }

    @Override
    public void endInput() throws Exception {
        passAll();
    }

    @Override
    public void finish() throws Exception {
        passAll();
        super.finish();
    }

    private void passAll() throws Exception {
        send();
        while (!order.isEmpty()) {
            passNext();
        }
    }

    @Override
    public void close() throws Exception {
        if (child != null) {
            child.close();
        }
        super.close();
    }
}
