package live.hubbub.flink;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The child of one subtask: hubbub host. Requests are answered in order; several may be under way,
 * since a thread takes what comes back. It ends with its standard input, so it survives nobody.
 *
 * <p>One task's thread sends and takes; a failure is also given to whoever was named at the start,
 * so that an idle task fails as well.
 */
final class HostProcess implements AutoCloseable {
    private static final long STARTS_WITHIN = 60_000;
    private static final long ENDS_WITHIN = 2_000;

    private final Process process;
    private final OutputStream to;
    private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>(); // Answer or IOException
    private final long patience; // ms for an answer
    private volatile boolean closing;
    private Frames.Introduction introduction;

    /**
     * Starts a child and waits until it has said who it is. ready is called, on another thread,
     * for each answer that came; failed once, if the child ends or does not speak the protocol.
     */
    HostProcess(File binary, List<String> arguments, Limits limits, Runnable ready, Consumer<IOException> failed)
            throws IOException, InterruptedException {
        this.patience = limits.patience();
        List<String> command = new ArrayList<>();
        command.add(binary.getPath());
        command.add("host");
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("GOMEMLIMIT", limits.memory() + "MiB");
        builder.environment().put("GOMAXPROCS", "1");
        process = builder.start();
        to = process.getOutputStream();
        DataInputStream from = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16));
        Thread reader = new Thread(() -> read(from, ready, failed), "hubbub host " + process.pid());
        reader.setDaemon(true);
        reader.start();
        try {
            send(Frames.hello());
            introduction = Frames.introduction(take(Frames.INTRODUCED, STARTS_WITHIN).body());
            if (introduction.protocol() != Frames.PROTOCOL) {
                throw new IOException("hubbub " + introduction.program() + " speaks version " + introduction.protocol()
                        + " of the host protocol, this job version " + Frames.PROTOCOL + ": submit the job that came with it");
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** How long an answer may take, and how much memory the child should do with. */
    record Limits(long patience, int memory) {}

    Frames.Introduction introduction() {
        return introduction;
    }

    long pid() {
        return process.pid();
    }

    void send(byte[] frame) throws IOException {
        try {
            to.write(frame);
            to.flush();
        } catch (IOException e) {
            throw new IOException("hubbub host takes no more requests: " + e.getMessage(), e);
        }
    }

    /** Whether the next answer is there, or a failure. */
    boolean answered() {
        return !answers.isEmpty();
    }

    /** The next answer, which has to be of a kind. Waits for it; a child that is too slow is an error. */
    Frames.Answer take(byte kind) throws IOException, InterruptedException {
        return take(kind, patience);
    }

    private Frames.Answer take(byte kind, long within) throws IOException, InterruptedException {
        Object next = answers.poll(within, TimeUnit.MILLISECONDS);
        if (next == null) {
            process.destroyForcibly();
            throw new IOException("hubbub host did not answer within " + within + " ms and was killed");
        }
        if (next instanceof IOException failure) {
            answers.add(failure); // for whoever asks again
            throw failure;
        }
        Frames.Answer answer = (Frames.Answer) next;
        if (answer.kind() == Frames.FAILED) {
            throw new IOException("hubbub host cannot do it: " + Frames.failure(answer.body()));
        }
        if (answer.kind() != kind) {
            throw new IOException("hubbub host answered '" + (char) answer.kind() + "', not '" + (char) kind + "'");
        }
        return answer;
    }

    private void read(DataInputStream from, Runnable ready, Consumer<IOException> failed) {
        IOException failure;
        try {
            for (Frames.Answer a; (a = Frames.read(from)) != null; ) {
                answers.add(a);
                ready.run();
            }
            failure = new IOException("hubbub host ended" + status());
        } catch (IOException e) {
            failure = new IOException("hubbub host cannot be read: " + e.getMessage() + status(), e);
        }
        answers.add(failure);
        if (!closing) {
            process.destroyForcibly();
            failed.accept(failure);
        }
    }

    private String status() {
        try {
            return process.waitFor(1, TimeUnit.SECONDS) ? " with status " + process.exitValue() : "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** Ends the child: gently first. */
    @Override
    public void close() {
        closing = true;
        try {
            to.close();
            if (!process.waitFor(ENDS_WITHIN, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly(); // it is gone already
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
