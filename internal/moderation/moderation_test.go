package moderation

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

var start = time.Unix(1_700_000_000, 0)

// fold applies controls at positions 1.1, 1.2, …, a second apart.
func fold(controls ...hubbub.Control) *State {
	s := &State{}
	for i, c := range controls {
		s.Apply(&c, at(i+1), second(i+1))
	}
	return s
}

func at(n int) hubbub.Position { return hubbub.Position{Epoch: 1, N: uint64(n)} }
func second(n int) time.Time   { return start.Add(time.Duration(n) * time.Second) }

func code(err error) hubbub.Code {
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}

func ban(user hubbub.UserID) hubbub.Control {
	return hubbub.Control{Action: hubbub.ActionBan, UserID: user}
}

func unban(user hubbub.UserID) hubbub.Control {
	return hubbub.Control{Action: hubbub.ActionUnban, UserID: user}
}

func timeout(user hubbub.UserID, seconds int) hubbub.Control {
	return hubbub.Control{Action: hubbub.ActionTimeout, UserID: user, Seconds: seconds}
}

func settings(chat string) hubbub.Control {
	return hubbub.Control{Action: hubbub.ActionSettings, Settings: &hubbub.Settings{Chat: chat}}
}

func TestMay(t *testing.T) {
	user, guest, owner := Speaker{User: "u"}, Speaker{User: "u", Guest: true}, Speaker{User: "u", Exempt: true}
	for _, row := range []struct {
		why      string
		controls []hubbub.Control
		who      Speaker
		now      int // second
		want     hubbub.Code
	}{
		{"a room without controls is open", nil, guest, 1, ""},
		{"banned", []hubbub.Control{ban("u")}, user, 1 << 30, hubbub.CodeBanned},
		{"somebody else is", []hubbub.Control{ban("v")}, user, 1, ""},
		{"no rule holds for who runs the room", []hubbub.Control{ban("u"), settings(hubbub.ChatOff)}, owner, 2, ""},
		{"unbanned", []hubbub.Control{ban("u"), unban("u")}, user, 2, ""},
		{"unbanned first", []hubbub.Control{unban("u"), ban("u")}, user, 2, hubbub.CodeBanned},
		{"timed out", []hubbub.Control{timeout("u", 10)}, user, 10, hubbub.CodeTimedOut},
		{"a timeout ends by log time", []hubbub.Control{timeout("u", 10)}, user, 11, ""},
		{"the newest timeout counts, also if it is shorter", []hubbub.Control{timeout("u", 100), timeout("u", 10)}, user, 12, ""},
		{"unban ends a timeout", []hubbub.Control{timeout("u", 100), unban("u")}, user, 3, ""},
		{"a ban outlasts a timeout before it", []hubbub.Control{timeout("u", 1), ban("u")}, user, 1000, hubbub.CodeBanned},
		{"a timeout does not end a ban", []hubbub.Control{ban("u"), timeout("u", 1)}, user, 1000, hubbub.CodeBanned},
		{"a timeout that overflows a clock", []hubbub.Control{timeout("u", math.MaxInt)}, user, 1 << 20, hubbub.CodeTimedOut},
		{"a timeout of less than nothing", []hubbub.Control{timeout("u", math.MinInt)}, user, 1, ""},
		{"chat is off", []hubbub.Control{settings(hubbub.ChatOff)}, user, 1, hubbub.CodeChatOff},
		{"and on again", []hubbub.Control{settings(hubbub.ChatOff), settings(hubbub.ChatOpen)}, user, 2, ""},
		{"accounts only", []hubbub.Control{settings(hubbub.ChatAccounts)}, guest, 1, hubbub.CodeAccountsOnly},
		{"accounts only, and this is one", []hubbub.Control{settings(hubbub.ChatAccounts)}, user, 1, ""},
		{"settings without settings change nothing", []hubbub.Control{settings(hubbub.ChatOff), {Action: hubbub.ActionSettings}}, user, 2, hubbub.CodeChatOff},
		{"of a newer version, nothing is understood", []hubbub.Control{{Action: "shout", UserID: "u"}}, user, 1, ""},
	} {
		t.Run(row.why, func(t *testing.T) {
			err := fold(row.controls...).May(row.who, second(row.now))
			if code(err) != row.want {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}

func TestATimeoutSaysHowLong(t *testing.T) {
	err := hubbub.AsError(fold(timeout("u", 10)).May(Speaker{User: "u"}, second(1).Add(2500*time.Millisecond)))
	if err == nil || err.RetryAfter != 7500*time.Millisecond || !strings.Contains(err.Message, "8 seconds") {
		t.Errorf("%+v", err)
	}
}

func TestReasonsAreTold(t *testing.T) {
	for _, c := range []hubbub.Control{
		{Action: hubbub.ActionBan, UserID: "u", Reason: "spam, again"},
		{Action: hubbub.ActionTimeout, UserID: "u", Seconds: 60, Reason: "spam, again"},
	} {
		if err := fold(c).May(Speaker{User: "u"}, second(2)); err == nil || !strings.HasSuffix(hubbub.AsError(err).Message, ": spam, again") {
			t.Errorf("%s: %v", c.Action, err)
		}
	}
}

// However much has been done in a room, what is known of it is bounded: by the
// timeouts that last, by the newest deletions, and by the bans.
func TestStateIsBounded(t *testing.T) {
	s := &State{}
	for i := range 200_000 {
		user := hubbub.UserID(strconv.Itoa(i))
		s.Apply(&hubbub.Control{Action: hubbub.ActionTimeout, UserID: user, Seconds: 100}, at(i+1), second(i+1))
		s.Apply(&hubbub.Control{Action: hubbub.ActionDelete, MessageID: hubbub.MessageID(user)}, at(i+1), second(i+1))
		if i%1000 == 0 && code(s.May(Speaker{User: user}, second(i+1))) != hubbub.CodeTimedOut {
			t.Fatalf("timeout %d is not honoured", i)
		}
	}
	if n := len(s.timeouts.until); n < 100 || n > 400 {
		t.Errorf("%d timeouts are kept, of which 100 last", n)
	}
	if len(s.deleted) != MaxDeleted || len(s.order) != MaxDeleted {
		t.Errorf("%d and %d deletions are kept", len(s.deleted), len(s.order))
	}
	for i := range MaxDeleted {
		if id := hubbub.MessageID(strconv.Itoa(200_000 - 1 - i)); !s.Withheld(id, at(1)) {
			t.Fatalf("deletion %d from the newest is forgotten", i)
		}
	}
	s.Apply(&hubbub.Control{Action: hubbub.ActionBan, UserID: "x"}, at(1), second(1))
	s.Apply(&hubbub.Control{Action: hubbub.ActionBan, UserID: "x"}, at(1), second(1))
	if s.Banned() != 1 {
		t.Errorf("%d are banned", s.Banned())
	}
}

func TestWithheld(t *testing.T) {
	s := fold(
		hubbub.Control{Action: hubbub.ActionDelete, MessageID: "before"},
		hubbub.Control{Action: hubbub.ActionClear},
		hubbub.Control{Action: hubbub.ActionDelete, MessageID: "one"},
	)
	for _, row := range []struct {
		why  string
		id   hubbub.MessageID
		at   hubbub.Position
		want bool
	}{
		{"deleted", "one", at(100), true},
		{"not deleted", "other", at(100), false},
		{"before the clear", "any", at(1), true},
		{"deleted and then cleared", "before", hubbub.Position{Epoch: 1}, true},
		{"from another life of the log", "any", hubbub.Position{Epoch: 0, N: 1 << 40}, true},
		{"after the clear", "any", at(3), false},
	} {
		if got := s.Withheld(row.id, row.at); got != row.want {
			t.Errorf("%s: %v", row.why, got)
		}
	}
	if (&State{}).Withheld("any", hubbub.Position{}) {
		t.Error("a room without controls withholds")
	}
}

func TestWithhold(t *testing.T) {
	m := hubbub.Message{ID: "m", StreamID: "1", Sender: hubbub.Sender{ID: "u", Name: "Mina"}, Content: "secret", Nonce: "secret", CreatedAt: start}
	got := string(Withhold(m.AppendJSON(nil)))
	want := `{"id":"m","streamId":"1","sender":{"id":"u","name":"Mina","profileImageUrl":"","roles":[]},"content":"","createdAt":"2023-11-14T22:13:20.000Z","deleted":true}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(Withhold([]byte(`{"content":"secret`))); got != `{"content":"","deleted":true}` {
		t.Errorf("of what cannot be read: %s", got)
	}
}

// TestFold holds the state, which is made of one record after the other, against
// what all of them say together.
func TestFold(t *testing.T) {
	users := []hubbub.UserID{"u", "v"}
	control := rapid.Custom(func(t *rapid.T) hubbub.Control {
		return hubbub.Control{
			Action: rapid.SampledFrom([]hubbub.Action{
				hubbub.ActionDelete, hubbub.ActionClear, hubbub.ActionTimeout, hubbub.ActionBan, hubbub.ActionUnban, hubbub.ActionSettings, "unknown",
			}).Draw(t, "action"),
			UserID:    rapid.SampledFrom(users).Draw(t, "user"),
			MessageID: rapid.SampledFrom([]hubbub.MessageID{"a", "b"}).Draw(t, "message"),
			Seconds:   rapid.IntRange(-1, 6).Draw(t, "seconds"),
			Settings:  &hubbub.Settings{Chat: rapid.SampledFrom([]string{hubbub.ChatOpen, hubbub.ChatAccounts, hubbub.ChatOff}).Draw(t, "chat")},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		controls := rapid.SliceOfN(control, 0, 12).Draw(t, "controls")
		whole := fold(controls...)
		now := second(len(controls) + rapid.IntRange(0, 8).Draw(t, "later")) // what had ended by a record may be forgotten
		for _, user := range users {
			if got, want := code(whole.May(Speaker{User: user}, now)), modelMay(controls, user, now); got != want {
				t.Fatalf("%s: %q, want %q", user, got, want)
			}
		}
		for _, id := range []hubbub.MessageID{"a", "b"} {
			// A message is before what removes it, so its place is before the first
			// record that names it.
			first := 0
			for first < len(controls) && (controls[first].Action != hubbub.ActionDelete || controls[first].MessageID != id) {
				first++
			}
			n := rapid.IntRange(0, first).Draw(t, "position")
			if got, want := whole.Withheld(id, at(n)), modelWithheld(controls, id, n); got != want {
				t.Fatalf("%s at %d: %v, want %v", id, n, got, want)
			}
		}
	})
}

func modelMay(controls []hubbub.Control, user hubbub.UserID, now time.Time) hubbub.Code {
	var banned bool
	var until time.Time
	chat := hubbub.ChatOpen
	for i, c := range controls {
		mine := c.UserID == user
		switch {
		case c.Action == hubbub.ActionBan && mine:
			banned = true
		case c.Action == hubbub.ActionTimeout && mine:
			until = second(i + 1 + c.Seconds)
		case c.Action == hubbub.ActionUnban && mine:
			banned, until = false, time.Time{}
		case c.Action == hubbub.ActionSettings:
			chat = c.Settings.Chat
		}
	}
	switch {
	case banned:
		return hubbub.CodeBanned
	case now.Before(until):
		return hubbub.CodeTimedOut
	case chat == hubbub.ChatOff:
		return hubbub.CodeChatOff
	}
	return ""
}

func modelWithheld(controls []hubbub.Control, id hubbub.MessageID, n int) bool {
	for i, c := range controls {
		if c.Action == hubbub.ActionDelete && c.MessageID == id || c.Action == hubbub.ActionClear && i+1 >= n {
			return true
		}
	}
	return false
}
