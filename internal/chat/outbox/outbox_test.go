package outbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

// small makes sockets that are soon full, so that tests need not write megabytes;
// much smaller, and TCP itself waits.
const small = 64 << 10

type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// pair returns the two ends of a TCP connection over loopback.
func pair(t tester) (server, client *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server, client = s.(*net.TCPConn), c.(*net.TCPConn)
	for _, err := range []error{server.SetWriteBuffer(small), client.SetReadBuffer(small), client.SetReadDeadline(time.Now().Add(patience))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return server, client
}

// fill offers until the socket is full and something waits.
func fill(t tester, o *Outbox) (offered int) {
	t.Helper()
	piece := make([]byte, 32<<10)
	for o.Waiting() == 0 {
		if !o.Offer(piece) {
			t.Fatal("an outbox with room refused")
		}
		if offered += len(piece); offered > 64<<20 {
			t.Fatal("the socket took 64 MiB and is not full")
		}
	}
	return offered
}

func within(t tester) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// Whatever is offered, by however many, however the reader reads: every piece
// that was taken arrives once, whole, in the order of its writer, and none that
// was refused; and after Finish everything taken comes before the end.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server, client := pair(t)
		defer client.Close()
		o := New(server, Options{Backlog: rapid.SampledFrom([]int{1, 4 << 10, 64 << 10}).Draw(t, "backlog"), Stall: patience})
		defer o.Close()
		writers := rapid.IntRange(1, 3).Draw(t, "writers")
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{8, 9, 100, 4 << 10, 90 << 10}), 1, 60).Draw(t, "sizes")

		got, read := make(chan []byte), make(chan struct{})
		if rapid.Bool().Draw(t, "reads at once") {
			close(read)
			read = nil
		}
		go func() {
			defer close(got)
			if read != nil {
				<-read
			}
			all, err := io.ReadAll(client)
			if err != nil {
				all = []byte(err.Error())
			}
			got <- all
		}()
		taken := make([][]uint32, writers)
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n, size := range sizes {
					if o.Offer(piece(size, w, n)) {
						taken[w] = append(taken[w], uint32(n))
					}
				}
			})
		}
		writing.Wait()
		if read != nil {
			close(read)
		}
		o.Finish(piece(8, writers, 0))
		if o.Offer([]byte("late")) || o.Send([]byte("late")) {
			t.Fatal("something was taken after the last thing")
		}
		arrived := make([][]uint32, writers+1)
		for rest := <-got; len(rest) > 0; {
			if len(rest) < 8 {
				t.Fatalf("the end is cut: %q", rest)
			}
			size, w, n := int(binary.BigEndian.Uint32(rest)), int(rest[4]), uint32(binary.BigEndian.Uint16(rest[6:]))
			if w > writers || size > len(rest) || !bytes.Equal(rest[:size], piece(size, w, int(n))) {
				t.Fatalf("a piece that nobody wrote, or cut: writer %d, number %d, %d of %d bytes", w, n, len(rest), size)
			}
			arrived[w] = append(arrived[w], n)
			if rest = rest[size:]; w == writers && len(rest) > 0 {
				t.Fatalf("%d bytes after the last thing", len(rest))
			}
		}
		for w := range writers {
			if !equal(taken[w], arrived[w]) {
				t.Fatalf("of writer %d was taken %v, and arrived %v", w, taken[w], arrived[w])
			}
		}
		if len(arrived[writers]) != 1 {
			t.Fatal("the last thing did not arrive")
		}
	})
}

// piece makes a piece that says how long it is, whose, and which.
func piece(size, writer, n int) []byte {
	b := bytes.Repeat([]byte{byte(n)}, size)
	binary.BigEndian.PutUint32(b, uint32(size))
	b[4], b[5] = byte(writer), 0
	binary.BigEndian.PutUint16(b[6:], uint16(n))
	return b
}

func equal(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestBacklogIsBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
	}{
		{"large pieces", 16 << 10},
		{"pieces of two bytes, as pongs are: the bound holds for what they cost", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, client := pair(t)
			defer client.Close()
			o := New(server, Options{Backlog: 128 << 10, Stall: patience})
			defer o.Close()
			fill(t, o)
			n := 0
			for o.Offer(make([]byte, c.size)) {
				n++
			}
			if most := 128 << 10; o.Waiting() > most || n*(c.size+overhead) > most {
				t.Errorf("%d pieces of %d bytes wait, %d in all; the bound is %d", n, c.size, o.Waiting(), most)
			}
			if !o.Send(make([]byte, 64<<10)) {
				t.Error("what must not be skipped has no more room than the rest")
			}
			for o.Send(make([]byte, 64<<10)) {
			}
			if !o.Stalled() {
				t.Error("a connection that cannot take what must not be skipped goes on")
			}
		})
	}
}

