//go:build unix

package measure

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// The work of a yardstick: a stroke writes a batch of so many bytes to each of its
// connections, at whose other ends readers sleep, just as a chat server does to its
// viewers. Strokes are apart by a time that no tick of a server divides, so that
// they fall into all of its moments alike; together they take less than 1/250 of a
// core.
const (
	strokeEvery = 97 * time.Millisecond
	strokePairs = 32
	strokeBytes = 1400
)

// A Yardstick does one piece of work over and over, always the same, and adds up
// the CPU that it took. One machine takes more CPU for it at one time than at
// another, as it does for everything else: its clock changes, and so does what
// shares its caches and cores.
type Yardstick struct {
	pairs   [][2]net.Conn // TCP over loopback, from the one to the other
	readers sync.WaitGroup

	mu     sync.Mutex
	total  raw.Yardstick
	broken bool
}

// NewYardstick opens the connections; Run closes them.
func NewYardstick() (*Yardstick, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it never waits
	if err != nil {
		return nil, fmt.Errorf("open the yardstick: %w", err)
	}
	defer func() { _ = listener.Close() }()
	y := &Yardstick{}
	for range strokePairs {
		if err := y.connect(listener); err != nil {
			y.close()
			return nil, fmt.Errorf("open the yardstick: %w", err)
		}
	}
	return y, nil
}

func (y *Yardstick) connect(listener net.Listener) error {
	from, err := net.Dial("tcp", listener.Addr().String()) //nolint:noctx // of this process, which listens
	if err != nil {
		return err
	}
	to, err := listener.Accept()
	if err != nil {
		_ = from.Close()
		return err
	}
	y.pairs = append(y.pairs, [2]net.Conn{from, to})
	return nil
}

func (y *Yardstick) close() {
	for _, p := range y.pairs {
		_ = p[0].Close()
		_ = p[1].Close()
	}
}

// Run works until ctx ends, or a connection fails, which the error tells.
func (y *Yardstick) Run(ctx context.Context) error {
	for _, p := range y.pairs {
		y.readers.Go(func() { _, _ = io.Copy(io.Discard, p[1]) })
	}
	defer y.readers.Wait()
	defer y.close()
	defer context.AfterFunc(ctx, y.close)()
	runtime.LockOSThread() // whose CPU is counted
	defer runtime.UnlockOSThread()
	ticker := time.NewTicker(strokeEvery)
	defer ticker.Stop()
	batch := make([]byte, strokeBytes)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		cpu, err := y.stroke(batch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			y.note(func() { y.broken = true })
			return fmt.Errorf("measure the machine's speed: %w", err)
		}
		y.note(func() {
			y.total.Strokes++
			y.total.CPU += cpu.Seconds()
		})
	}
}

func (y *Yardstick) note(what func()) {
	y.mu.Lock()
	defer y.mu.Unlock()
	what()
}

// stroke does the work once and says what CPU it took the writer.
func (y *Yardstick) stroke(batch []byte) (time.Duration, error) {
	before, err := threadCPU()
	if err != nil {
		return 0, err
	}
	for _, p := range y.pairs {
		if _, err := p[0].Write(batch); err != nil {
			return 0, err
		}
	}
	after, err := threadCPU()
	return after - before, err
}

// threadCPU is what the calling thread has used.
func threadCPU() (time.Duration, error) {
	var at unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at)
	return time.Duration(at.Nano()), err
}

// Total is what the strokes so far have taken; nil once a connection has failed: a
// part of a run says nothing of the rest. It may be called concurrently.
func (y *Yardstick) Total() *raw.Yardstick {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.broken {
		return nil
	}
	total := y.total
	return &total
}
