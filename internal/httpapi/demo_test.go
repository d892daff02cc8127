package httpapi

import (
	"errors"
	"net/http"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// aDemo is a Demo whose chatters are only said to write.
type aDemo struct {
	running bool
	err     error
}

func (d *aDemo) Stream() hubbub.StreamID { return "demo" }
func (d *aDemo) Running() bool           { return d.running }
func (d *aDemo) SetRunning(run bool) error {
	if d.err == nil {
		d.running = run
	}
	return d.err
}

func TestDemo(t *testing.T) {
	d := &aDemo{running: true}
	s := newSite(t, func(o *Options) { o.Demo = d; proxied(o) })
	s.create(streams.Draft{ID: "demo", Title: "Demo", Demo: true})
	const path = "/api/v1/streams/demo/demo"
	stranger := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	proxy := http.Header{"X-Forwarded-For": {"127.0.0.1"}}
	stop, start := `{"running":false}`, `{"running":true}`
	for _, row := range []struct {
		why string
		request
		may bool
	}{
		{"somebody on this machine", request{}, true},
		{"a guest on this machine", request{token: s.token("g", "guest")}, true},
		{"a stranger", request{header: stranger}, false},
		{"a stranger who says to be local, through a proxy", request{header: proxy}, false},
		{"a user from elsewhere", request{header: stranger, token: s.token("u")}, false},
		{"one who pretends to own it", request{header: stranger, token: s.token("u", "owner")}, false},
		{"an admin from elsewhere", request{header: stranger, token: s.token("a", "admin")}, true},
	} {
		t.Run(row.why, func(t *testing.T) {
			row.path = path
			if state := get[DemoState](s, row.request); !state.Running || state.MayChange != row.may {
				t.Errorf("%+v", state)
			}
			row.body = stop
			if !row.may {
				code := hubbub.CodeForbidden
				if row.token == "" {
					code = hubbub.CodeTokenRequired
				}
				s.wantRefused(row.why, code, row.request)
				return
			}
			if state := get[DemoState](s, row.request); state.Running || d.running {
				t.Errorf("stopped: %+v", state)
			}
			row.body = start
			if state := get[DemoState](s, row.request); !state.Running || !d.running {
				t.Errorf("started: %+v", state)
			}
		})
	}
	s.wantRefused("another stream", hubbub.CodeNotFound, request{path: "/api/v1/streams/1/demo", body: stop})
	s.wantRefused("no stream", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7/demo"})
	s.wantRefused("a bad token", hubbub.CodeTokenInvalid, request{path: path, token: "x"})
	s.wantRefused("no body", hubbub.CodeBodyInvalid, request{path: path, method: "POST"})
	s.wantRefused("half a body", hubbub.CodeBodyInvalid, request{path: path, body: `{}`})
	s.wantRefused("another site's page", hubbub.CodeOriginRefused, request{path: path, body: stop, header: http.Header{"Origin": {"https://evil.example"}}})
	d.err = errors.New("the disk is full")
	s.wantRefused("a disk that is full", hubbub.CodeUnavailable, request{path: path, body: stop})
	if !d.running {
		t.Error("it was stopped")
	}
}
