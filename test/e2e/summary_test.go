package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
)

// summed is a summary as it comes.
type summed struct {
	StreamID  string
	Summary   string
	Sentences []struct {
		Text       string
		MessageIDs []string
	}
	From, Through, Method, At string
}

// cites says whether a sentence cites a message.
func (s *summed) cites(id string) bool {
	for _, sentence := range s.Sentences {
		if slices.Contains(sentence.MessageIDs, id) {
			return true
		}
	}
	return false
}

// summary is what the API says.
func (s *stage) summary() (newest summed) {
	s.t.Helper()
	must(s.t, s.Call(s.ctx, http.MethodGet, "/api/v1/streams/show/summary", nil, &newest))
	return newest
}

// sums waits for a summary on a subscription that is as wanted.
func (s *stage) sums(sub *client.Subscription, wanted func(*summed) bool) (got summed) {
	s.t.Helper()
	for {
		m, err := sub.Next(s.ctx)
		must(s.t, err)
		got = summed{}
		must(s.t, json.Unmarshal(m.Body, &got))
		if wanted(&got) {
			return got
		}
	}
}

// statusOf is the status of a refusal; 0: it is none.
func statusOf(err error) int {
	var refused *api.Problem
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// TestSummary: a room with enough to say is summed up, to all who watch and to
// whoever asks; every sentence cites messages that were sent; and what cites a
// message that is deleted is seen by nobody any more, also after a kill.
func TestSummary(t *testing.T) {
	t.Parallel()
	s := startStage(t, "--message-rate", "0")
	kim := s.conn("kim")
	summaries := s.subscribe(s.conn(""), hubbub.SummaryChannel, 0)
	if none := s.summary(); none.StreamID != "show" || none.Summary != "" || len(none.Sentences) != 0 {
		t.Errorf("before anything was said: %+v", none)
	}
	sent := map[string]bool{}
	for i := range 120 {
		text := []string{"what a great goal, well played", "will there be a second round?", "ㅋㅋㅋㅋ 진짜 웃기다", "the sound is bad today"}[i%4]
		sent[s.say(kim, fmt.Sprintf("%s %d", text, i))] = true
	}
	first := s.sums(summaries, func(got *summed) bool { return len(got.Sentences) > 0 })
	if first.StreamID != "show" || first.Summary == "" || first.Through == "" || first.Method == "" || first.At == "" {
		t.Errorf("it came as %+v", first)
	}
	for _, sentence := range first.Sentences {
		if sentence.Text == "" || len(sentence.MessageIDs) == 0 || slices.ContainsFunc(sentence.MessageIDs, func(id string) bool { return !sent[id] }) {
			t.Errorf("a sentence that stands on nothing: %+v", sentence)
		}
	}
	if asked := s.summary(); asked.Summary != first.Summary || asked.Through != first.Through || len(asked.Sentences) != len(first.Sentences) {
		t.Errorf("asked for it: %+v\nit came as %+v", asked, first)
	}

	removed := first.Sentences[0].MessageIDs[0]
	s.moderate(map[string]any{"action": "delete", "messageId": removed})
	without := func(got *summed) bool {
		return got.Through == first.Through && !got.cites(removed) && len(got.Sentences) < len(first.Sentences)
	}
	s.sums(summaries, without) // those who watch are shown it again
	hidden := func(when string) {
		t.Helper()
		if got := s.summary(); !without(&got) {
			t.Errorf("%s, %s is still cited: %+v", when, removed, got)
		}
		joined := s.subscribe(s.conn(""), hubbub.SummaryChannel, 0)
		m, err := joined.Next(s.ctx)
		must(t, err)
		got := summed{}
		must(t, json.Unmarshal(m.Body, &got))
		if !without(&got) {
			t.Errorf("%s, who joins is shown %+v", when, got)
		}
	}
	hidden("after the deletion")
	must(t, s.Kill())
	must(t, s.Run())
	hidden("after a kill")
}

// TestSummaryOnDemand: who runs a stream has it summed up before it is due, but not
// all the time, and nobody else does.
func TestSummaryOnDemand(t *testing.T) {
	t.Parallel()
	s := startStage(t, "--message-rate", "0")
	kim := s.conn("kim")
	summaries := s.subscribe(s.conn(""), hubbub.SummaryChannel, 0)
	var last string
	for i := range 30 {
		last = s.say(kim, fmt.Sprintf("will there be a second round? %d", i))
	}
	const path = "/api/v1/streams/show/summary"
	if err := s.CallAs(s.ctx, tokenOf("kim"), http.MethodPost, path, nil, nil); statusOf(err) != http.StatusForbidden {
		t.Errorf("a viewer asks for a summary: %v", err)
	}
	var asked struct{ Through string }
	must(t, s.CallAs(s.ctx, s.host, http.MethodPost, path, nil, &asked))
	if err := s.CallAs(s.ctx, s.host, http.MethodPost, path, nil, nil); statusOf(err) != http.StatusTooManyRequests {
		t.Errorf("asked again at once: %v", err)
	}
	got := s.sums(summaries, func(got *summed) bool { return got.Through == asked.Through })
	if got.From != "" || len(got.Sentences) == 0 {
		t.Errorf("it came as %+v", got)
	}
	if at, err := time.Parse(hubbub.TimeLayout, got.At); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("made at %q: %v", got.At, err)
	}

	// What somebody said who leaves for good is in no summary any more.
	must(t, s.CallAs(s.ctx, tokenOf("kim"), http.MethodDelete, "/api/v1/users/me", nil, nil))
	empty := func(got *summed) bool { return len(got.Sentences) == 0 && got.Summary == "" }
	s.sums(summaries, empty)
	if got := s.summary(); !empty(&got) || got.Through != asked.Through {
		t.Errorf("after %s was erased: %+v", last, got)
	}
}
