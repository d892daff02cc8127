package obs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"testing/synctest"
)

func pass(context.Context) error { return nil }

func TestReady(t *testing.T) {
	fail := func(context.Context) error { return errors.New("the disk is full") }
	for _, tt := range []struct {
		name   string
		checks map[string]Check
		drain  bool
		status int
		want   Readiness
	}{
		{"nothing to check", nil, false, 200, Readiness{Ready: true, Checks: map[string]string{}}},
		{"all pass", map[string]Check{"log": pass, "archive": pass}, false, 200,
			Readiness{Ready: true, Checks: map[string]string{"log": "ok", "archive": "ok"}}},
		{"one fails", map[string]Check{"log": fail, "archive": pass}, false, 503,
			Readiness{Checks: map[string]string{"log": "the disk is full", "archive": "ok"}}},
		{"one panics", map[string]Check{"log": func(context.Context) error { panic("on purpose") }}, false, 503,
			Readiness{Checks: map[string]string{"log": "the check panicked: on purpose"}}},
		{"draining, though all pass", map[string]Check{"log": pass}, true, 503,
			Readiness{Draining: true, Checks: map[string]string{"log": "ok"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var h Health
			for name, check := range tt.checks {
				h.Add(name, check)
			}
			if tt.drain {
				h.Drain()
			}
			w := httptest.NewRecorder()
			h.ServeReady(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			var got Readiness
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("status %d, %+v; want %d, %+v", w.Code, got, tt.status, tt.want)
			}
		})
	}
}

func TestReadyDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Health
		done := make(chan struct{})
		h.Add("stuck", func(context.Context) error { <-done; return nil }) // ignores its context
		h.Add("log", pass)
		want := Readiness{Checks: map[string]string{"log": "ok", "stuck": "no answer in time"}}
		if got := h.Ready(t.Context()); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		close(done)
	})
}

func TestLiveWhileNotReady(t *testing.T) {
	var h Health
	h.Add("log", func(context.Context) error { return errors.New("down") })
	h.Drain()
	w := httptest.NewRecorder()
	h.ServeLive(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != 200 {
		t.Errorf("status %d: a restart would not help", w.Code)
	}
}
