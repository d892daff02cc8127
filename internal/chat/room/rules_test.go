package room

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
)

// load loads the world's room.
func (w *world) load() *Room {
	w.t.Helper()
	r, err := w.hub.Room(context.Background(), w.stream)
	if err != nil {
		w.t.Fatalf("load: %v", err)
	}
	return r
}

func banned(r *Room, user hubbub.UserID) bool {
	err := r.May(moderation.Speaker{User: user})
	return err != nil && hubbub.AsError(err).Code == hubbub.CodeBanned
}

// Bans hold in a room that is loaded, however many control records there are and
// wherever among the messages they stand, also where the log has begun another life
// and only the archive has them.
func TestBansAreLoaded(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprint("gone ", gone), func(t *testing.T) {
			p := openPast(t)
			w := newWorld(t, p, time.Millisecond)
			defer w.close()
			ban := func(user hubbub.UserID) eventlog.Record {
				return w.control(hubbub.Control{ID: "c", Action: hubbub.ActionBan, UserID: user})
			}
			w.append(ban("first"), w.message("m1", ""))
			for range 3 {
				records := make([]eventlog.Record, 0, 900)
				for i := range cap(records) {
					records = append(records, ban(hubbub.UserID(fmt.Sprint(i))))
				}
				w.append(records...)
			}
			w.append(w.message("m2", ""), ban("last"), w.control(hubbub.Control{ID: "c", Action: hubbub.ActionUnban, UserID: "7"}))
			if gone {
				err := eventlog.ErrGone
				p.fail.Store(&err)
			}
			r := w.load()
			for user, want := range map[hubbub.UserID]bool{"first": true, "0": true, "899": true, "last": true, "7": false, "nobody": false} {
				if banned(r, user) != want {
					t.Errorf("%s is banned: %v, want %v", user, !want, want)
				}
			}
			if n := r.Banned(); n != 901 {
				t.Errorf("%d are banned", n)
			}
		})
	}
}

// A message at hand stays withheld however much is deleted after it.
func TestWithheldForAsLongAsAtHand(t *testing.T) {
	w := newWorld(t, openPast(t), time.Millisecond)
	w.append(w.message("bad", ""), w.message("good", ""))
	r := w.load()
	remove := func(id string) eventlog.Record {
		return w.control(hubbub.Control{ID: "c", Action: hubbub.ActionDelete, MessageID: hubbub.MessageID(id)})
	}
	w.append(remove("bad"))
	for range 5 {
		records := make([]eventlog.Record, 0, moderation.MaxDeleted/4)
		for i := range cap(records) {
			records = append(records, remove(fmt.Sprint(len(w.logged), "-", i)))
		}
		w.append(records...)
	}
	w.publish(false)
	shown := func() {
		t.Helper()
		v := newViewer()
		w.join(v, hubbub.MessageChannel, nil, 10)
		w.until("both have come", func() bool { return len(v.seen()) == 3 })
		for _, f := range v.seen()[1:] {
			if withheld := !strings.Contains(f.body, "text of"); withheld != strings.Contains(f.body, `"bad"`) {
				t.Errorf("shown: %s", f.body)
			}
		}
	}
	if err := r.Reach(context.Background(), w.logged[len(w.logged)-1].Position); err != nil {
		t.Fatal(err)
	}
	shown()
	// Loaded again, when only the archive knows.
	w.close()
	w2 := newWorld(t, w.past, time.Millisecond)
	w2.stream, w2.logged = w.stream, w.logged
	defer w2.close()
	w = w2
	w.until("it is archived", func() bool {
		e, ok, err := w.past.history.Archive.Find(context.Background(), w.stream, "bad")
		return ok && err == nil && e.Withheld
	})
	shown()
}

// Who has a copy of a stream is told of the records that come, once each and in
// order, and not of those that were there before.
func TestOnControl(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	var mu sync.Mutex
	var heard []hubbub.Action
	w.hub.options.OnControl = func(stream hubbub.StreamID, c *hubbub.Control) {
		mu.Lock()
		defer mu.Unlock()
		if stream == w.stream {
			heard = append(heard, c.Action)
		}
	}
	w.append(w.control(hubbub.Control{ID: "c", Action: hubbub.ActionBan, UserID: "u"}), w.message("m", ""))
	r := w.load()
	w.sent = len(w.logged)
	w.append(w.control(hubbub.Control{ID: "c", Action: hubbub.ActionStream}), w.message("n", ""), w.control(hubbub.Control{ID: "c", Action: hubbub.ActionWords}))
	if err := r.Reach(context.Background(), w.logged[len(w.logged)-1].Position); err != nil {
		t.Fatal(err)
	}
	w.publish(false) // late, and seen already
	mu.Lock()
	defer mu.Unlock()
	if want := []hubbub.Action{hubbub.ActionStream, hubbub.ActionWords}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

func TestPeopleOfARoom(t *testing.T) {
	w := newWorld(t, openPast(t), time.Millisecond)
	defer w.close()
	by := func(id hubbub.UserID, name string) eventlog.Record {
		m := hubbub.Message{ID: "m", StreamID: w.stream, Sender: hubbub.Sender{ID: id, Name: name}, Content: "x"}
		return eventlog.Record{Kind: hubbub.KindMessage, Value: m.AppendJSON(nil)}
	}
	w.append(by("a", "Ada"), by("b", "Bob"), by("c", "ADA"), by("b", "Bobby"), by("", ""), eventlog.Record{Value: []byte("{")})
	r := w.load()
	for name, want := range map[string][]hubbub.UserID{"ada": {"c", "a"}, "Bob": {"b"}, "BOBBY": {"b"}, "eve": nil, "": nil} {
		var got []hubbub.UserID
		for _, s := range r.Named(name) {
			got = append(got, s.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if s, ok := r.Sender("b"); !ok || s.Name != "Bobby" {
		t.Errorf("b is %+v", s)
	}
	if _, ok := r.Sender("eve"); ok {
		t.Error("eve has not written")
	}
}
