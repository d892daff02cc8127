package metastoretest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

func testErasure(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	mina, jun := newcomer(1), newcomer(2)
	mina.Identity = account.Identity{Issuer: "https://id.example", Subject: "mina"}
	for _, n := range []account.Newcomer{mina, jun} {
		must(t, s.CreateUser(t.Context(), n))
		must(t, s.CreateBot(t.Context(), bot(n.User.ID, 1), 5))
	}
	live, over, others := stream("live", 1), stream("over", 2), stream("others", 3)
	live.HostID, over.HostID, others.HostID = mina.User.ID, mina.User.ID, jun.User.ID
	for _, st := range []hubbub.Stream{live, over, others} {
		must(t, s.CreateStream(t.Context(), st))
	}
	must(t, s.EndStream(t.Context(), "over", then))

	r := revocation(mina.User.ID, 60)
	r.Reason = account.ReasonErased
	ended, err := s.EraseUser(t.Context(), r)
	if err != nil || !slices.Equal(ended, []hubbub.StreamID{"live", "over"}) {
		t.Errorf("streams %q, %v", ended, err)
	}
	must(t, s.Close())
	s = open(t, h, dir) // it is noted, whatever comes next
	if begun, err := s.Erasures(t.Context()); err != nil || !slices.Equal(begun, []account.Erasure{{User: mina.User.ID, At: r.At}}) {
		t.Errorf("%+v, %v", begun, err)
	}
	wantRevocations(t, s, r.At, then, r)
	wantBots(t, s, mina.User.ID, then)
	wantBots(t, s, jun.User.ID, then, bot(jun.User.ID, 1))
	for what, err := range map[string]error{
		"the user":     errorOf(s.User(t.Context(), mina.User.ID)),
		"the sign-in":  errorOf(s.Family(t.Context(), mina.Family.ID)),
		"the identity": errorOf(s.Identity(t.Context(), mina.Identity)),
	} {
		if !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantUser(t, s, jun.User)
	live.HostName, live.HostPicture, live.Title, live.Status, live.EndedAt = "", "", "live", hubbub.StatusEnded, r.At
	over.HostName, over.HostPicture, over.Title, over.Status, over.EndedAt = "", "", "over", hubbub.StatusEnded, then
	for _, st := range []hubbub.Stream{live, over, others} {
		wantStream(t, s, st)
	}

	again := r
	again.ID, again.At = "again", r.At.Add(time.Minute)
	if _, err := s.EraseUser(t.Context(), again); err != nil { // of nobody
		t.Error(err)
	}
	must(t, s.EndErasure(t.Context(), mina.User.ID))
	must(t, s.EndErasure(t.Context(), "nobody"))
	if begun, err := s.Erasures(t.Context()); err != nil || len(begun) != 0 {
		t.Errorf("%+v, %v", begun, err)
	}
	mina.Family.ID = "new"
	must(t, s.CreateUser(t.Context(), mina)) // all of it is free again
}
