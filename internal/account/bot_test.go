package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

func TestBots(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User
	b, raw := f.bot(mina.ID, "send", "read", "send")
	id := f.wantGood("a new bot", f.watch, raw)
	if id.User != mina.ID || id.Name != mina.Name || !slices.Equal(id.Scopes, []string{"read", "send"}) || id.ID != b.ID {
		t.Errorf("the token says %+v", id)
	}
	list, err := f.Bots(t.Context(), mina.ID)
	if err != nil || len(list) != 1 || list[0].ID != b.ID || !list[0].ExpiresAt.Equal(b.CreatedAt.AddDate(0, 0, 365)) {
		t.Errorf("%+v, %v", list, err)
	}

	// A bot is who its user is now, however old its token.
	f.wait(300 * 24 * time.Hour)
	name := "Mina the second"
	_, err = f.SetProfile(t.Context(), mina.ID, account.Profile{Name: &name})
	f.must(err)
	f.must(f.store.SetAdmin(t.Context(), mina.ID, true))
	if id = f.wantGood("much later", f.watch, raw); id.Name != name || !slices.Equal(id.Roles, []string{hubbub.RoleAdmin}) || !id.Issued.Equal(f.time()) {
		t.Errorf("the bot is %+v", id)
	}
	f.must(f.store.SetBan(t.Context(), mina.ID, account.Ban{At: f.time()}))
	if _, err := f.watch.Verify(raw); refusal(err) != hubbub.CodeBanned {
		t.Errorf("of a banned user: %v", err)
	}
}

func TestBadBots(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User.ID
	good := account.BotDraft{Name: "bot", Scopes: []string{"read"}}
	for why, change := range map[string]func(*account.BotDraft){
		"no name":            func(d *account.BotDraft) { d.Name = " " },
		"a name too long":    func(d *account.BotDraft) { d.Name = strings.Repeat("가", 65) },
		"no scope":           func(d *account.BotDraft) { d.Scopes = nil },
		"an unknown scope":   func(d *account.BotDraft) { d.Scopes = []string{"read", "admin"} },
		"two scopes in one":  func(d *account.BotDraft) { d.Scopes = []string{"read send"} },
		"more than a year":   func(d *account.BotDraft) { d.Days = 366 },
		"days that are none": func(d *account.BotDraft) { d.Days = -1 },
	} {
		d := good
		change(&d)
		if _, raw, err := f.CreateBot(t.Context(), mina, d); err == nil || refusal(err) != hubbub.CodeBadRequest || raw != "" {
			t.Errorf("%s: %v", why, err)
		}
	}
	guest, err := f.Guest(t.Context(), "Jun")
	f.must(err)
	for why, user := range map[string]hubbub.UserID{"a guest": guest.User.ID, "somebody of another system": "elsewhere-7"} {
		_, _, create := f.CreateBot(t.Context(), user, good)
		_, list := f.Bots(t.Context(), user)
		for _, err := range []error{create, list, f.RevokeBot(t.Context(), user, "bot-x")} {
			if err == nil || refusal(err) != hubbub.CodeAccountsOnly {
				t.Errorf("%s: %v", why, err)
			}
		}
	}
	for range account.MaxBots {
		f.bot(mina, "read")
	}
	if _, _, err := f.CreateBot(t.Context(), mina, good); err == nil || refusal(err) != hubbub.CodeTooManyTokens {
		t.Errorf("one too many: %v", err)
	}
}

func TestRevokedBots(t *testing.T) {
	f := newOffice(t)
	elsewhere := f.newWatch()
	mina, jun := f.account("mina").User.ID, f.account("jun").User.ID
	b, raw := f.bot(mina, "read")
	_, other := f.bot(mina, "read")
	open := f.wantGood("elsewhere", elsewhere, raw)
	if err := f.RevokeBot(t.Context(), jun, b.ID); err == nil || refusal(err) != hubbub.CodeNotFound {
		t.Errorf("somebody else's: %v", err)
	}
	f.must(f.RevokeBot(t.Context(), mina, b.ID))
	if err := f.RevokeBot(t.Context(), mina, b.ID); err == nil || refusal(err) != hubbub.CodeNotFound {
		t.Errorf("again: %v", err)
	}
	f.wantVoid("here", f.watch, raw)
	f.wantVoid("elsewhere, at once: it asks the store", elsewhere, raw)
	if why := f.watch.Why(open); why == nil || why.Code != hubbub.CodeTokenInvalid {
		t.Errorf("sessions here: %v", why)
	}
	f.wantGood("another bot", f.watch, other)
}

// TestLastUse: which bots were seen is stored, at the end at the latest.
func TestLastUse(t *testing.T) {
	f := newOffice(t)
	mina := f.account("mina").User.ID
	_, raw := f.bot(mina, "read")
	f.wantGood("a bot", f.watch, raw)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.must(f.watch.Run(ctx))
	if list, err := f.Bots(t.Context(), mina); err != nil || !list[0].LastUsedAt.Equal(f.time()) {
		t.Errorf("%+v, %v", list, err)
	}
}
