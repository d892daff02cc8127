package worker

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubbub-live/hubbub"
)

func (s *script) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func request(room hubbub.StreamID, through int) string {
	return fmt.Sprintf(`{"streamId":%q,"through":"1.%d","reason":"messages"}`, room, through)
}

// TestSummariesAreAskedFor: after so many messages and so much time, whichever comes
// last, and of the rooms that have them.
func TestSummariesAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newScript(), newMemoryStore()
		run(t, s, store, func(*Worker) {
			s.say("a", 99)
			pass(time.Minute)
			if asked := s.asked(); len(asked) != 0 {
				t.Errorf("asked after 99 messages: %q", asked)
			}
			s.say("a", 1)
			pass(time.Second)
			want := []string{request("a", 100)}
			if asked := s.asked(); !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
			s.say("a", 300)
			s.say("b", 50)
			pass(20 * time.Second)
			if asked := s.asked(); len(asked) != 1 {
				t.Errorf("asked again within the time: %q", asked)
			}
			pass(45 * time.Second) // nothing more comes, but the window slides
			want = append(want, request("a", 400))
			if asked := s.asked(); !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
		// After a restart what was counted before is no reason.
		run(t, s, store, func(*Worker) {
			s.say("a", 99)
			s.say("b", 49)
			pass(time.Minute)
			s.say("a", 1)
			pass(time.Second)
			if asked := s.asked(); len(asked) != 3 || asked[2] != request("a", 599) {
				t.Errorf("asked %q", asked[2:])
			}
		})
	})
}
