package live.hubbub.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What is answered to a request: rows, or a sentence that says why there are none. */
final class Answer {
  static final int ROWS = 100_000;
  static final int BYTES = 16 << 20;

  private static final int SENTENCE_CHARACTERS = 4_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Answer() {}

  /** Answers a line; never fails. */
  static ObjectNode to(byte[] line, SparkSession session) {
    ObjectNode answer = JSON.createObjectNode();
    try {
      JsonNode request = parse(line);
      answer.set("id", request.get("id"));
      List<String> rows = rows(request.path("sql"), session.newSession());
      ArrayNode array = answer.putArray("rows");
      rows.forEach(row -> array.addRawValue(new RawValue(row)));
    } catch (Throwable e) { // Spark throws what its methods do not declare
      answer.put("error", sentence(e));
    }
    return answer;
  }

  /** Returns an answer as it is written, or, if that is too large, one that says so. */
  static byte[] bounded(ObjectNode answer) throws JsonProcessingException {
    byte[] bytes = JSON.writeValueAsBytes(answer);
    if (bytes.length <= BYTES) {
      return bytes;
    }
    answer.remove("rows");
    answer.put("error", "the answer has " + bytes.length + " bytes, over " + BYTES + ": ask for less at once");
    return JSON.writeValueAsBytes(answer);
  }

  private static JsonNode parse(byte[] line) throws IOException {
    if (line.length > Driver.REQUEST_BYTES) {
      throw new IllegalArgumentException("a request is over " + Driver.REQUEST_BYTES + " bytes: ask for less at once");
    }
    return JSON.readTree(line);
  }

  private static List<String> rows(JsonNode statements, SparkSession session) {
    if (statements.isEmpty()) {
      throw new IllegalArgumentException("a request without statements in \"sql\"");
    }
    Dataset<Row> last = null;
    for (JsonNode statement : statements) {
      last = session.sql(statement.asText());
    }
    List<String> rows = last.toJSON().collectAsList();
    if (rows.size() > ROWS) {
      throw new IllegalArgumentException("the answer has " + rows.size() + " rows, over " + ROWS + ": ask for less at once");
    }
    return rows;
  }

  /** What went wrong, without the stacks that Spark has in its messages. */
  private static String sentence(Throwable e) {
    String said = e.getMessage() == null ? e.toString() : e.getMessage();
    String text = said.lines()
        .filter(l -> !l.isBlank() && !l.startsWith("\tat ") && !l.startsWith("Driver stacktrace:"))
        .collect(Collectors.joining("\n"));
    return text.length() <= SENTENCE_CHARACTERS ? text : text.substring(0, SENTENCE_CHARACTERS) + " …";
  }
}
