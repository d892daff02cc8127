// Package trace reads what strace wrote about a server and says whether a RECEIPT
// went out before the message that it promises was synced.
package trace

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Calls are the system calls to trace: all that write or sync.
const Calls = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,fsync,fdatasync"

// A Verdict is what a trace shows.
type Verdict struct {
	Receipts int      // RECEIPTs of SENDs that were written
	Early    []string // what each of them promised too early
}

// Check reads the trace that `strace -f -y -s LARGE -e trace=Calls` wrote. The log
// is in files whose paths contain logFiles.
//
// A record is durable once an fsync of its file that began after its write had
// ended has returned 0. Where two threads' calls overlap, strace writes a line for
// the beginning of a call and one for its end; a thread goes on only after the line
// of its call's end, so lines are in the order of causes.
func Check(trace io.Reader, logFiles string) (Verdict, error) {
	c := checker{logFiles: logFiles, begun: map[string]call{}, written: map[string][]string{}, durable: map[string]bool{}}
	lines := bufio.NewScanner(trace)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if err := c.line(lines.Text()); err != nil {
			return c.verdict, err
		}
	}
	return c.verdict, lines.Err()
}

type checker struct {
	logFiles string
	begun    map[string]call     // by thread
	written  map[string][]string // message ids in a file of the log, in the order of writes
	durable  map[string]bool     // message ids
	verdict  Verdict
}

// A call is one system call, or the first half of one.
type call struct {
	name, arguments string
	covers          int // of an fsync: how many ids of the file were written when it began
}

var (
	whole      = regexp.MustCompile(`^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)`)
	unfinished = regexp.MustCompile(`^(\d+)\s+(\w+)\((.*) <(?:unfinished|detached) \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+)\s+<\.\.\. \w+ resumed>.*\)\s+= (-?\d+|\?)`)
	other      = regexp.MustCompile(`^\d+\s+(---|\+\+\+|\w+\(.*= \?)`) // signals, ends of threads and of calls that never return

	// As strace writes them: quotes and line breaks have a backslash.
	record  = regexp.MustCompile(`\{\\"id\\":\\"([0-9a-f-]{36})\\"`)
	receipt = regexp.MustCompile(`RECEIPT\\n(?:[a-z-]+:[^\\]*\\n)*?message-id:([0-9a-f-]{36})\\n`)
	file    = regexp.MustCompile(`^\d+<([^>]*)>`)
)

func (c *checker) line(text string) error {
	if m := unfinished.FindStringSubmatch(text); m != nil {
		c.begun[m[1]] = c.begin(m[2], m[3])
		return nil
	}
	if m := resumed.FindStringSubmatch(text); m != nil {
		begun, ok := c.begun[m[1]]
		if ok { // else it began before the trace
			delete(c.begun, m[1])
			c.end(begun, m[2])
		}
		return nil
	}
	if m := whole.FindStringSubmatch(text); m != nil {
		c.end(c.begin(m[2], m[3]), m[4])
		return nil
	}
	if other.MatchString(text) {
		return nil
	}
	return fmt.Errorf("a line of the trace that is not understood: %.200s", text)
}

func (c *checker) begin(name, arguments string) call {
	started := call{name: name, arguments: arguments}
	switch path := c.logFile(arguments); {
	case strings.HasSuffix(name, "sync"):
		started.covers = len(c.written[path])
	case path == "":
		for _, m := range receipt.FindAllStringSubmatch(arguments, -1) {
			c.verdict.Receipts++
			if !c.durable[m[1]] {
				c.verdict.Early = append(c.verdict.Early, m[1])
			}
		}
	}
	return started
}

func (c *checker) end(ended call, result string) {
	path := c.logFile(ended.arguments)
	switch {
	case path == "" || strings.HasPrefix(result, "-") || result == "?":
	case strings.HasSuffix(ended.name, "sync"):
		for _, id := range c.written[path][:ended.covers] {
			c.durable[id] = true
		}
		c.written[path] = c.written[path][ended.covers:]
	default:
		for _, m := range record.FindAllStringSubmatch(ended.arguments, -1) {
			c.written[path] = append(c.written[path], m[1])
		}
	}
}

// logFile returns the path of the file that a call is about; "" if it is none of
// the log's.
func (c *checker) logFile(arguments string) string {
	m := file.FindStringSubmatch(arguments)
	if m == nil || !strings.Contains(m[1], c.logFiles) {
		return ""
	}
	return m[1]
}
