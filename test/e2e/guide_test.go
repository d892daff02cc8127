package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A guide is a page of the documents whose code is run in its order, in one folder
// and with the variables that it asks for.
type guide struct {
	t      *testing.T
	ctx    context.Context
	server *hub.Server
	host   member // whose TOKEN it is
	page   string
	text   string
	blocks []block // that are still to be run
	folder string
	env    map[string]string
}

// A block is fenced code.
type block struct {
	line           int
	language, text string
}

// open opens a page, with a host who is signed in on a server of their own.
func open(t *testing.T, page string) *guide {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	must(t, err)
	g := &guide{
		t: t, ctx: within(t), server: hub.Start(t),
		page: page, text: string(text), blocks: blocksOf(string(text)), folder: t.TempDir(),
	}
	g.host, err = signUp(g.ctx, g.server, "host")
	must(t, err)
	g.env = map[string]string{"PATH": os.Getenv("PATH"), "HUBBUB_URL": g.server.URL(), "TOKEN": g.host.AccessToken}
	return g
}

func blocksOf(text string) (all []block) {
	var b *block
	for i, line := range strings.Split(text, "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && b == nil:
			b = &block{line: i + 1, language: language}
		case fence:
			all, b = append(all, *b), nil
		case b != nil:
			b.text += line + "\n"
		}
	}
	return all
}

// next takes the next block, which has to be in this language.
func (g *guide) next(language string) block {
	g.t.Helper()
	if len(g.blocks) == 0 || g.blocks[0].language != language {
		g.t.Fatalf("%s: after what was run there is to be %s, not %+.200v", g.page, language, g.blocks)
	}
	b := g.blocks[0]
	g.blocks = g.blocks[1:]
	return b
}

// done fails the test if something was not run.
func (g *guide) done() {
	g.t.Helper()
	for _, b := range g.blocks {
		g.t.Errorf("%s:%d: nothing runs this", g.page, b.line)
	}
}

// command runs in the guide's folder, and has no variables but the guide's.
func (g *guide) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(g.ctx, name, args...)
	cmd.Dir, cmd.Env = g.folder, []string{}
	for _, variable := range slices.Sorted(maps.Keys(g.env)) {
		cmd.Env = append(cmd.Env, variable+"="+g.env[variable])
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// sh runs the next block, which has to succeed, and reads the last of the JSON values
// that it prints into answer; nil: it is to print nothing.
func (g *guide) sh(answer any) {
	g.t.Helper()
	b := g.next("sh")
	cmd := g.command("bash", "-eu", "-c", b.text)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	printed, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("%s:%d: %v\n%s%s", g.page, b.line, err, printed, complaints.String())
	}
	values, last := json.NewDecoder(bytes.NewReader(printed)), json.RawMessage(nil)
	for err == nil {
		err = values.Decode(&last)
	}
	if !errors.Is(err, io.EOF) || (answer == nil) != (last == nil) {
		g.t.Fatalf("%s:%d prints %q: %v", g.page, b.line, printed, err)
	}
	if answer != nil {
		must(g.t, json.Unmarshal(last, answer))
	}
}

// A running is a program of a guide.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	said chan string   // lines of its standard output, closed at its end
	over chan struct{} // closed when it has ended
	exit error         // read after over
}

// start runs the next block as a program from a file of this name.
func (g *guide) start(language, interpreter, name string) *running {
	g.t.Helper()
	must(g.t, os.WriteFile(filepath.Join(g.folder, name), []byte(g.next(language).text), 0o600))
	r := &running{t: g.t, cmd: g.command(interpreter, name), said: make(chan string, 1<<10), over: make(chan struct{})}
	r.cmd.Stderr = os.Stderr
	out, err := r.cmd.StdoutPipe()
	must(g.t, err)
	must(g.t, r.cmd.Start())
	go func() {
		defer close(r.over)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.said <- lines.Text()
		}
		close(r.said)
		r.exit = r.cmd.Wait()
	}()
	g.t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // after its end an error, and no harm
		for range r.said {
		}
		<-r.over
	})
	return r
}

// says waits for a line that begins so.
func (r *running) says(prefix string) {
	r.t.Helper()
	for timeout := time.After(patience); ; {
		select {
		case line, ok := <-r.said:
			if !ok {
				r.t.Fatalf("%s ended without %q", r.cmd, prefix)
			}
			if strings.HasPrefix(line, prefix) {
				return
			}
		case <-timeout:
			r.t.Fatalf("%s does not say %q", r.cmd, prefix)
		}
	}
}

// ends waits until it has ended as it should.
func (r *running) ends() {
	r.t.Helper()
	select {
	case <-r.over:
		must(r.t, r.exit)
	case <-time.After(patience):
		r.t.Fatalf("%s goes on", r.cmd)
	}
}

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	must(r.t, r.cmd.Process.Signal(s))
}
