package live.hubbub.flink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Says to which tally subtask each record goes: in turn, so that one hot room is everybody's, or
 * all of a room to one; and sends markers to all. It is chained to the source, so that it sees
 * each partition in order.
 */
final class Spread extends AbstractStreamOperator<Tuple2<Integer, byte[]>>
        implements OneInputStreamOperator<byte[], Tuple2<Integer, byte[]>> {
    /** What it sends: the subtask that an element goes to, and the element. */
    static final TypeInformation<Tuple2<Integer, byte[]>> TYPE = TypeInformation.of(new TypeHint<>() {});

    /** How often a marker follows new records. */
    private static final long MARK_EVERY = 200;

    private final boolean byRoom;
    private final int targets;
    private transient Map<Integer, long[]> read; // by partition: offset and time of the newest, and the marked offset
    private transient ListState<Tuple3<Integer, Long, Long>> kept; // offset and time by partition, of all subtasks
    private transient int turn;
    private transient boolean waiting; // for the time to mark
    private transient StreamRecord<Tuple2<Integer, byte[]>> out;

    Spread(boolean byRoom, int targets) {
        this.byRoom = byRoom;
        this.targets = targets;
    }

    /** What was read before a restart is marked again: nothing more may come to say so. */
    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        kept = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("read", TypeInformation.of(new TypeHint<>() {})));
        read = new HashMap<>();
        for (Tuple3<Integer, Long, Long> one : kept.get()) {
            read.merge(one.f0, new long[] {one.f1, one.f2, -1}, (a, b) -> a[0] < b[0] ? b : a);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<Tuple3<Integer, Long, Long>> all = new ArrayList<>();
        read.forEach((partition, newest) -> all.add(Tuple3.of(partition, newest[0], newest[1])));
        kept.update(all);
    }

    @Override
    public void open() throws Exception {
        super.open();
        turn = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() % targets;
        out = new StreamRecord<>(Tuple2.of(0, null));
        markSoon();
    }

    @Override
    public void processElement(StreamRecord<byte[]> in) {
        byte[] e = in.getValue();
        long[] newest = read.computeIfAbsent(Element.partition(e), p -> new long[] {-1, 0, -1});
        newest[0] = Element.offset(e);
        newest[1] = Element.time(e);
        int target = turn;
        if (byRoom) {
            target = KeyGroupRangeAssignment.assignKeyToParallelOperator(Element.room(e), Job.MAX_PARALLELISM, targets);
        } else if (++turn == targets) {
            turn = 0;
        }
        send(target, e);
        markSoon();
    }

    private void markSoon() {
        if (!waiting) {
            waiting = true;
            getProcessingTimeService().registerTimer(getProcessingTimeService().getCurrentProcessingTime() + MARK_EVERY, t -> mark());
        }
    }

    private void mark() {
        waiting = false;
        read.forEach((partition, newest) -> {
            if (newest[2] == newest[0]) {
                return;
            }
            newest[2] = newest[0];
            byte[] marker = Element.marker(partition, newest[0], newest[1]);
            for (int target = 0; target < targets; target++) {
                send(target, marker);
            }
        });
    }

    /** At the end of a bounded log all that was read is marked. */
    @Override
    public void finish() throws Exception {
        mark();
        super.finish();
    }

    private void send(int target, byte[] e) {
        output.collect(out.replace(Tuple2.of(target, e)));
    }
}
