package room

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

// TestWithNonceReadsWhatDecodingReads: whatever is said, and whoever wrote it.
func TestWithNonceReadsWhatDecodingReads(t *testing.T) {
	same := func(t rapid.TB, value []byte) {
		want, err := hubbub.ParseMessage(value)
		got, ok := withNonce(value)
		if ok != (err == nil && want.Nonce != "") {
			t.Fatalf("%s: has a nonce: %v", value, ok)
		}
		if ok && (got.ID != want.ID || got.Sender.ID != want.Sender.ID || got.Nonce != want.Nonce) {
			t.Fatalf("%s: read as %q of %q with %q", value, got.ID, got.Sender.ID, got.Nonce)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`,"nonce":"x"}`, `","nonce":"`, `\`, ``}))
		m := hubbub.Message{
			ID: hubbub.MessageID(text.Draw(t, "id")), StreamID: "1", Sender: hubbub.Sender{ID: hubbub.UserID(text.Draw(t, "sender"))},
			Content: text.Draw(t, "content"), CreatedAt: time.Unix(0, 0), Nonce: text.Draw(t, "nonce"),
		}
		same(t, m.AppendJSON(nil))
	})
	for _, value := range []string{
		`{"nonce":"n","id":"a","sender":{"id":"b"}}`, `{"id":"a","sender":{"id":"b","nonce":"inner"}}`,
		`{"id":"a","sender":{"id":"b"},"nonce":"n", "more":1}`, `{"id":"a","sender":{"id":"b"},"nonce":7}`, `{"id":"a","nonce":"n"`, `no JSON "nonce"`,
	} {
		same(t, []byte(value))
	}
}
