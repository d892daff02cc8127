package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// A crowd is many users with a session each, who send one message after another,
// each with a receipt and a nonce, as fast as the receipts come. A message whose
// outcome is unknown is sent again, with its nonce, on the next connection.
type crowd struct {
	server   *hub.Server
	sessions []*session
	chatters []*chatter
	books    map[hubbub.StreamID]*book
	talking  sync.WaitGroup
	stopped  chan struct{}
}

// A session is that of one user.
type session struct {
	token string
	conn  *client.Conn // nil: none
	err   error        // of the last try to connect
}

// A chatter sends on a session, one message at a time. It is one goroutine's at a
// time.
type chatter struct {
	*session
	name   string
	stream hubbub.StreamID
	book   *book
	said   int
	tail   string    // at the end of each message
	open   string    // was sent and has no answer yet; "": none
	since  time.Time // when it was last sent
	failed error     // the outcome of the last SEND
}

// newCrowd signs n guests in, who share the streams among them.
func newCrowd(ctx context.Context, server *hub.Server, n int, streams ...hubbub.StreamID) (*crowd, error) {
	c := &crowd{server: server, books: map[hubbub.StreamID]*book{}}
	for _, stream := range streams {
		c.books[stream] = newBook()
	}
	for i := range n {
		guest, err := server.Guest(ctx, fmt.Sprintf("chatter %d", i))
		if err != nil {
			return nil, err
		}
		s := &session{token: guest.Token}
		c.sessions = append(c.sessions, s)
		c.add(fmt.Sprintf("c%d", i), s, streams[i%len(streams)])
	}
	return c, nil
}

func (c *crowd) add(name string, s *session, stream hubbub.StreamID) {
	c.chatters = append(c.chatters, &chatter{session: s, name: name, stream: stream, book: c.books[stream]})
}

// widen has each session send so many messages at a time.
func (c *crowd) widen(window int) {
	for _, first := range slices.Clone(c.chatters) {
		for i := range window - 1 {
			c.add(fmt.Sprintf("%s.%d", first.name, i), first.session, first.stream)
		}
	}
}

// begin connects everybody, and settles what was open. It returns once all have
// done so, or failed to.
func (c *crowd) begin(ctx context.Context) {
	var all sync.WaitGroup
	for _, session := range c.sessions {
		all.Go(func() { session.connect(ctx, c.server) })
	}
	all.Wait()
	for _, chatter := range c.chatters {
		all.Go(func() { chatter.settle(ctx) })
	}
	all.Wait()
}

// talk has everybody send until stop is called or their connection ends.
func (c *crowd) talk(ctx context.Context) {
	c.stopped = make(chan struct{})
	for _, chatter := range c.chatters {
		c.talking.Go(func() { chatter.talk(ctx, c.stopped) })
	}
}

// heard waits until n more of what is said are acknowledged.
func (c *crowd) heard(ctx context.Context, n int) error {
	want := c.acknowledged() + n
	return api.Until(ctx, "have the crowd heard", func() error {
		if got := c.acknowledged(); got < want {
			return fmt.Errorf("%d are acknowledged, of %d", got, want)
		}
		return nil
	})
}

func (c *crowd) acknowledged() int {
	n := 0
	for _, book := range c.books {
		n += book.count(acked)
	}
	return n
}

// stop ends the talking with all answers there, wait when the connections ended.
func (c *crowd) stop() {
	close(c.stopped)
	c.talking.Wait()
}

func (c *crowd) wait() { c.talking.Wait() }

// open counts the SENDs that have no answer and were sent between two instants.
func (c *crowd) open(from, to time.Time) int {
	n := 0
	for _, chatter := range c.chatters {
		if chatter.open != "" && chatter.since.After(from) && chatter.since.Before(to) {
			n++
		}
	}
	return n
}

// leave closes all connections.
func (c *crowd) leave() {
	for _, session := range c.sessions {
		session.leave()
	}
}

// settled returns an error unless all that anybody sent was acknowledged in the
// end, as it has to be once a server that works was asked again.
func (c *crowd) settled() error {
	for _, chatter := range c.chatters {
		if chatter.open != "" {
			return fmt.Errorf("%s: %q is not acknowledged: %w", chatter.name, chatter.open, errors.Join(chatter.err, chatter.failed))
		}
	}
	return nil
}

func (s *session) leave() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// connect opens the session anew. That it cannot be opened is no error here: the
// server may just have been killed.
func (s *session) connect(ctx context.Context, server *hub.Server) {
	s.leave()
	conn, err := server.Dial(ctx, client.Options{Token: s.token})
	if s.err = err; err == nil {
		s.conn = conn
	}
}

