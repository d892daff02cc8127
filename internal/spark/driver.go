package spark

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// What the driver takes and gives at most; see Driver.java and Answer.java.
const (
	requestBytes = 4 << 20
	answerBytes  = 16 << 20
)

// A driver is one life of the process. It is asked one question at a time.
type driver struct {
	stdin   io.WriteCloser
	kill    context.CancelCauseFunc
	ready   chan struct{} // closed when it takes requests
	answers chan answer   // has room for the one that is waited for
	ended   chan struct{} // closed when the process is gone
	why     error         // why it is; read after ended
	printed tail
	asked   int
	pid     int
}

// An answer is a line of the driver's.
type answer struct {
	Ready string            `json:"ready"` // of the first alone: Spark's version
	ID    string            `json:"id"`
	Rows  []json.RawMessage `json:"rows"`
	Error string            `json:"error"`
}

type request struct {
	ID  string   `json:"id"`
	SQL []string `json:"sql"`
}

// startDriver starts the process, which outlives ctx, and does not wait for it. One
// that is not ready within its patience ends.
func startDriver(ctx context.Context, o Options) (*driver, error) {
	dir, err := os.MkdirTemp("", "hubbub-spark-")
	if err != nil {
		return nil, err
	}
	life, kill := context.WithCancelCause(context.WithoutCancel(ctx))
	d := &driver{kill: kill, ready: make(chan struct{}), answers: make(chan answer, 1), ended: make(chan struct{})}
	c := exec.CommandContext(life, o.Java, o.arguments(dir)...)
	c.Dir, c.Env = dir, append(os.Environ(), "SPARK_LOCAL_IP=127.0.0.1", "LC_ALL=C.UTF-8")
	c.Stderr = io.MultiWriter(&d.printed, o.Log)
	out, err := d.start(c, o.settings())
	if err != nil {
		kill(nil)
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	late := time.AfterFunc(o.Patience, func() {
		select {
		case <-d.ready:
		default:
			kill(fmt.Errorf("it was not ready within %v", o.Patience))
		}
	})
	go func() {
		defer close(d.ended)
		defer late.Stop()
		read := d.read(out)
		if read != nil {
			kill(read)
		}
		d.why = errors.Join(d.end(life, c.Wait()), os.RemoveAll(dir))
		kill(nil)
	}()
	return d, nil
}

// start starts the process and gives it its settings.
func (d *driver) start(c *exec.Cmd, settings map[string]string) (out io.Reader, err error) {
	if out, err = c.StdoutPipe(); err != nil {
		return nil, err
	}
	if d.stdin, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	if err = c.Start(); err != nil {
		return nil, err
	}
	d.pid = c.Process.Pid
	// A pipe has room for them. If it has ended already, it has said why.
	_ = json.NewEncoder(d.stdin).Encode(settings)
	return out, nil
}

// end is why the process is gone, never nil: what it was killed for, or its status, and
// the end of what it printed.
func (d *driver) end(life context.Context, status error) error {
	if cause := context.Cause(life); cause != nil {
		status = cause
	} else if status == nil {
		status = errors.New("exit status 0")
	}
	return fmt.Errorf("spark's driver, process %d, ended: %w\n%s", d.pid, status, d.printed.text())
}

// read takes its lines until the last; an error is of one that should not be there.
func (d *driver) read(out io.Reader) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, answerBytes+1)
	for isReady := false; lines.Scan(); isReady = true {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return fmt.Errorf("it printed what is no answer: %w", err)
		}
		switch {
		case !isReady && a.Ready != "":
			close(d.ready)
		case !isReady:
			return errors.New("it answered before it was ready")
		default:
			select {
			case d.answers <- a:
			default:
				return errors.New("it answered what nobody had asked")
			}
		}
	}
	return lines.Err()
}

// send sends a request and returns its id. Whatever goes wrong ends the process.
func (d *driver) send(sql []string) (id string, err error) {
	d.asked++
	id = strconv.Itoa(d.asked)
	line, err := json.Marshal(request{ID: id, SQL: sql})
	if err != nil {
		return "", err
	}
	if len(line) > requestBytes {
		return "", errTooLarge
	}
	go func() { // one that stands still does not take all of it
		if _, err := d.stdin.Write(append(line, '\n')); err != nil {
			d.kill(fmt.Errorf("it takes no requests: %w", err))
		}
	}()
	return id, nil
}

// stop has the process end, and kills it after a time of grace; it waits for its end.
func (d *driver) stop(grace time.Duration) error {
	select {
	case <-d.ended:
		return nil
	default:
	}
	_ = d.stdin.Close() // it ends when this does
	late := fmt.Errorf("it did not end within %v", grace)
	timer := time.AfterFunc(grace, func() { d.kill(late) })
	defer timer.Stop()
	<-d.ended
	if errors.Is(d.why, late) {
		return d.why
	}
	return nil
}
