// Package chat is the chat server: it takes connections in over WebSocket and
// SockJS, runs a session on each, and ends them when it is time. What a session
// says and hears is in the packages below: codecs in stomp and sockjs, their
// bytes on a socket in transport and outbox, the conversation in session, the
// way of a message in in send, and out, the fan-out, in room.
package chat

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/session"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/origin"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Options of a Server. All are required but the limits and Metrics.
type Options struct {
	Session session.Options // of all sessions
	Origins *origin.Policy
	Clients *clientaddr.Resolver
	// Refuse answers a request that gets no session.
	Refuse func(http.ResponseWriter, error)

	PerAddress  int // connections of an address (IPv6: /64); 0: no limit
	ConnectRate int // new connections a second, of all; 0: no limit

	// Farewell is over how long Shutdown tells its clients to connect again, where others
	// take them in, who would have to take in all at once; 0: all at once.
	Farewell time.Duration

	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is measured
}

// A Server has the sessions of this process. All methods may be called
// concurrently.
type Server struct {
	options Options
	gate    *gate
	count   counters
	name    string // before the ids of connections: no other server has it
	ids     atomic.Uint64
	ctx     context.Context // of the sessions; ends after Shutdown
	stop    context.CancelFunc
	work    sync.WaitGroup // a goroutine per session

	mu       sync.Mutex
	sessions map[*session.Session]struct{}
	closing  bool
}

// New returns a server without connections. Run must be called for it to look
// after its sessions, and Shutdown to end them.
func New(o Options) *Server {
	s := &Server{options: o, name: rand.Text()[:8] + "-", gate: newGate(o), sessions: map[*session.Session]struct{}{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.measure(o.Metrics)
	return s
}

// Run looks after the sessions once a second until ctx ends. It returns nil.
func (s *Server) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			for _, one := range s.all() {
				one.Look(now)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// End ends all sessions of a user here, who was banned or the like. It does not
// block. Nobody, the user of anonymous sessions, has none.
func (s *Server) End(user hubbub.UserID, why *hubbub.Error) {
	s.EndWhere(func(who token.Identity) *hubbub.Error {
		if who.User != user {
			return nil
		}
		return why
	})
}

// EndWhere ends all sessions here that why has a reason to end. It asks of every
// session that somebody signed in to, and does not block.
func (s *Server) EndWhere(why func(token.Identity) *hubbub.Error) {
	for _, one := range s.all() {
		who := one.Who()
		if who.User == "" {
			continue
		}
		if reason := why(who); reason != nil {
			one.Fail(reason, "")
		}
	}
}

// Shutdown takes no more connections, tells one client after the other to connect again
// elsewhere, with the SENDs under way answered, and waits until all sessions have ended;
// until it is told each goes on. When ctx ends first, what is left is cut off.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.sayGoodbye(ctx)
		s.work.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		for _, one := range s.all() {
			one.Cut()
		}
		<-ended
	}
	s.stop()
}

// goodbyesEvery is how often some more are told to connect again.
const goodbyesEvery = 20 * time.Millisecond

// sayGoodbye tells all to connect again, spread over Farewell or, once ctx has ended, at
// once.
func (s *Server) sayGoodbye(ctx context.Context) {
	var ending errgroup.Group
	ending.SetLimit(64)
	all := s.all()
	atOnce := len(all)
	if s.options.Farewell > 0 {
		atOnce = 1 + int(time.Duration(len(all))*goodbyesEvery/s.options.Farewell)
	}
	for some := range slices.Chunk(all, max(1, atOnce)) {
		for _, one := range some {
			ending.Go(func() error {
				one.Close(stopping())
				return nil
			})
		}
		if s.options.Farewell > 0 {
			select {
			case <-time.After(goodbyesEvery):
			case <-ctx.Done():
			}
		}
	}
	_ = ending.Wait() // they return nil
}

func stopping() *hubbub.Error {
	return hubbub.Refuse(hubbub.CodeShutdown, "this server is stopping, connect again")
}

func (s *Server) all() []*session.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session.Session, 0, len(s.sessions))
	for one := range s.sessions {
		all = append(all, one)
	}
	return all
}

func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// add registers a session, unless the server is closing.
func (s *Server) add(one *session.Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.sessions[one] = struct{}{}
	s.work.Add(1)
	return true
}

func (s *Server) remove(one *session.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, one)
}

// run runs a session to its end.
func (s *Server) run(one *session.Session, leave func()) {
	defer s.work.Done()
	defer leave()
	defer s.remove(one)
	defer func() {
		if p := recover(); p != nil { // one viewer's bad luck, not everybody's
			s.options.Logger.Error("a session panicked", "panic", p)
			one.Cut()
		}
	}()
	s.count.ended(one.Run(s.ctx))
}

// id names the next connection, uniquely among all servers: who has no other name is
// counted by it.
func (s *Server) id() string { return s.name + strconv.FormatUint(s.ids.Add(1), 36) }