// settle sends what is open again.
func (c *chatter) settle(ctx context.Context) {
	if c.conn != nil && c.open != "" {
		c.send(ctx)
	}
}

// talk sends until stopped is closed or the connection ends.
func (c *chatter) talk(ctx context.Context, stopped <-chan struct{}) {
	if c.conn == nil {
		return
	}
	for c.open == "" {
		select {
		case <-stopped:
			return
		default:
		}
		c.sayNext(ctx)
	}
}

func (c *chatter) sayNext(ctx context.Context) {
	c.said++
	c.open = fmt.Sprintf("%s-%d%s", c.name, c.said, c.tail)
	c.send(ctx)
}

// send sends what is open and waits for the outcome.
func (c *chatter) send(ctx context.Context) {
	c.book.send(c.open)
	c.since = time.Now()
	nonce := strings.TrimSuffix(c.open, c.tail)
	_, c.failed = c.conn.Send(ctx, client.Post{Stream: c.stream, Content: c.open, Nonce: nonce})
	c.book.settle(c.open, c.failed)
	if c.failed == nil {
		c.open = ""
	}
}

// An inspector reads what a server has of a crowd's streams and compares it with
// the books. It remembers the history that it has read, and reads on from there.
type inspector struct {
	server  *hub.Server
	books   map[hubbub.StreamID]*book
	history map[hubbub.StreamID][]api.Entry
	others  int // messages of streams that others talk in
	total   int // of all streams, as the last inspection found
}

func newInspector(c *crowd) *inspector {
	return &inspector{server: c.server, books: c.books, history: map[hubbub.StreamID][]api.Entry{}}
}

// inspect checks acked ⊆ logged ⊆ sent, none twice, and logged = archived =
// counted. Nothing must be sent meanwhile.
func (i *inspector) inspect(ctx context.Context) error {
	if err := i.server.AwaitSettled(ctx); err != nil {
		return err
	}
	total := 0
	for stream, book := range i.books {
		var last hubbub.Position
		if known := i.history[stream]; len(known) > 0 {
			last = known[len(known)-1].Position
		}
		news, err := i.server.History(ctx, stream, last)
		if err != nil {
			return err
		}
		i.history[stream] = append(i.history[stream], news...)
		if err := book.check(i.history[stream]); err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
		logged := len(i.history[stream])
		if err := expectTotal(ctx, i.server, stream, logged); err != nil {
			return err
		}
		total += logged
	}
	metrics, err := i.server.Metrics(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"hubbub_archived_total", "hubbub_analysed_total"} {
		if metrics[name] != float64(total+i.others) {
			return fmt.Errorf("%d are logged, %s is %v", total+i.others, name, metrics[name])
		}
	}
	i.total = total + i.others
	return nil
}

// counted is what the last inspection found.
func (i *inspector) counted() []promise.Count {
	logged, acknowledged, lost, twice := 0, 0, 0, 0
	for stream, book := range i.books {
		contents := map[string]bool{}
		for _, e := range i.history[stream] {
			contents[e.Content] = true
		}
		logged += len(i.history[stream])
		twice += len(i.history[stream]) - len(contents)
		acknowledged += book.count(acked)
		lost += book.missing(contents)
	}
	return []promise.Count{
		{What: "acknowledged", N: acknowledged}, {What: "logged", N: logged}, {What: "lost", N: lost}, {What: "twice", N: twice},
	}
}

// expectTotal waits for an analysis that counts so many: once stored, it is shown
// a moment later.
func expectTotal(ctx context.Context, server *hub.Server, stream hubbub.StreamID, logged int) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return api.Until(ctx, "read the analysis", func() error {
		reading, err := server.Reading(context.WithoutCancel(ctx), stream)
		if err == nil && (reading.TotalCount != logged || reading.InMinutes() != logged) {
			err = fmt.Errorf("stream %s: %d are logged, the analysis counted %d, and %d by minute", stream, logged, reading.TotalCount, reading.InMinutes())
		}
		return err
	})
}

// reread reads the whole history again: what was right once still has to be.
func (i *inspector) reread(ctx context.Context) error {
	i.history = map[hubbub.StreamID][]api.Entry{}
	return i.inspect(ctx)
}

// unlimited are the flags of a server that takes whatever comes.
func unlimited(more ...string) []string {
	return append([]string{"--rooms", "any", "--message-rate", "0", "--connect-rate", "0"}, more...)
}

// startCrowd starts a server and a crowd.
func startCrowd(t testing.TB, ctx context.Context, n int, streams ...hubbub.StreamID) *crowd {
	t.Helper()
	c, err := newCrowd(ctx, hub.Start(t, unlimited()...), n, streams...)
	must(t, err)
	t.Cleanup(c.leave)
	return c
}
