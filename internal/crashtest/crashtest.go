// Package crashtest kills processes that write, at instants nobody chose, for
// tests of what they leave behind. What they write and how it is checked is the
// test's own.
package crashtest

import (
	"bufio"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const (
	dirName  = "HUBBUB_CRASH_DIR"  // set in the process to kill: where it writes
	fromName = "HUBBUB_CRASH_FROM" // and the number it begins with
	crashes  = "HUBBUB_CRASHES"    // how often to kill
)

// Inside says whether this is the process to kill. It then writes to dir, from a
// number on, for as long as it lives, and prints what it did or is about to do, a
// line and a write each. Should the test that watches it end first, it panics.
func Inside(t *testing.T) (dir string, from int, inside bool) {
	t.Helper()
	if dir = os.Getenv(dirName); dir == "" {
		return "", 0, false
	}
	from, err := strconv.Atoi(os.Getenv(fromName))
	if err != nil {
		t.Fatal(err)
	}
	go func() { // until the process ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		panic("the test that was to kill this process is gone")
	}()
	return dir, from, true
}

// Rounds returns how often to kill: as usual, or as HUBBUB_CRASHES has it.
func Rounds(usual int) int {
	if n, err := strconv.Atoi(os.Getenv(crashes)); err == nil {
		return n
	}
	return usual
}

// A Killer starts and kills processes, again and again in one folder. Each is this
// test binary, started with this test alone.
type Killer struct {
	Dir    string
	t      *testing.T
	random *rand.Rand
}

// New makes a killer for a test, and its folder.
func New(t *testing.T) *Killer {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return &Killer{Dir: t.TempDir(), t: t, random: rand.New(rand.NewPCG(seed, 0))}
}

// Kill starts a process that writes from a number on, and kills it about when it
// has printed so many lines, at most, or while it opens what the last one left.
// hear gets each line, also those from after it was decided; one that hear does
// not know is logged and does not count.
func (k *Killer) Kill(from, most int, hear func(line string) (known bool)) {
	t := k.t
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), dirName+"="+k.Dir, fromName+"="+strconv.Itoa(from))
	_, inErr := child.StdinPipe() // open for as long as this process lives
	out, outErr := child.StdoutPipe()
	for _, err := range []error{inErr, outErr, child.Start()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	kill := func() { _ = child.Process.Kill() }
	after := 1 + k.random.IntN(most)
	delay := time.Duration(k.random.IntN(20_000)) * time.Microsecond // and then any instant of the next few
	if k.random.IntN(5) == 0 {
		after = 0 // while it opens
		time.AfterFunc(10*delay, kill)
	}
	lines := bufio.NewScanner(out)
	for heard := 0; lines.Scan(); {
		if !hear(lines.Text()) {
			t.Logf("child: %s", lines.Text())
			continue
		}
		if heard++; heard == after {
			time.AfterFunc(delay, kill)
		}
	}
	if err := child.Wait(); child.ProcessState.Exited() {
		t.Fatalf("the process ended before it was killed: %v", err)
	}
}
