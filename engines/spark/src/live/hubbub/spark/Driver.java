package live.hubbub.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import org.apache.spark.sql.SparkSession;

/**
 * A warm session of Spark that answers queries.
 *
 * <p>It speaks JSON in UTF-8, a line each. The first line of standard input is the
 * session's settings, names and values as Spark has them; the first of standard output is
 * written when a task has run with them, and has Spark's version:
 *
 * <pre>{@code
 * {"spark.master":"spark://127.0.0.1:7077","spark.ui.enabled":"false"}
 * {"ready":"3.5.9"}
 * }</pre>
 *
 * <p>From then on each line is a request, and is answered by one line, one after the other:
 *
 * <pre>{@code
 * {"id":"7","sql":["CREATE TEMPORARY VIEW said USING …","SELECT …"]}
 * {"id":"7","rows":[{"author":"mina","n":3}],"ms":812}
 * {"id":"8","sql":["SELECT"]}
 * {"id":"8","error":"[PARSE_SYNTAX_ERROR] Syntax error at or near end of input.","ms":3}
 * }</pre>
 *
 * <p>The statements of a request run in order and have a session of their own, so that their
 * views end with it. The rows are those of the last statement, without the columns that are
 * null. What is larger than {@link #REQUEST_BYTES}, {@link Answer#ROWS} or
 * {@link Answer#BYTES} is an error.
 *
 * <p>It ends when standard input does, also in the middle of a query, with status 0; and
 * when its application has been ended by the master, with status 1. Whatever else prints to
 * standard output is sent to standard error.
 */
public final class Driver {
  static final int REQUEST_BYTES = 4 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession session;
  private final OutputStream out;

  private Driver(SparkSession session, OutputStream out) {
    this.session = session;
    this.out = out;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    OutputStream out = System.out;
    System.setOut(System.err);
    Lines in = new Lines(System.in, REQUEST_BYTES);
    byte[] settings = in.next();
    if (settings == null) {
      return;
    }
    BlockingQueue<byte[]> requests = new SynchronousQueue<>();
    startReading(in, requests);
    new Driver(open(JSON.readTree(settings)), out).serve(requests);
  }

  /** Reads on a thread of its own, so that the end is noticed whatever the others do. */
  private static void startReading(Lines in, BlockingQueue<byte[]> requests) {
    Thread reader = new Thread(() -> System.exit(readAll(in, requests)), "requests");
    reader.setDaemon(true);
    reader.start();
  }

  /** Returns, at the end of the input, the status to exit with. */
  private static int readAll(Lines in, BlockingQueue<byte[]> requests) {
    try {
      for (byte[] line = in.next(); line != null; line = in.next()) {
        requests.put(line);
      }
      return 0;
    } catch (IOException | InterruptedException e) {
      e.printStackTrace();
      return 1;
    }
  }

  private static SparkSession open(JsonNode settings) {
    SparkSession.Builder builder = SparkSession.builder();
    settings.fields().forEachRemaining(s -> builder.config(s.getKey(), s.getValue().asText()));
    SparkSession session = builder.getOrCreate();
    session.sparkContext().addSparkListener(new ExitAtEnd());
    return session;
  }

  private void serve(BlockingQueue<byte[]> requests) throws IOException, InterruptedException {
    session.range(1).toJSON().collectAsList(); // returns when an executor is there, and works
    write(JSON.createObjectNode().put("ready", session.version()));
    while (true) {
      write(answer(requests.take()));
    }
  }

  private ObjectNode answer(byte[] line) {
    long began = System.nanoTime();
    ObjectNode answer = Answer.to(line, session);
    return answer.put("ms", (System.nanoTime() - began) / 1_000_000);
  }

  private void write(ObjectNode line) throws IOException {
    out.write(Answer.bounded(line));
    out.write('\n');
    out.flush();
  }

  /** A session whose application the master has ended answers nothing any more. */
  private static final class ExitAtEnd extends SparkListener {
    @Override
    public void onApplicationEnd(SparkListenerApplicationEnd end) {
      new Thread(() -> System.exit(1), "exit").start(); // exiting waits for listeners
    }
  }
}
