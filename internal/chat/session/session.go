// Package session is one viewer's connection: it reads frames, checks who is
// speaking and what is asked for, and hands SENDs to send and SUBSCRIBEs to
// rooms. One goroutine reads; whatever is written goes through the outbox, from
// any goroutine, and never waits.
//
// # The end of a session
//
// Whatever ends a session says why: an ERROR frame with a code, then a close
// frame with the number of that code, then the end of the write side. The
// connection is read for a moment longer, so that the peer gets to see all
// of it, and closed.
package session

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/outbox"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Times of a session.
const (
	connectWithin = 10 * time.Second // from the connection to CONNECT
	linger        = 2 * time.Second  // how long the peer may take to read the end
	beat          = 20 * time.Second // heart-beats, both ways
	beatEarly     = 2 * time.Second  // they are looked after once a second
	beatsMissed   = 3                // timers of background tabs stall
)

// maxInFlight is how many SENDs of a session may wait for the log; further ones
// are not read until there is room.
const maxInFlight = 64

// Presence is told who watches what; *presence.Tracker is one.
type Presence interface {
	Join(stream hubbub.StreamID, viewer, conn string)
	Leave(stream hubbub.StreamID, viewer, conn string)
}

// Options are what all sessions of a server share. Only the limits may be zero.
type Options struct {
	Hub      *room.Hub
	Sender   *send.Sender
	Presence Presence
	Verify   func(raw string) (token.Identity, error)
	// MayRead returns nil if who may subscribe to a stream, else why not; the
	// stream is looked up, which may block for a moment.
	MayRead func(ctx context.Context, who token.Identity, stream hubbub.StreamID) error
	Logger  *slog.Logger

	Anonymous     bool          // viewers without a token are let in
	Max           time.Duration // how long a session may last; 0: for ever
	FrameSize     int           // octets of a STOMP frame; 0: stomp.DefaultMaxFrame
	Subscriptions int           // of a session; 0: no limit
	Outbox        outbox.Options
}

// atWork is heard while nobody listens, so that nothing can be missed.
const atWork = math.MaxInt64

// A Session is one connection.
type Session struct {
	options   *Options
	conn      net.Conn
	reader    *transport.Reader
	out       *outbox.Outbox
	transport transport.Transport
	id        string
	began     time.Time
	ctx       context.Context // ends with the session
	cancel    context.CancelFunc

	// The reading goroutine's.
	decoder stomp.Decoder
	array   []byte // of a SockJS message that is not complete
	subs    map[string]*subscription
	viewer  string // identity in presence; "": not counted

	inFlight   places                         // a place per SEND that waits for the log
	version    atomic.Uint32                  // a stomp.Version; 0: not connected
	who        atomic.Pointer[token.Identity] // once connected
	beatEvery  atomic.Int64                   // ns between ours; 0: WebSocket pings instead
	beatWithin atomic.Int64                   // ns until the client's is missed; 0: never
	heard      atomic.Int64                   // unix ms since when nothing more was read; atWork: what was read is being done
	notices    atomic.Pointer[string]         // subscription id of the notices
	noticed    atomic.Uint64                  // numbers notices

	end   sync.Mutex
	ended hubbub.Code // why; "" while it goes on or was left by the client
	over  atomic.Bool
}

