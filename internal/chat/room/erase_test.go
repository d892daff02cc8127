package room

import (
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// by makes the record of a message by somebody.
func (w *world) by(user hubbub.UserID, id string) eventlog.Record {
	m := hubbub.Message{
		ID: hubbub.MessageID(id), StreamID: w.stream, Nonce: "nonce-" + id,
		Sender: hubbub.Sender{ID: user, Name: "Name of " + string(user)}, Content: "secret of " + string(user),
	}
	return eventlog.Record{Kind: hubbub.KindMessage, Value: m.AppendJSON(nil)}
}

// TestErase: whoever joins is given nothing of what the erased said, in order as
// before; others' texts stay.
func TestErase(t *testing.T) {
	w := newWorld(t, openPast(t), time.Millisecond)
	defer w.close()
	w.hub.Erase("ada") // of no room at all
	w.append(w.by("ada", "1"), w.by("eve", "2"))
	w.join(newViewer(), hubbub.MessageChannel, nil, 0) // loads the room
	w.append(w.by("ada", "3"), w.by("eve", "4"), w.control(hubbub.Control{ID: "c", Action: hubbub.ActionBan, UserID: "ada"}))
	w.publish(false)
	newest := w.logged[len(w.logged)-1].Position
	w.until("the room has everything", func() bool {
		r, ok := w.hub.Loaded(w.stream)
		return ok && r.Reach(t.Context(), newest) == nil
	})
	for range 2 { // again changes nothing
		w.hub.Erase("ada")
	}
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 10)
	w.until("the newest has come", func() bool { return v.last() == w.logged[3].Position })
	seen := v.seen()[1:] // what comes first is the receipt
	if len(seen) != 4 {
		t.Fatalf("%d messages", len(seen))
	}
	var all string
	for i, f := range seen {
		all += f.body
		if want := []string{"erased", "eve"}[i%2]; !strings.Contains(f.body, `"sender":{"id":"`+want+`"`) {
			t.Errorf("message %d: %s", i+1, f.body)
		}
		if i > 0 && f.prev != seen[i-1].position {
			t.Errorf("message %d follows %s", i+1, f.prev)
		}
	}
	if strings.Contains(all, "ada") || strings.Contains(all, "nonce-1") || strings.Count(all, "secret of eve") != 2 {
		t.Errorf("shown: %s", all)
	}
	r, _ := w.hub.Loaded(w.stream)
	for _, e := range r.mu.recent[hubbub.MessageChannel].events {
		if archive.Of(eventlog.Record{Value: e.value}).Sender == archive.ErasedSender && e.nonce != "" {
			t.Errorf("%s keeps its nonce", e.id)
		}
	}
}
