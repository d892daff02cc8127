package live.hubbub.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Gathers a room's partials and has a child merge them into the room's state, five times a second
 * at most. What the child has to say goes to the topics; the state, which only the child can read,
 * is Flink's.
 */
final class Merge extends KeyedProcessFunction<String, Tuple5<String, Integer, Long, Long, byte[]>, Tuple2<byte[], byte[]>> {
    static final OutputTag<Tuple2<byte[], byte[]>> REQUESTS = new OutputTag<>("summary-requests") {};

    private static final long MERGE_EVERY = 200;
    private static final byte[] NONE = new byte[0];

    // What is kept of a room beside its state.
    private static final int PARTITION = 0;
    private static final int LAST = 1; // offset of its newest message
    private static final int THROUGH = 2; // and THROUGH + 1 its time: as it was published
    private static final int MERGED = 4; // when it was last
    private static final int DUE = 5; // when it is next; 0: never
    private static final int FACTS = 6;

    private final Job.Host host;
    private final int talliers;

    private transient HostProcess child;
    private transient Ends ends;
    private transient Map<Integer, long[][]> marked; // by partition: offset and time by tallier
    private transient ValueState<byte[]> state;
    private transient ValueState<long[]> facts;
    private transient ListState<byte[]> pending;

    Merge(Job.Host host, int talliers) {
        this.host = host;
        this.talliers = talliers;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        marked = new HashMap<>();
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("room", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        facts = getRuntimeContext().getState(new ValueStateDescriptor<>("facts", PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO));
        pending = getRuntimeContext().getListState(new ListStateDescriptor<>("pending", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        // It is asked one thing at a time: should it end meanwhile, the next one fails.
        child = host.start(getRuntimeContext(), () -> {}, e -> {});
        ends = host.ends();
    }

    @Override
    public void processElement(Tuple5<String, Integer, Long, Long, byte[]> share, Context context, Collector<Tuple2<byte[], byte[]>> out)
            throws Exception {
        if (Share.isMarker(share)) {
            mark(share);
            return;
        }
        long[] f = facts.value();
        if (f == null) {
            f = new long[FACTS];
            f[THROUGH] = -1;
        }
        f[PARTITION] = share.f1;
        f[LAST] = Math.max(f[LAST], share.f2);
        pending.add(share.f4);
        ends.watch(share.f1);
        schedule(f, f[MERGED] + MERGE_EVERY, context);
        facts.update(f);
    }

    private void mark(Tuple5<String, Integer, Long, Long, byte[]> marker) {
        long[][] all = marked.computeIfAbsent(marker.f1, partition -> {
            long[][] none = new long[talliers][];
            for (int i = 0; i < talliers; i++) {
                none[i] = new long[] {-1, 0};
            }
            return none;
        });
        long[] of = all[marker.f4[0] & 0xff];
        if (marker.f2 > of[0]) {
            of[0] = marker.f2;
            of[1] = marker.f3;
        }
    }

    /** Sees that the room is looked at by a time, and not before now. */
    private void schedule(long[] f, long at, Context context) {
        long now = context.timerService().currentProcessingTime();
        long due = Math.max(at, now + 1);
        if (f[DUE] == 0 || due < f[DUE] || f[DUE] <= now) {
            f[DUE] = due;
            context.timerService().registerProcessingTimeTimer(due);
        }
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Tuple2<byte[], byte[]>> out) throws Exception {
        long[] f = facts.value();
        if (f == null || f[DUE] == 0 || time < f[DUE]) {
            return; // it was for something that came earlier
        }
        List<byte[]> partials = new ArrayList<>();
        pending.get().forEach(partials::add);
        byte[] before = state.value();
        progressed(f);
        ends.watch((int) f[PARTITION]);
        long now = System.currentTimeMillis();
        Frames.Progress progress = ends.progress((int) f[PARTITION], f[THROUGH], f[THROUGH + 1], now);
        child.send(Frames.merge(context.getCurrentKey(), before == null ? NONE : before, progress, partials));
        Frames.Outcome outcome = Frames.outcome(child.take(Frames.MERGED).body());
        state.update(outcome.state());
        pending.clear();
        publish(outcome, context, out);
        f[MERGED] = now;
        f[DUE] = 0;
        if (outcome.due() > 0) {
            schedule(f, Math.max(outcome.due(), now + MERGE_EVERY), context);
        }
        if (f[THROUGH] < f[LAST]) { // it will be said soon that all of it is counted
            schedule(f, now + MERGE_EVERY, context);
        }
        facts.update(f);
    }

    /** Moves a room forward to where all talliers are. */
    private void progressed(long[] f) {
        long[][] all = marked.get((int) f[PARTITION]);
        if (all == null) {
            return;
        }
        long[] least = all[0];
        for (long[] of : all) {
            least = of[0] < least[0] ? of : least;
        }
        if (least[0] > f[THROUGH]) {
            f[THROUGH] = least[0];
            f[THROUGH + 1] = least[1];
        }
    }

    private void publish(Frames.Outcome outcome, OnTimerContext context, Collector<Tuple2<byte[], byte[]>> out) throws IOException {
        byte[] key = context.getCurrentKey().getBytes(StandardCharsets.UTF_8);
        for (Frames.Output o : outcome.outputs()) {
            switch (o.topic()) {
                case Frames.ANALYSIS_RESULT -> out.collect(Tuple2.of(key, o.value()));
                case Frames.SUMMARY_REQUESTS -> context.output(REQUESTS, Tuple2.of(key, o.value()));
                default -> throw new IOException("hubbub host has an output for a topic " + o.topic() + " that this job does not know");
            }
        }
    }

    @Override
    public void close() throws Exception {
        if (child != null) {
            child.close();
        }
        if (ends != null) {
            ends.close();
        }
    }
}
