package session

import (
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// pingAfter is when a client that wants no heart-beats is sent a WebSocket ping,
// so that a connection that is dead at the other end is found out.
const pingAfter = 25 * time.Second

// Look does what time demands: it sends a heart-beat when nothing else was sent,
// and ends a session that missed its own, did not CONNECT, or is over age. To be
// called about once a second, by one goroutine. It does not block.
func (s *Session) Look(now time.Time) {
	if s.over.Load() {
		return
	}
	age := now.Sub(s.began)
	switch {
	case s.protocol() == 0 && age > connectWithin:
		s.Fail(hubbub.Refuse(hubbub.CodeConnectTimeout, "no CONNECT within %v", connectWithin), "")
		return
	case s.options.Max > 0 && age > s.options.Max:
		s.Fail(hubbub.Refuse(hubbub.CodeSessionExpired, "the session lasted %v, the most it may; connect again", s.options.Max), "")
		return
	}
	if within := time.Duration(s.beatWithin.Load()); within > 0 {
		if quiet := now.Sub(time.UnixMilli(s.heard.Load())); quiet > within { // negative while at work
			s.Fail(hubbub.Refuse(hubbub.CodeHeartBeatMissed, "nothing came for %v, and heart-beats were agreed on", quiet.Round(time.Second)), "")
			return
		}
	}
	s.beat(now)
}

// beat sends what keeps the connection alive, unless something waits to be sent.
func (s *Session) beat(now time.Time) {
	idle := s.out.Idle(now)
	switch every := time.Duration(s.beatEvery.Load()); {
	case s.protocol() == 0 || s.Behind():
	case every == 0 && idle >= pingAfter:
		s.out.Offer(transport.AppendPing(nil))
	case every > 0 && idle >= max(every-beatEarly, every/2):
		s.out.Offer(transport.AppendHeartBeat(s.transport, nil))
	}
}