// Nothing that is larger than the whole backlog is refused for ever: when nothing
// waits it is taken.
func TestLargerThanTheBacklog(t *testing.T) {
	server, client := pair(t)
	defer client.Close()
	o := New(server, Options{Backlog: 1 << 10, Stall: patience})
	defer o.Close()
	if !o.Offer(make([]byte, 1<<20)) || o.Waiting() == 0 {
		t.Fatal("a large piece was not taken")
	}
	if _, err := io.CopyN(io.Discard, client, 1<<20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := within(t)
	defer cancel()
	if err := o.Drained(ctx); err != nil || o.Waiting() != 0 {
		t.Fatalf("drained: %v, %d wait", err, o.Waiting())
	}
}

func TestDrained(t *testing.T) {
	server, client := pair(t)
	o := New(server, Options{Backlog: 1 << 20, Stall: patience})
	ctx, cancel := within(t)
	defer cancel()
	if err := o.Drained(ctx); err != nil {
		t.Fatalf("nothing waits, but: %v", err)
	}
	fill(t, o)
	short, stop := context.WithCancel(ctx)
	stop()
	if err := o.Drained(short); !errors.Is(err, context.Canceled) {
		t.Errorf("with a full socket and an ended context: %v", err)
	}
	both := make(chan error, 2)
	for range 2 {
		go func() { both <- o.Drained(ctx) }()
	}
	_ = client.Close() // the reader goes: the outbox closes
	for range 2 {
		if err := <-both; err != nil {
			t.Errorf("closed: %v", err)
		}
	}
	o.Close()
	o.Close()
	if o.Offer([]byte("x")) || o.Stalled() {
		t.Error("a closed outbox took something, or says that it stalled")
	}
}

func TestStallCloses(t *testing.T) {
	server, client := pair(t)
	defer client.Close()
	o := New(server, Options{Backlog: 1 << 20, Stall: 50 * time.Millisecond})
	defer o.Close()
	ctx, cancel := within(t)
	defer cancel()
	for !o.Stalled() { // until the system has no more buffers for it
		for o.Offer(make([]byte, 64<<10)) {
		}
		if err := o.Drained(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if o.Offer([]byte("x")) {
		t.Error("a stalled connection takes something")
	}
}

// A connection that takes a little within every stall is slow, not stalled,
// however long a piece takes.
func TestSlowIsNotStalled(t *testing.T) {
	server, client := pair(t)
	defer client.Close()
	const stall = 2 * time.Second
	o := New(server, Options{Backlog: 1 << 10, Stall: stall})
	defer o.Close()
	const size = 8 << 20
	begun := time.Now()
	if !o.Offer(make([]byte, size)) {
		t.Fatal("not taken")
	}
	for read := 0; read < size; {
		n, err := io.CopyN(io.Discard, client, 128<<10)
		if err != nil {
			t.Fatalf("after %d bytes and %v: %v", read, time.Since(begun), err)
		}
		read += int(n)
		if time.Since(begun) < stall+stall/2 {
			time.Sleep(60 * time.Millisecond) // the slowness is what is tested
		}
	}
}

func TestNoGoroutineWhileNothingWaits(t *testing.T) {
	server, client := pair(t)
	defer client.Close()
	before := runtime.NumGoroutine()
	o := New(server, Options{Backlog: 1 << 20, Stall: patience})
	defer o.Close()
	for range 100 {
		if !o.Offer([]byte("x")) {
			t.Fatal("not taken")
		}
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines for an outbox in which nothing waits", n-before)
	}
	if now := time.Now(); o.Idle(now) > time.Minute || o.Idle(now.Add(time.Hour)) < time.Minute {
		t.Errorf("idle for %v", o.Idle(now))
	}
}

// Other kinds of connections have no descriptor; they go by way of the backlog.
func TestWithoutDescriptor(t *testing.T) {
	server, client := net.Pipe()
	o := New(server, Options{Backlog: 1 << 10, Stall: patience})
	o.Offer([]byte("one "))
	o.Offer([]byte("two "))
	o.Finish([]byte("three"))
	all, err := io.ReadAll(client)
	if string(all) != "one two three" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	o.Close()
}

func TestOfferAllocatesNothing(t *testing.T) {
	server, client := pair(t)
	defer client.Close()
	go func() { _, _ = io.Copy(io.Discard, client) }()
	o := New(server, Options{Backlog: 1 << 20, Stall: patience})
	defer o.Close()
	b := make([]byte, 256)
	if n := testing.AllocsPerRun(200, func() {
		o.Offer(b)
		for o.Waiting() > 0 {
			runtime.Gosched()
		}
	}); n >= 1 {
		t.Errorf("%.1f allocations for an offer that the socket takes", n)
	}
}

// BenchmarkOffer is the write of one batch to one viewer.
func BenchmarkOffer(b *testing.B) {
	server, client := pair(b)
	defer client.Close()
	go func() { _, _ = io.Copy(io.Discard, client) }()
	_ = server.SetWriteBuffer(4 << 20)
	o := New(server, Options{Backlog: 1 << 20, Stall: patience})
	defer o.Close()
	batch := make([]byte, 2<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		for !o.Offer(batch) {
			runtime.Gosched()
		}
	}
}
