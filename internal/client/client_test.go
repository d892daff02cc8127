package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A peer is the server's end of one session, played by a test.
type peer struct {
	t      *testing.T
	conn   net.Conn
	sockjs bool
	frames chan map[string]string // headers, with the command and the body among them
}

func (p *peer) send(command, body string, headers ...string) {
	p.raw(string(stomp.AppendFrame(nil, stomp.V12, command, []byte(body), headers...)))
}

func (p *peer) raw(text string) {
	if p.sockjs {
		quoted, err := json.Marshal([]string{text})
		if err != nil {
			p.t.Error(err)
		}
		text = "a" + string(quoted)
	}
	if err := wsutil.WriteServerText(p.conn, []byte(text)); err != nil {
		p.t.Log("the peer could not write:", err)
	}
}

func (p *peer) close(code ws.StatusCode, reason string) {
	wsutil.WriteServerMessage(p.conn, ws.OpClose, ws.NewCloseFrameBody(code, reason))
	p.conn.Close()
}

// next is the next frame of the client; its headers with "command" and "body".
func (p *peer) next(command string) map[string]string {
	select {
	case frame := <-p.frames:
		if frame["command"] != command {
			p.t.Errorf("the client sent %v, want %s", frame, command)
		}
		return frame
	case <-time.After(10 * time.Second):
		p.t.Errorf("no %s came", command)
		return nil
	}
}

// welcome answers CONNECT and the subscription to notices.
func (p *peer) welcome(heartBeat string) map[string]string {
	connect := p.next(stomp.Connect)
	p.send(stomp.Connected, "", "version", "1.2", "heart-beat", heartBeat)
	subscribe := p.next(stomp.Subscribe)
	p.send(stomp.Receipt, "", "receipt-id", subscribe["receipt"])
	return connect
}

func (p *peer) read() {
	defer close(p.frames)
	var decoder stomp.Decoder
	for {
		text, err := wsutil.ReadClientText(p.conn)
		if err != nil {
			return
		}
		if p.sockjs {
			var parts []string
			if err := json.Unmarshal(text, &parts); err != nil {
				p.t.Error(err)
			}
			text = []byte(strings.Join(parts, ""))
		}
		err = decoder.Feed(text, func(f stomp.Frame) error {
			frame := headersOf(f)
			frame["command"], frame["body"] = f.Command, string(f.Body)
			p.frames <- frame
			if f.Command == stomp.Connect {
				decoder.SetVersion(stomp.V12)
			}
			return nil
		})
		if err != nil {
			p.t.Error(err)
			return
		}
	}
}

