package live.hubbub.flink;

import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * What flows between tally and merge, keyed by room: a partial (of a partition, with the offset of
 * its newest message), or a marker of one subtask, under a key that is no room's.
 */
final class Share {
    static final TypeInformation<Tuple5<String, Integer, Long, Long, byte[]>> TYPE = TypeInformation.of(new TypeHint<>() {});

    private Share() {}

    static Tuple5<String, Integer, Long, Long, byte[]> partial(Frames.Partial p) {
        return Tuple5.of(p.key(), p.partition(), p.last(), -1L, p.tally());
    }

    /** A marker's fourth field is its time; its octet says which tally subtask has passed it on. */
    static Tuple5<String, Integer, Long, Long, byte[]> marker(String key, int from, byte[] e) {
        return Tuple5.of(key, Element.partition(e), Element.offset(e), Math.max(0, Element.time(e)), new byte[] {(byte) from});
    }

    static boolean isMarker(Tuple5<String, Integer, Long, Long, byte[]> s) {
        return s.f3 >= 0;
    }

    /** A key for each of the merging subtasks that is no room's: rooms have no control characters. */
    static String[] markerKeys(int subtasks, int maxParallelism) {
        String[] keys = new String[subtasks];
        for (int n = 0, found = 0; found < subtasks; n++) {
            String key = "\u0001" + n;
            int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(key, maxParallelism, subtasks);
            if (keys[subtask] == null) {
                keys[subtask] = key;
                found++;
            }
        }
        return keys;
    }
}