// New makes the session of a connection; Run runs it. id is unique among all servers.
func New(options *Options, conn net.Conn, reader *transport.Reader, t transport.Transport, id string) *Session {
	now := time.Now()
	s := &Session{
		options: options, conn: conn, reader: reader, transport: t, id: id, began: now,
		out:      outbox.New(conn, options.Outbox),
		decoder:  stomp.Decoder{MaxFrame: options.FrameSize},
		subs:     map[string]*subscription{},
		inFlight: places{most: maxInFlight},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.heard.Store(now.UnixMilli())
	return s
}

// Run reads until the connection ends, and returns once everything of the
// session has, with the code that ended it, or "" if the client left. ctx ends
// what the session waits for; to end the session, Close it.
func (s *Session) Run(ctx context.Context) hubbub.Code {
	release := context.AfterFunc(ctx, s.cancel)
	defer release()
	defer s.leave()
	if s.transport == transport.SockJS {
		s.out.Send(transport.AppendText(nil, sockjs.Open))
	}
	err := s.read()
	var refusal *hubbub.Error
	if errors.As(err, &refusal) {
		s.Fail(refusal, "")
	}
	if s.over.Load() {
		// Closing with octets unread would reset the connection, and the peer might
		// not see the end. finish has set how long this may take.
		_, _ = io.Copy(io.Discard, s.conn)
	}
	return s.reason(err)
}

// read does what the client says until the session is over.
func (s *Session) read() error {
	for {
		s.heard.Store(time.Now().UnixMilli())
		piece, err := s.reader.Next()
		if err != nil {
			return err
		}
		s.heard.Store(atWork) // a long replay, say; what the client sends meanwhile is read after it
		if s.over.Load() {
			return errOver
		}
		if err := s.take(piece); err != nil {
			return err
		}
	}
}

// leave frees what the session has.
func (s *Session) leave() {
	s.over.Store(true)
	s.cancel()
	for id := range s.subs {
		s.unsubscribe(id)
	}
	s.out.Close()
}

// reason returns why reading ended with err.
func (s *Session) reason(err error) hubbub.Code {
	s.end.Lock()
	defer s.end.Unlock()
	switch {
	case s.ended != "" || s.over.Load():
		return s.ended
	case s.out.Stalled():
		return hubbub.CodeSlowConsumer
	case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed):
		s.options.Logger.Debug("a connection broke", "connection", s.id, "error", err)
	}
	return ""
}

// Who returns whose session it is: the zero Identity while anonymous.
func (s *Session) Who() token.Identity {
	if who := s.who.Load(); who != nil {
		return *who
	}
	return token.Identity{}
}

// Fail ends the session with an ERROR, which names the receipt that was asked
// for, if any. It does not block; the first call counts.
func (s *Session) Fail(why *hubbub.Error, receipt string) {
	s.finish(why.Code, s.errorFrame(why, receipt), closeNumber(why.Code), string(why.Code))
}

// finish writes the last frames and ends the write side. code is "" if the
// client left.
func (s *Session) finish(code hubbub.Code, frame []byte, number int, reason string) {
	s.end.Lock()
	defer s.end.Unlock()
	if s.over.Load() {
		return
	}
	s.ended = code
	s.over.Store(true)
	s.cancel()
	var last []byte
	if frame != nil {
		last = transport.AppendMessage(s.transport, nil, frame)
	}
	s.out.Finish(transport.AppendClose(s.transport, last, number, reason))
	// A connection that is closed already needs no deadline.
	_ = s.conn.SetReadDeadline(time.Now().Add(linger))
}

// Close ends the session for a reason of the server's, once the SENDs that wait
// for the log are answered. It blocks for that, for at most about 10 s.
func (s *Session) Close(why *hubbub.Error) {
	s.inFlight.settle(s.ctx)
	s.Fail(why, "")
}

// Cut ends the connection without a word, and whatever the session waits for.
func (s *Session) Cut() {
	s.cancel()
	_ = s.conn.Close() // it is of no use any more
}

// Offer is room.Viewer's.
func (s *Session) Offer(b []byte) bool { return s.out.Offer(b) }

// Send is room.Viewer's.
func (s *Session) Send(b []byte) { s.out.Send(b) }

// Behind is room.Viewer's.
func (s *Session) Behind() bool { return s.out.Waiting() > 0 }

// protocol returns the version that was agreed on.
func (s *Session) protocol() stomp.Version { return stomp.Version(s.version.Load()) }

// write sends a frame that must not be skipped.
func (s *Session) write(frame []byte) {
	s.out.Send(transport.AppendMessage(s.transport, nil, frame))
}
