package live.hubbub.spark;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** The lines of a stream. Of one that is too long no more is kept than shows that it is. */
final class Lines {
  private final InputStream in;
  private final int bound;

  Lines(InputStream in, int bound) {
    this.in = new BufferedInputStream(in, 64 << 10);
    this.bound = bound;
  }

  /**
   * Returns the next line without its end, cut to one byte more than the bound; null when
   * there is none. What is left at the end of the stream without a line's end is none.
   */
  byte[] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        return line.toByteArray();
      }
      if (line.size() <= bound) {
        line.write(b);
      }
    }
    return null;
  }
}
