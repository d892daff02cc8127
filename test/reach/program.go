package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// secret signs the tokens of all measurements.
const secret = "a secret for measurements, nothing else"

// A program is the binary that is measured.
type program struct{ path string }

// A process is a running server.
type process struct {
	cmd *exec.Cmd
	url string // http://host:port
	// took is the time from its start to its ready line.
	took time.Duration
}

var readyLine = regexp.MustCompile(`ready: (http\S+)`)

// start serves a data folder with the limits off and waits until it is ready.
func (p program) start(ctx context.Context, data string) (*process, error) {
	began := time.Now()
	cmd := exec.CommandContext(ctx, p.path, "serve", "--listen", "127.0.0.1:0", "--data", data,
		"--message-rate", "0", "--connect-rate", "0")
	cmd.Env = append(os.Environ(), "HUBBUB_JWT_SECRET="+secret)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := readyLine.FindStringSubmatch(lines.Text()); found != nil {
			return &process{cmd: cmd, url: found[1], took: time.Since(began)}, nil
		}
	}
	return nil, errors.Join(errors.New("the server was not ready"), cmd.Wait())
}

// stop ends it as an operator would.
func (p *process) stop() error {
	return errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait())
}

// kill ends it as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it runs
	_ = p.cmd.Wait()         // says that it was killed
}

// The memory that the system says of a process.
const (
	residentNow  = "VmRSS:"
	residentMost = "VmHWM:"
)

// memory returns its resident memory in MB.
func (p *process) memory(which string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), which)
	if !ok {
		return 0, errors.New("the system does not say")
	}
	kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kilobytes / 1000, err
}

// sizes measures what the program takes before anybody comes.
func (p program) sizes(ctx context.Context) []figure {
	binary := figure{what: "size of the binary", required: 60, unit: "MB"}
	if info, err := os.Stat(p.path); err != nil {
		binary.err = err
	} else {
		binary.measured = float64(info.Size()) / 1e6
	}
	idle := figure{what: "idle memory", required: 120, unit: "MB"}
	idle.measured, idle.err = p.idle(ctx)
	return []figure{binary, idle, scripts(ctx)}
}

func (p program) idle(ctx context.Context) (used float64, err error) {
	err = p.fresh(ctx, func(server *process) (err error) {
		time.Sleep(5 * time.Second) // what the start left is collected or not
		used, err = server.memory(residentNow)
		return err
	})
	return used, err
}

// fresh has use work with a server on a folder of its own, and stops it.
func (p program) fresh(ctx context.Context, use func(*process) error) error {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	server, err := p.start(ctx, folder+"/data")
	if err != nil {
		return err
	}
	return errors.Join(use(server), server.stop())
}

var scriptTotal = regexp.MustCompile(`([\d.]+) KiB +of script`)

// scripts asks the page's own check.
func scripts(ctx context.Context) figure {
	f := figure{what: "the page's script, gzipped", required: 60, unit: "KiB"}
	out, err := exec.CommandContext(ctx, "node", "web/check-size.mjs").Output()
	found := scriptTotal.FindSubmatch(out)
	switch {
	case err != nil:
		f.err = err
	case found == nil:
		f.err = errors.New("the check printed no total")
	default:
		f.measured, f.err = strconv.ParseFloat(string(found[1]), 64)
	}
	return f
}
