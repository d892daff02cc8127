package chat

import (
	"io"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/session"
	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// Handler serves base and what SockJS has below it: a WebSocket at base itself
// and at base/websocket, SockJS' framed one at base/{server}/{session}/websocket,
// and base/info.
func (s *Server) Handler(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint := sockjs.Parse(strings.TrimPrefix(r.URL.Path, base))
		switch {
		case endpoint == sockjs.Info:
			s.info(w, r)
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			s.options.Refuse(w, hubbub.Refuse(hubbub.CodeUnsupported, "the chat is opened by GET"))
		case endpoint == sockjs.WebSocket && transport.Upgrading(r):
			s.connect(w, r, transport.SockJS)
		case (endpoint == sockjs.Raw || endpoint == sockjs.Greeting) && transport.Upgrading(r):
			s.connect(w, r, transport.Plain)
		case endpoint == sockjs.Greeting:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, sockjs.GreetingText) // the client may be gone
		case endpoint == sockjs.Unknown:
			s.options.Refuse(w, hubbub.Refuse(hubbub.CodeNotFound, "SockJS has its WebSocket transport here, no other"))
		default:
			s.options.Refuse(w, hubbub.Refuse(hubbub.CodeBadRequest, "a WebSocket handshake belongs here: Upgrade: websocket"))
		}
	})
}

// info answers what SockJS clients ask first, also from pages elsewhere; they ask
// with credentials, for which a browser wants the origin by name.
func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if from := r.Header.Get("Origin"); from != "" {
		if !s.options.Origins.Allowed(r) {
			s.options.Refuse(w, hubbub.Refuse(hubbub.CodeOriginRefused, "pages of this origin are not let in; --origins or --public-url would name it"))
			return
		}
		h.Set("Access-Control-Allow-Origin", from)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(sockjs.AppendInfo(nil, rand.Uint32())) // the client may be gone
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "OPTIONS, GET")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", "OPTIONS, GET")
		s.options.Refuse(w, hubbub.Refuse(hubbub.CodeUnsupported, "info is read by GET"))
	}
}

// connect makes a session of a request. The session has a goroutine of its own,
// so that what the HTTP server keeps per request is freed.
func (s *Server) connect(w http.ResponseWriter, r *http.Request, t transport.Transport) {
	leave, err := s.gate.enter(r)
	if err == nil && s.stopped() {
		leave()
		err = stopping()
	}
	if err != nil {
		s.count.refused(err)
		s.options.Refuse(w, err)
		return
	}
	conn, reader, err := transport.Upgrade(w, r)
	if err != nil { // answered
		leave()
		s.count.refused(hubbub.Refuse(hubbub.CodeBadRequest, "a handshake that is none"))
		s.options.Logger.Debug("a WebSocket handshake failed", "error", err)
		return
	}
	one := session.New(&s.options.Session, conn, reader, t, s.id())
	if !s.add(one) {
		leave()
		one.Fail(stopping(), "")
		one.Cut()
		return
	}
	s.count.connects.Inc()
	go s.run(one, leave)
}
