package live.hubbub.flink;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The job: raw-chats, spread over children that tally, keyed by room to children that merge, whose
 * outputs go to analysis-result and summary-requests. What a message means, only they know.
 */
public final class Job {
    static final int MAX_PARALLELISM = 128;
    private static final String BINARY = "hubbub";

    private Job() {}

    /**
     * Submits the job; hubbub flink submit gives the arguments.
     *
     * @param args as {@link Arguments} has them
     */
    public static void main(String[] args) throws Exception {
        Arguments a = Arguments.parse(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setMaxParallelism(MAX_PARALLELISM);
        env.getConfig().enableObjectReuse();
        env.setBufferTimeout(10);
        env.enableCheckpointing(a.checkpointEvery());
        env.getCheckpointConfig().setMinPauseBetweenCheckpoints(Math.max(1, a.checkpointEvery() / 2));
        env.getCheckpointConfig().setTolerableCheckpointFailureNumber(Integer.MAX_VALUE);
        env.registerCachedFile(a.binary(), BINARY, true);
        build(env, a);
        env.execute("hubbub analysis" + (a.prefix().isEmpty() ? "" : " " + a.prefix()));
    }

    static void build(StreamExecutionEnvironment env, Arguments a) {
        int parallelism = env.getParallelism();
        Host host = new Host(a);
        SingleOutputStreamOperator<Tuple2<byte[], byte[]>> results = env
                .fromSource(source(a), WatermarkStrategy.noWatermarks(), "raw-chats").uid("raw-chats")
                .transform("spread", Spread.TYPE, new Spread(a.byRoom(), parallelism)).uid("spread")
                .partitionCustom((Integer target, int targets) -> target, e -> e.f0)
                .transform("tally", Share.TYPE, new Tally(host, parallelism)).uid("tally")
                .keyBy(share -> share.f0)
                .process(new Merge(host, parallelism)).uid("merge").name("merge");
        results.sinkTo(sink(a, "analysis-result")).uid("analysis-result").name("analysis-result");
        results.getSideOutput(Merge.REQUESTS).sinkTo(sink(a, "summary-requests")).uid("summary-requests").name("summary-requests");
    }

    private static KafkaSource<byte[]> source(Arguments a) {
        var source = KafkaSource.<byte[]>builder()
                .setProperties(a.kafka())
                .setTopics(a.prefix() + "raw-chats")
                .setGroupId(a.group())
                .setClientIdPrefix(a.prefix() + "flink")
                .setDeserializer(new Records())
                .setStartingOffsets(OffsetsInitializer.earliest());
        if (a.bounded()) {
            source.setBounded(OffsetsInitializer.latest());
        }
        return source.build();
    }

    private static KafkaSink<Tuple2<byte[], byte[]>> sink(Arguments a, String topic) {
        String name = a.prefix() + topic;
        KafkaRecordSerializationSchema<Tuple2<byte[], byte[]>> records = (record, context, timestamp) -> new ProducerRecord<>(
                name, null, null, record.f0, record.f1, List.of(new RecordHeader("v", "1".getBytes(StandardCharsets.UTF_8))));
        Properties kafka = new Properties();
        kafka.putAll(a.kafka());
        kafka.setProperty("linger.ms", "5");
        // A result is absolute, so one that is repeated after a restart does no harm.
        return KafkaSink.<Tuple2<byte[], byte[]>>builder()
                .setKafkaProducerConfig(kafka)
                .setRecordSerializer(records)
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .build();
    }

    /** What subtasks start their children with. */
    static final class Host implements Serializable {
        private static final long serialVersionUID = 1;

        private final ArrayList<String> arguments;
        private final long patience;
        private final int memory;
        private final String selfTest;
        private final Properties kafka;
        private final String topic;

        Host(Arguments a) {
            arguments = new ArrayList<>(a.hostArguments());
            patience = a.patience();
            memory = a.hostMemory();
            selfTest = a.selfTest();
            kafka = a.kafka();
            topic = a.prefix() + "raw-chats";
        }

        HostProcess start(RuntimeContext context, Runnable ready, Consumer<IOException> failed) throws IOException, InterruptedException {
            File binary = context.getDistributedCache().getFile(BINARY);
            if (!binary.canExecute() && !binary.setExecutable(true)) {
                throw new IOException("cannot make " + binary + " executable");
            }
            HostProcess child = new HostProcess(binary, arguments, new HostProcess.Limits(patience, memory), ready, failed);
            String is = child.introduction().selfTest();
            if (!selfTest.isEmpty() && !selfTest.equals(is)) {
                child.close();
                throw new IOException("hubbub " + child.introduction().program() + " reads the golden batch otherwise than the one that submitted the job ("
                        + is + ", not " + selfTest + "): submit the job again with one program");
            }
            return child;
        }

        Ends ends() {
            return new Ends(kafka, topic);
        }
    }
}
