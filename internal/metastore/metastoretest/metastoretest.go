// Package metastoretest is what every store of users and streams must do, run by
// each adapter's tests. It knows nothing of how they are kept.
package metastoretest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A Store is both stores in one.
type Store interface {
	account.Store
	streams.Store
	Close() error
}

// A Harness makes stores for the suite.
type Harness struct {
	// Open opens the store kept in dir: an empty one in an empty folder, what was
	// there in one used before.
	Open func(ctx context.Context, dir string) (Store, error)
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"StreamsAreKeptAsTheyAre", testStreamFidelity},
		{"StreamIDsAreTakenOnce", testStreamExists},
		{"StreamsEnd", testStreamEnds},
		{"StreamsAreListedInPages", testStreamPages},
		{"StreamsAreEdited", testStreamEdits},
		{"StreamsAreDeleted", testStreamDeletes},
		{"ModeratorsAreNamed", testModerators},
		{"ModeratorsAreNamedAtOnce", testModeratorsAtOnce},
		{"WordsAreKept", testWords},
		{"UsersAreKeptAsTheyAre", testUserFidelity},
		{"AccountsAreKeptAsTheyAre", testAccountFidelity},
		{"AccountsAreTakenOnce", testAccountsTaken},
		{"AccountsAreFound", testAccountsFound},
		{"UsersAreListed", testUserPages},
		{"ProfilesChange", testProfiles},
		{"BansAreKept", testBans},
		{"PasswordsChangeWhole", testPasswords},
		{"PasswordsAreResetOnce", testResets},
		{"SitesAreClaimedOnce", testClaims},
		{"CodesReplaceEachOther", testCodes},
		{"OfTwoWhoRotateOneDoes", testRotateRace},
		{"FamiliesEnd", testFamilyEnds},
		{"Sweep", testSweep},
		{"BotsAreKept", testBots},
		{"BotsAreBounded", testBotsAreBounded},
		{"RevocationsAreKept", testRevocations},
		{"IdentitiesAreOnesOwn", testIdentities},
		{"ErasuresAreWhole", testErasure},
		{"Restart", testRestart},
		{"EndedContext", testEndedContext},
		{"Closed", testClosed},
		{"Crash", testCrash},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h) })
	}
}

// then is a time as stores keep it.
var then = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)

func open(t testing.TB, h Harness, dir string) Store {
	t.Helper()
	s, err := h.Open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, why string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", why, err, want)
	}
}

func errorOf[T any](_ T, err error) error { return err }

func testRestart(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	must(t, s.CreateStream(t.Context(), stream("1", 0)))
	must(t, s.EndStream(t.Context(), "1", then))
	u, f := user(1)
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f}))
	must(t, s.Close())

	s = open(t, h, dir)
	ended := stream("1", 0)
	ended.Status, ended.EndedAt = "ended", then
	wantStream(t, s, ended)
	wantUser(t, s, u)
	wantFamily(t, s, f)
}

func testEndedContext(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Stream(ctx, "1"); err == nil || errors.Is(err, streams.ErrNotFound) {
		t.Errorf("a stream after the context ended: %v", err)
	}
	u, f := user(1)
	if err := s.CreateUser(ctx, account.Newcomer{User: u, Family: f}); err == nil {
		t.Error("a user was created after the context ended")
	}
	must(t, s.CreateUser(t.Context(), account.Newcomer{User: u, Family: f})) // and nothing of it is there
}

func testClosed(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.Close())
	must(t, s.Close())
	if _, err := s.Stream(t.Context(), "1"); err == nil || errors.Is(err, streams.ErrNotFound) {
		t.Errorf("a stream of a closed store: %v", err)
	}
	if err := s.EndFamily(t.Context(), "f", then); err == nil {
		t.Error("a closed store was written")
	}
}