// serve starts a server whose sessions are played by script, and returns its
// address without a scheme.
func serve(t *testing.T, script func(*peer)) string {
	mux := http.NewServeMux()
	session := func(sockjs bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, _, err := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "v12.stomp" }}.Upgrade(r, w)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			p := &peer{t: t, conn: conn, sockjs: sockjs, frames: make(chan map[string]string, 100)}
			if sockjs {
				wsutil.WriteServerText(conn, []byte("o"))
			}
			go p.read()
			script(p)
			conn.Close()
			for range p.frames { // until its reader is gone
			}
		}
	}
	mux.HandleFunc("/ws", session(false))
	mux.HandleFunc("/ws/info", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"websocket":true}`) })
	mux.HandleFunc("/ws/{server}/{session}/websocket", session(true))
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"code":"overloaded"}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, o Options) *Conn {
	t.Helper()
	c, err := Dial(limited(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSessionOverBothTransports(t *testing.T) {
	for _, scheme := range []string{"ws", "http"} {
		t.Run(scheme, func(t *testing.T) {
			address := serve(t, func(p *peer) {
				connect := p.welcome("20000,20000")
				if connect["Authorization"] != "Bearer abc" || connect["viewer"] != "v1" || connect["presence"] != "none" {
					t.Errorf("CONNECT was %v", connect)
				}
				sub := p.next(stomp.Subscribe)
				if sub["last-position"] != "1.41" || sub["destination"] != "/topic/stream/7/message" {
					t.Errorf("SUBSCRIBE was %v", sub)
				}
				p.send(stomp.Receipt, "", "receipt-id", sub["receipt"], "position", "1.44")
				p.raw(string(stomp.AppendMessage(
					stomp.AppendMessage(nil, stomp.V12, &stomp.Envelope{Subscription: sub["id"], Replay: true},
						&stomp.Message{ID: "a", Position: hubbub.Position{Epoch: 1, N: 42}, Body: []byte(`{"content":"안녕"}`)}),
					stomp.V12, &stomp.Envelope{Subscription: sub["id"], Skipped: 3, GapFrom: hubbub.Position{Epoch: 1, N: 42}, GapTo: hubbub.Position{Epoch: 1, N: 50}},
					&stomp.Message{ID: "b", Position: hubbub.Position{Epoch: 1, N: 51}, Prev: hubbub.Position{Epoch: 1, N: 50}, Body: []byte(`{}`)})))
				p.send(stomp.Receipt, "", "receipt-id", p.next(stomp.Disconnect)["receipt"])
			})
			c := dial(t, Options{URL: scheme + "://" + address + "/ws", Token: "abc", Viewer: "v1", Uncounted: true})
			s, err := c.Subscribe(limited(t), Topic{Destination: MessagesOf("7", hubbub.MessageChannel), Resume: hubbub.Position{Epoch: 1, N: 41}})
			if err != nil {
				t.Fatal(err)
			}
			if s.Position.String() != "1.44" {
				t.Errorf("the subscription starts at %s", s.Position)
			}
			first, err := s.Next(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			if chat, err := first.Chat(); err != nil || chat.Content != "안녕" || !first.Replay {
				t.Errorf("first message %+v, %v", first, err)
			}
			second, err := s.Next(limited(t))
			if err != nil {
				t.Fatal(err)
			}
			if second.Skipped != 3 || second.Gap != "1.42..1.50" || second.Position.N != 51 || second.Prev.N != 50 {
				t.Errorf("second message %+v", second)
			}
			if err := c.Disconnect(limited(t)); err != nil {
				t.Error(err)
			}
			if _, err := s.Next(limited(t)); !errors.Is(err, ErrClosed) {
				t.Errorf("Next after Disconnect: %v", err)
			}
		})
	}
}

func TestOutcomesOfSend(t *testing.T) {
	tests := []struct {
		name   string
		answer func(p *peer, send map[string]string)
		want   hubbub.Code // "": durable
	}{
		{"receipt: durable", func(p *peer, send map[string]string) {
			p.send(stomp.Receipt, "", "receipt-id", send["receipt"], "nonce", send["nonce"])
		}, ""},
		{"notice: refused, and the session lives", func(p *peer, send map[string]string) {
			p.send(stomp.MessageFrame, `{"code":"rate_limited","retryAfterMs":200,"receipt":"`+send["receipt"]+`"}`,
				"subscription", "s1", "message-id", "n", "destination", notices)
		}, hubbub.CodeRateLimited},
		{"notice: the server does not know", func(p *peer, send map[string]string) {
			p.send(stomp.MessageFrame, `{"code":"outcome_unknown","receipt":"`+send["receipt"]+`"}`,
				"subscription", "s1", "message-id", "n", "destination", notices)
		}, hubbub.CodeOutcomeUnknown},
		{"ERROR for this frame: refused", func(p *peer, send map[string]string) {
			p.send(stomp.Error, "", "code", "content_empty", "message", "say something", "receipt-id", send["receipt"])
		}, hubbub.CodeContentEmpty},
		{"ERROR for another reason: unknown, not refused", func(p *peer, _ map[string]string) {
			p.send(stomp.Error, "", "code", "shutdown", "message", "come back")
			p.close(4001, "shutdown")
		}, hubbub.CodeOutcomeUnknown},
		{"cut: unknown", func(p *peer, _ map[string]string) { p.conn.Close() }, hubbub.CodeOutcomeUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, func(p *peer) {
				p.welcome("0,0")
				send := p.next(stomp.Send)
				if send["destination"] != "/publish/1" || send["body"] != `{"content":"hi \"you\""}` || send["nonce"] != "n1" {
					t.Errorf("SEND was %v", send)
				}
				test.answer(p, send)
				for range p.frames {
				}
			})
			c := dial(t, Options{URL: "ws://" + address + "/ws"})
			_, err := c.Send(limited(t), Post{Stream: "1", Content: `hi "you"`, Nonce: "n1"})
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var refused *hubbub.Error
			if !errors.As(err, &refused) || refused.Code != test.want {
				t.Fatalf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestServerEndsTheSession(t *testing.T) {
	address := serve(t, func(p *peer) {
		p.next(stomp.Connect)
		p.send(stomp.Error, "", "code", "token_expired", "message", "sign in again", "retry-after-ms", "1500")
		p.close(4501, "token_expired")
	})
	_, err := Dial(limited(t), Options{URL: "ws://" + address + "/ws"})
	if refused := hubbub.AsError(err); refused.Code != hubbub.CodeTokenExpired || refused.RetryAfter != 1500*time.Millisecond {
		t.Errorf("Dial: %v", err)
	}

	address = serve(t, func(p *peer) {
		p.welcome("0,0")
		p.close(4503, "banned")
	})
	c := dial(t, Options{URL: "ws://" + address + "/ws"})
	<-c.Done()
	var gone *CloseError
	if !errors.As(c.Err(), &gone) || gone.Code != 4503 || gone.Reconnect() {
		t.Errorf("Err: %v", c.Err())
	}
}

func TestUpgradeRefused(t *testing.T) {
	address := serve(t, nil)
	_, err := Dial(limited(t), Options{URL: "ws://" + address + "/busy"})
	var refused *StatusError
	if !errors.As(err, &refused) || refused.Status != 503 || refused.RetryAfter != 3*time.Second || refused.Code != hubbub.CodeOverloaded {
		t.Errorf("Dial: %v", err)
	}
}

func TestHeartBeats(t *testing.T) {
	beats := make(chan struct{})
	address := serve(t, func(p *peer) {
		p.next(stomp.Connect)
		p.send(stomp.Connected, "", "version", "1.2", "heart-beat", "50,50") // and then silence
		for range p.frames {
		}
		close(beats)
	})
	c := dial(t, Options{URL: "ws://" + address + "/ws", HeartBeat: 50 * time.Millisecond, Silent: true})
	<-c.Done()
	var timeout net.Error
	if !errors.As(c.Err(), &timeout) || !timeout.Timeout() {
		t.Errorf("a silent server: %v", c.Err())
	}
	<-beats
}

func TestFullBacklogStopsReading(t *testing.T) {
	address := serve(t, func(p *peer) {
		p.welcome("0,0")
		sub := p.next(stomp.Subscribe)
		p.send(stomp.Receipt, "", "receipt-id", sub["receipt"])
		for range 5 {
			p.send(stomp.MessageFrame, `{}`, "subscription", sub["id"], "message-id", "m", "destination", sub["destination"])
		}
		p.send(stomp.Receipt, "", "receipt-id", p.next(stomp.Send)["receipt"])
		for range p.frames {
		}
	})
	c := dial(t, Options{URL: "ws://" + address + "/ws", Backlog: 2})
	s, err := c.Subscribe(limited(t), Topic{Destination: "/topic/stream/1/message"})
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Send(short, Post{Stream: "1"}); hubbub.AsError(err).Code != hubbub.CodeOutcomeUnknown {
		t.Errorf("a receipt behind a full backlog: %v", err)
	}
	for range 5 {
		if _, err := s.Next(limited(t)); err != nil {
			t.Fatal(err)
		}
	}
}
