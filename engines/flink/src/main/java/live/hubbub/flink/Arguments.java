package live.hubbub.flink;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * What the job is told: pairs of a name and a value.
 *
 * @param binary path of hubbub where the job is submitted: it travels with the job
 * @param prefix before the topics' names
 * @param group that commits offsets, for lag and trimming; where to begin the checkpoint says
 * @param kafka properties of all clients
 * @param byRoom all of a room goes to one subtask
 * @param checkpointEvery ms
 * @param patience ms that a child may take for an answer
 * @param hostMemory MiB that a child should do with
 * @param selfTest the digest that a child has to have; empty: any
 * @param hostArguments of hubbub host
 * @param bounded ends at what is there when it starts
 */
record Arguments(
        String binary, String prefix, String group, Properties kafka, boolean byRoom, long checkpointEvery, long patience,
        int hostMemory, String selfTest, List<String> hostArguments, boolean bounded) {

    static Arguments parse(String[] args) {
        Properties given = new Properties();
        Properties kafka = new Properties();
        List<String> host = new ArrayList<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            String value = args[i + 1];
            switch (args[i]) {
                case "--kafka" -> kafka.setProperty(value.substring(0, value.indexOf('=')), value.substring(value.indexOf('=') + 1));
                case "--host" -> host.add(value);
                case "--binary", "--prefix", "--group", "--spread", "--checkpoint-every", "--patience", "--host-memory", "--self-test", "--bounded" ->
                    given.setProperty(args[i].substring(2), value);
                default -> throw new IllegalArgumentException("this job does not know " + args[i] + ": submit it with the hubbub that it came with");
            }
        }
        String prefix = given.getProperty("prefix", "");
        if (!given.containsKey("binary") || !kafka.containsKey("bootstrap.servers")) {
            throw new IllegalArgumentException("--binary and --kafka bootstrap.servers=… have to be given");
        }
        return new Arguments(
                given.getProperty("binary"), prefix, given.getProperty("group", prefix + "analysis-raw-chats"), kafka,
                given.getProperty("spread", "even").equals("room"),
                Long.parseLong(given.getProperty("checkpoint-every", "1000")), Long.parseLong(given.getProperty("patience", "10000")),
                Integer.parseInt(given.getProperty("host-memory", "64")), given.getProperty("self-test", ""), List.copyOf(host),
                Boolean.parseBoolean(given.getProperty("bounded", "false")));
    }
}
