package redisbus

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

func anyBatch(t *rapid.T) livebus.Batch {
	position := func(name string) hubbub.Position {
		return hubbub.Position{Epoch: rapid.Uint32().Draw(t, name+" epoch"), N: rapid.Uint64().Draw(t, name+" n")}
	}
	b := livebus.Batch{Newest: position("newest")}
	for range rapid.IntRange(0, 5).Draw(t, "events") {
		e := livebus.Event{
			Channel: hubbub.Channel(rapid.IntRange(0, hubbub.Channels-1).Draw(t, "channel")),
			ID:      rapid.String().Draw(t, "id"), Position: position("at"), Prev: position("prev"),
			Kind: rapid.String().Draw(t, "kind"), Value: rapid.SliceOf(rapid.Byte()).Draw(t, "value"),
		}
		if millis := rapid.Int64Range(-1e12, 1e13).Draw(t, "ms"); millis != 0 {
			e.Time = time.UnixMilli(millis).UTC()
		}
		b.Events = append(b.Events, e)
	}
	return b
}

func TestBatchesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBatch(t)
		text := appendBatch(nil, &b)
		got, err := parseBatch(text)
		if err != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("wrote %+v\nread  %+v, %v", b, got, err)
		}
		for cut := range text { // and nothing less is a batch
			if _, err := parseBatch(text[:cut]); err == nil {
				t.Fatalf("the first %d bytes of %d were taken for one", cut, len(text))
			}
		}
	})
}

// FuzzParseBatch: whatever comes is refused, or means what is written again.
func FuzzParseBatch(f *testing.F) {
	b := livebus.Batch{Newest: hubbub.Position{Epoch: 1, N: 2}, Events: []livebus.Event{{ID: "a", Kind: "k", Value: []byte("v"), Time: time.UnixMilli(5).UTC()}}}
	f.Add(appendBatch(nil, &b))
	f.Add([]byte{version, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parseBatch(text)
		if err != nil {
			return
		}
		again, err := parseBatch(appendBatch(nil, &b))
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Errorf("%+v came back as %+v, %v", b, again, err)
		}
		for i := range b.Events {
			if len(b.Events[i].Value) > 0 && !bytes.Contains(text, b.Events[i].Value) {
				t.Errorf("%q is not in what was read", b.Events[i].Value)
			}
		}
	})
}
