package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

// watch makes people viewers of a stream, one connection each, and waits until
// they count.
func (s *site) watch(stream hubbub.StreamID, viewers ...string) {
	s.t.Helper()
	before := s.connections(stream)
	for i, viewer := range viewers {
		s.tracker.Join(stream, viewer, fmt.Sprint(viewer, "-", i))
	}
	for began := time.Now(); s.connections(stream) != before+len(viewers); time.Sleep(time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			s.t.Fatalf("%q do not count", viewers)
		}
	}
}

func (s *site) connections(stream hubbub.StreamID) int {
	s.t.Helper()
	_, connections, err := s.tracker.Count(s.t.Context(), stream)
	s.must(err)
	return connections
}

// An event as a reader gets it.
type event struct {
	name, data string
}

// follow opens an event stream, until the test is over or close is called.
func (s *site) follow(query string) (events <-chan event, closeStream func()) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/streams/subscribe"+query, nil)
	s.must(err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("%s %v", res.Status, res.Header)
	}
	out := make(chan event, 1000)
	go func() {
		defer close(out)
		defer res.Body.Close()
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				out <- e
				e = event{}
			}
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		for range out { // until it has ended
		}
	})
	return out, cancel
}

func (s *site) next(events <-chan event) event {
	s.t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			s.t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(30 * time.Second):
		s.t.Fatal("no event came")
	}
	panic("unreachable")
}

func count(id string, users int) string {
	return fmt.Sprintf(`{"streamId":%q,"userCount":%d}`, id, users)
}

func TestEvents(t *testing.T) {
	t.Parallel() // with others that mostly wait
	s := newSite(t, nil)
	s.watch("1", "mina")
	events, _ := s.follow("?ids=1,over,1")
	for i, want := range []event{{name: "connect", data: "connected"}, {name: "userCountUpdate", data: count("1", 1)}, {name: "userCountUpdate", data: count("over", 0)}} {
		if got := s.next(events); got.name != want.name || got.data != want.data {
			t.Fatalf("event %d is %+v, want %+v", i, got, want)
		}
	}
	s.watch("1", "jun")
	if got := s.next(events); got.name != "userCountUpdate" || got.data != count("1", 2) {
		t.Errorf("after somebody came: %+v", got)
	}
	s.tracker.Leave("1", "jun", "jun-0")
	if got := s.next(events); got.data != count("1", 1) {
		t.Errorf("after they left: %+v", got)
	}
}

// TestEventsAtMostOneASecond: however much comes and goes.
func TestEventsAtMostOneASecond(t *testing.T) {
	t.Parallel() // with others that mostly wait
	s := newSite(t, nil)
	began := time.Now()
	events, _ := s.follow("?ids=1&ids=over")
	for range 3 {
		s.next(events)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				s.tracker.Join("1", fmt.Sprint("viewer-", i), fmt.Sprint("c-", i))
			}
		}
	}()
	s.next(events)
	s.next(events)
	// Began before the first count was sent, and read after the third was: whatever
	// else is slow, that is two seconds.
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("three counts within %v", took)
	}
	close(stop)
	<-stopped
}

func TestEventsEndWithTheServer(t *testing.T) {
	s := newSite(t, nil)
	events, _ := s.follow("?ids=1")
	s.next(events)
	close(s.closing)
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it goes on")
		}
	}
}

func TestEventsAreBounded(t *testing.T) {
	s := newSite(t, nil)
	full := &api{live: make(chan struct{})}
	_, err := full.subscribe(t.Context(), &call{request: &http.Request{}}, &eventsInput{IDs: []string{"1"}})
	if e := hubbub.AsError(err); e == nil || e.Code != hubbub.CodeOverloaded || e.RetryAfter <= 0 {
		t.Errorf("one too many: %v", err)
	}
	many := strings.TrimSuffix(strings.Repeat("1,", maxWatched+1), ",")
	for why, query := range map[string]string{
		"no ids": "", "empty": "?ids=", "too many": "?ids=" + many, "no id": "?ids=1,a%20b", "a gap": "?ids=1,,2", "a path": "?ids=enter",
	} {
		s.wantRefused(why, hubbub.CodeBadRequest, request{path: "/api/v1/streams/subscribe" + query})
	}
}

// TestEventsByHead: the answer has ended where its head has, and the connection
// is good for the next request.
func TestEventsByHead(t *testing.T) {
	s := newSite(t, nil)
	for range 3 {
		if a := s.do(request{method: http.MethodHead, path: "/api/v1/streams/subscribe?ids=1"}); a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s %v", a.Status, a.Header)
		}
		get[StreamList](s, request{path: "/api/v1/streams"})
	}
}
