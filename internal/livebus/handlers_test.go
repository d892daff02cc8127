package livebus

import (
	"testing"

	"github.com/hubbub-live/hubbub"
)

func TestRoomsWithoutSubscriptionsAreForgotten(t *testing.T) {
	h := NewHandlers(nil)
	for _, stream := range []hubbub.StreamID{"a", "b", "c"} {
		cancel, err := h.Add(stream, func(Batch) {})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	for i := range h.shards {
		if n := len(h.shards[i].rooms); n != 0 {
			t.Errorf("shard %d still has %d rooms", i, n)
		}
	}
}
