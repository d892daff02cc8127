package live.hubbub.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against hubbub itself, and against children that are not as they should be. */
@Timeout(60)
class HostProcessTest {
    private static final File HUBBUB = new File(System.getProperty("hubbub.binary"));
    private static final HostProcess.Limits LIMITS = new HostProcess.Limits(5_000, 64);

    @TempDir
    Path dir;

    private HostProcess start(File binary, CompletableFuture<IOException> failed) throws Exception {
        return new HostProcess(binary, List.of(), LIMITS, () -> {}, failed::complete);
    }

    /** A program that does something else, whatever it is asked. */
    private File program(String script) throws IOException {
        Path path = dir.resolve("program");
        Files.writeString(path, "#!/bin/sh\n" + script + "\n");
        assertTrue(path.toFile().setExecutable(true));
        return path.toFile();
    }

    @Test
    void merges() throws Exception {
        CompletableFuture<IOException> failed = new CompletableFuture<>();
        try (HostProcess child = start(HUBBUB, failed)) {
            assertEquals(64, child.introduction().selfTest().length());
            child.send(Frames.merge("room", new byte[0], new Frames.Progress(-1, 0, -1, 0, 1_000), List.of()));
            Frames.Outcome o = Frames.outcome(child.take(Frames.MERGED).body());
            String result = new String(o.outputs().get(0).value(), StandardCharsets.UTF_8);
            assertTrue(result.startsWith("{\"streamId\":\"room\",\"totalCount\":0,"), result);
        }
        assertFalse(failed.isDone(), "it was closed");
    }

    @Test
    void saysWhyItCannot() throws Exception {
        try (HostProcess child = start(HUBBUB, new CompletableFuture<>())) {
            child.send(Frames.merge("room", new byte[] {9}, new Frames.Progress(-1, 0, -1, 0, 0), List.of()));
            IOException e = assertThrows(IOException.class, () -> child.take(Frames.MERGED));
            assertTrue(e.getMessage().contains("host_state_newer") && e.getMessage().contains("stream room"), e.getMessage());
        }
    }

    @Test
    void isToldThatItWasKilled() throws Exception {
        CompletableFuture<IOException> failed = new CompletableFuture<>();
        try (HostProcess child = start(HUBBUB, failed)) {
            ProcessHandle.of(child.pid()).orElseThrow().destroyForcibly();
            IOException e = failed.get(10, TimeUnit.SECONDS);
            assertTrue(e.getMessage().contains("ended with status 137"), e.getMessage());
            assertThrows(IOException.class, () -> child.take(Frames.MERGED));
        }
    }

    @Test
    void killsOneThatHangs() throws Exception {
        // It greets as hubbub does, and says nothing more.
        File hangs = program("(printf '\\000\\000\\000\\005H\\000\\000\\000\\001' | \"" + HUBBUB.getAbsolutePath() + "\" host; cat >/dev/null)");
        HostProcess.Limits hasty = new HostProcess.Limits(300, 64);
        try (HostProcess child = new HostProcess(hangs, List.of(), hasty, () -> {}, e -> {})) {
            child.send(Frames.merge("room", new byte[0], new Frames.Progress(-1, 0, -1, 0, 0), List.of()));
            IOException e = assertThrows(IOException.class, () -> child.take(Frames.MERGED));
            assertTrue(e.getMessage().contains("did not answer within 300 ms"), e.getMessage());
        }
    }

    @Test
    void refusesWhatIsNoHost() throws Exception {
        for (String script : List.of("echo hello, I am no host", "exit 3", "head -c 100 /dev/urandom")) {
            IOException e = assertThrows(IOException.class, () -> start(program(script), new CompletableFuture<>()).close());
            assertTrue(e.getMessage().contains("hubbub host"), script + ": " + e.getMessage());
        }
    }
}
