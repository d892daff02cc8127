package eventlog

import (
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

func TestForeignTo(t *testing.T) {
	long := strings.Repeat("x", maxID+1)
	message := hubbub.Message{ID: "1", StreamID: "s", Sender: hubbub.Sender{ID: "u"}, Content: strings.Repeat("한", 1300), CreatedAt: time.Unix(1, 0)}
	for _, row := range []struct {
		why     string
		record  Record
		topic   Topic
		foreign string // part of the reason
	}{
		{"a message", Record{Stream: "s", Value: message.AppendJSON(nil)}, RawChats, ""},
		{"one in another form", Record{Stream: "s", Value: []byte(" {\n\"content\": \"\", \"id\": \"1\"}")}, RawChats, ""},
		{"a reading of the mood", Record{Stream: "s", Value: []byte(`{"streamId":"s"}`)}, AnalysisResult, ""},
		{"a kind that comes one day", Record{Stream: "s", Kind: "poll", Value: []byte(`{}`)}, RawChats, ""},
		{"a version that comes one day", Record{Stream: "s", Version: Version + 1, Value: []byte(`{}`)}, RawChats, ""},

		{"no key", Record{Value: []byte(`{"id":"1"}`)}, RawChats, "stream id"},
		{"a key in Latin 1", Record{Stream: "caf\xe9", Value: []byte(`{"id":"1"}`)}, RawChats, "stream id"},
		{"a kind in Latin 1", Record{Stream: "s", Kind: "caf\xe9", Value: []byte(`{"id":"1"}`)}, RawChats, "kind"},
		{"too large", Record{Stream: "s", Value: make([]byte, MaxValue+1)}, RawChats, "too large"},
		{"nothing", Record{Stream: "s"}, RawChats, "JSON"},
		{"text", Record{Stream: "s", Value: []byte("hello")}, RawChats, "JSON"},
		{"half", Record{Stream: "s", Value: []byte(`{"id":"1"`)}, RawChats, "JSON"},
		{"a number", Record{Stream: "s", Value: []byte("42")}, RawChats, "JSON"},
		{"Latin 1", Record{Stream: "s", Value: []byte("{\"id\":\"caf\xe9\"}")}, RawChats, "JSON"},
		{"text of a kind that comes one day", Record{Stream: "s", Kind: "poll", Value: []byte("hello")}, RawChats, "JSON"},
		{"a reading that is text", Record{Stream: "s", Value: []byte("hello")}, AnalysisResult, "JSON"},
		{"other fields", Record{Stream: "s", Value: []byte(`{"text":"hello"}`)}, RawChats, "id"},
		{"a control record with other fields", Record{Stream: "s", Kind: hubbub.KindControl, Value: []byte(`{}`)}, RawChats, "id"},
		{"an empty id", Record{Stream: "s", Value: []byte(`{"id":""}`)}, RawChats, "id"},
		{"a number as id", Record{Stream: "s", Value: []byte(`{"id":7}`)}, RawChats, "id"},
		{"an endless id", Record{Stream: "s", Value: []byte(`{"id":"` + long + `"}`)}, RawChats, "id"},
		{"an endless sender", Record{Stream: "s", Value: []byte(`{"id":"1","sender":{"id":"` + long + `"}}`)}, RawChats, "id"},
	} {
		switch err := row.record.ForeignTo(row.topic); {
		case (err != nil) != (row.foreign != ""):
			t.Errorf("%s: %v", row.why, err)
		case err != nil && !strings.Contains(err.Error(), row.foreign):
			t.Errorf("%s: %v says nothing of %q", row.why, err, row.foreign)
		}
	}
}

func BenchmarkForeignTo(b *testing.B) {
	message := hubbub.Message{ID: "0197a8a0-1111-7222-8333-444455556666", StreamID: "s", Sender: hubbub.Sender{ID: "u", Name: "somebody"}, Content: "그 장면 진짜 대박이었다 ㅋㅋㅋㅋ", CreatedAt: time.Unix(1, 0)}
	r := Record{Stream: "s", Value: message.AppendJSON(nil)}
	b.SetBytes(int64(len(r.Value)))
	for b.Loop() {
		if err := r.ForeignTo(RawChats); err != nil {
			b.Fatal(err)
		}
	}
}
