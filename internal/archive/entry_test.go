package archive

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		version    int
		value      string
		id, sender string
	}{
		{"as we write it", "", 1, `{"id":"m","streamId":"s","sender":{"id":"u","name":"n"},"content":"c"}`, "m", "u"},
		{"another order, as another writer may", "", 1, `{"content":"c","sender":{"name":"n","id":"u"}, "id":"m"}`, "m", "u"},
		{"escapes", "", 1, `{"id":"m\u0041","streamId":"s","sender":{"id":"u\"v"}}`, "mA", `u"v`},
		{"a control has no sender", "control", 1, `{"id":"c","streamId":"s","action":"ban","userId":"u"}`, "c", ""},
		{"no ids", "", 1, `{"content":"c"}`, "", ""},
		{"poison", "", 1, `{"id":"m"`, "", ""},
		{"an id that is no string", "", 1, `{"id":7}`, "", ""},
		{"empty", "", 1, ``, "", ""},
		{"an unknown kind", "poll", 1, `{"id":"m"}`, "", ""},
		{"a newer version", "", eventlog.Version + 1, `{"id":"m"}`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := Of(eventlog.Record{Stream: "s", Kind: c.kind, Version: c.version, Value: []byte(c.value)})
			if string(e.ID) != c.id || string(e.Sender) != c.sender || string(e.Value) != c.value {
				t.Errorf("id %q, sender %q, value %s; want %q, %q", e.ID, e.Sender, e.Value, c.id, c.sender)
			}
		})
	}
}

// FuzzOf holds the short way to the ids against decoding the value.
func FuzzOf(f *testing.F) {
	f.Add("m", "s", "u", "name")
	f.Add(`"`, `\`, "\x00\xff", `","sender":{"id":"x"`)
	f.Fuzz(func(t *testing.T, id, stream, user, name string) {
		m := hubbub.Message{
			ID: hubbub.MessageID(id), StreamID: hubbub.StreamID(stream),
			Sender: hubbub.Sender{ID: hubbub.UserID(user), Name: name},
		}
		e := Of(eventlog.Record{Value: m.AppendJSON(nil)})
		want, err := hubbub.ParseMessage(e.Value)
		if err != nil || e.ID != want.ID || e.Sender != want.Sender.ID {
			t.Errorf("%s: id %q, sender %q (%v)", e.Value, e.ID, e.Sender, err)
		}
	})
}

// FuzzBlank: whatever is blanked is a message, without what its sender said.
func FuzzBlank(f *testing.F) {
	m := hubbub.Message{
		ID: "m", StreamID: "s", Content: "secret", Nonce: "secret", CreatedAt: time.Unix(1, 0),
		Sender: hubbub.Sender{ID: "secret", Name: "secret", ProfileImageURL: "secret", Roles: []string{"secret"}},
	}
	f.Add(m.AppendJSON(nil))
	f.Add([]byte(`{"sender":"secret","content":["secret"]}`))
	f.Add([]byte("\x00{secret"))
	f.Fuzz(func(t *testing.T, value []byte) {
		blank := Blank(value)
		if !json.Valid(blank) {
			t.Fatalf("not JSON: %s", blank)
		}
		got, err := hubbub.ParseMessage(blank)
		if err != nil || got.Content != "" || got.Nonce != "" || got.Sender.ID != ErasedSender ||
			got.Sender.Name != "" || got.Sender.ProfileImageURL != "" || len(got.Sender.Roles) != 0 {
			t.Errorf("%s: %v", blank, err)
		}
		if !bytes.Equal(Blank(blank), blank) {
			t.Errorf("blanking twice changes it: %s", blank)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	m := hubbub.Message{
		ID: "01932c07-7c5e-7abc-8def-000000000001", StreamID: "1", Content: "well played, that was a great round",
		Sender: hubbub.Sender{ID: "01932c07-7c5e-7abc-8def-000000000002", Name: "somebody", Roles: []string{"guest"}},
	}
	r := eventlog.Record{Stream: "1", Version: eventlog.Version, Value: m.AppendJSON(nil)}
	b.ReportAllocs()
	for b.Loop() {
		Of(r)
	}
}
