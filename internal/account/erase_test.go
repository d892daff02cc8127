package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/token"
)

// say archives a message of a user at a position.
func (f *office) say(u account.User, n uint64) {
	f.t.Helper()
	m := hubbub.Message{
		ID: hubbub.MessageID(rune(0x61 + n)), StreamID: "1", Sender: hubbub.Sender{ID: u.ID, Name: u.Name}, Content: "a secret of " + u.Name,
	}
	f.must(f.archive.Append(f.t.Context(), []archive.Entry{archive.Of(eventlog.Record{
		Stream: "1", Position: hubbub.Position{Epoch: 1, N: n}, Time: time.Now(), Version: eventlog.Version, Value: m.AppendJSON(nil),
	})}))
}

// said is what history has of stream 1.
func (f *office) said() (all string) {
	f.t.Helper()
	page, err := f.archive.Page(f.t.Context(), archive.Query{Stream: "1", Limit: 100})
	f.must(err)
	for _, e := range page {
		all += string(e.Value) + "\n"
	}
	return all
}

func identityOf(u account.User) token.Identity { return token.Identity{User: u.ID, Name: u.Name} }

func TestErase(t *testing.T) {
	f := newOffice(t)
	mina, jun := f.account("mina"), f.account("jun")
	f.must(f.store.CreateStream(t.Context(), hubbub.Stream{ID: "hers", HostID: mina.User.ID, HostName: "mina", Status: hubbub.StatusLive, CreatedAt: f.time()}))
	_, raw := f.bot(mina.User.ID, "read")
	f.say(mina.User, 1)
	f.say(jun.User, 2)
	for _, wrong := range []string{"", "wrong horse"} {
		if err := f.Erase(t.Context(), identityOf(mina.User), wrong); err == nil || refusal(err) != hubbub.CodeCredentialsInvalid {
			t.Errorf("with the password %q: %v", wrong, err)
		}
	}
	if said := f.said(); strings.Count(said, "secret") != 2 {
		t.Errorf("what was refused has changed something: %s", said)
	}
	f.must(f.Erase(t.Context(), identityOf(mina.User), "correct horse"))
	if said := f.said(); strings.Contains(said, "mina") || !strings.Contains(said, "a secret of jun") {
		t.Errorf("history has %s", said)
	}
	f.wantVoid("her token", f.watch, mina.Access)
	f.wantVoid("her bot", f.watch, raw)
	if _, err := f.Reissue(t.Context(), mina.Refresh); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("her sign-in: %v", err)
	}
	if _, err := f.Login(t.Context(), "mina", "correct horse"); refusal(err) != hubbub.CodeCredentialsInvalid {
		t.Errorf("her password: %v", err)
	}
	if !slices.Equal(f.erased, []hubbub.StreamID{"hers"}) {
		t.Errorf("streams that changed: %q", f.erased)
	}
	if s, err := f.store.Stream(t.Context(), "hers"); err != nil || s.Status != hubbub.StatusEnded || s.HostName != "" {
		t.Errorf("her stream: %+v, %v", s, err)
	}
	f.wantGood("somebody else", f.watch, jun.Access)

	again := f.account("mina") // the names are free
	if again.User.ID == mina.User.ID {
		t.Error("she is who she was")
	}
	f.say(again.User, 3)
	f.finish()
	if said := f.said(); strings.Count(said, "secret") != 2 {
		t.Errorf("somebody of the same name: %s", said)
	}
}

// finish runs what finishes erasures until they are.
func (f *office) finish() {
	f.t.Helper()
	f.wait(2 * archive.ErasureReach)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- f.RunErasures(ctx) }()
	f.bell.until(f.t, "erasures end", func() bool {
		begun, err := f.store.Erasures(f.t.Context())
		f.must(err)
		return len(begun) == 0
	})
	cancel()
	f.must(<-ran)
}

// TestErasureThatWasCutShort: it is noted first; whoever comes next finishes it.
func TestErasureThatWasCutShort(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User
	f.say(mina, 1)
	_, err := f.store.EraseUser(t.Context(), account.Revocation{ID: "r", User: mina.ID, Reason: account.ReasonErased, Before: f.time(), At: f.time(), Until: f.time().Add(time.Hour)})
	f.must(err)
	if !strings.Contains(f.said(), "secret") {
		t.Fatal("it is done already")
	}
	f.finish()
	f.say(mina, 2) // was on its way
	if said := f.said(); strings.Contains(said, "secret") {
		t.Errorf("history has %s", said)
	}
}

// TestEraseWithoutAnArchive: what is kept of a user goes; what they said, later.
func TestEraseWithoutAnArchive(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina")
	f.must(f.archive.Close())
	f.must(f.Erase(t.Context(), identityOf(mina.User), "correct horse"))
	f.wantVoid("her token", f.watch, mina.Access)
	if begun, err := f.store.Erasures(t.Context()); err != nil || len(begun) != 1 {
		t.Errorf("%+v, %v", begun, err)
	}
}

// TestEraseOthers: guests have nothing to prove, and users of other systems have no
// account here, only what they said.
func TestEraseOthers(t *testing.T) {
	f := newOffice(t)
	guest, err := f.Guest(t.Context(), "Jun")
	f.must(err)
	elsewhere := account.User{ID: "elsewhere-7", Name: "Ada"}
	for n, u := range []account.User{guest.User, elsewhere} {
		f.say(u, uint64(n)+1)
		f.must(f.Erase(t.Context(), identityOf(u), ""))
	}
	if said := f.said(); strings.Contains(said, "secret") {
		t.Errorf("history has %s", said)
	}
}
