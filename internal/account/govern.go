package account

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
	"github.com/hubbub-live/hubbub/internal/token"
)

// What admins do to others. Whether somebody is one, the account says where there
// is one, and only else the token: it may be older than the loss of the role.

// The bounds of a page of users, and of a ban.
const (
	MaxSize   = 100
	maxSkip   = 100_000 // users before a page: each is read to be skipped
	maxReason = 500     // user-perceived characters
	// MaxBan is the longest ban that ends by itself.
	MaxBan = 10 * 365 * 24 * time.Hour
)

// A Page is some of the users there are.
type Page struct {
	Users   []User
	HasNext bool
}

// Users returns page number page, from 0, of 1 to MaxSize accounts each, newest
// first, and whoever else is banned; with query, those that have it in their name
// or username.
func (s *Service) Users(ctx context.Context, who token.Identity, query string, page, size int) (Page, error) {
	if err := s.governs(ctx, who); err != nil {
		return Page{}, err
	}
	if size < 1 || size > MaxSize || page < 0 || page > maxSkip/size {
		return Page{}, hubbub.Refuse(hubbub.CodeBadRequest, "pages have 1 to %d users, and %d users before them at most", MaxSize, maxSkip)
	}
	found, err := s.store.Users(ctx, text.Fold(strings.TrimSpace(query)), size+1, page*size)
	if err != nil {
		return Page{}, unavailable(err)
	}
	p := Page{Users: found, HasNext: len(found) > size}
	p.Users = p.Users[:min(size, len(found))]
	return p, nil
}

// All gives every user that Users would, to an operator.
func (s *Service) All(ctx context.Context, query string) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		for skip := 0; ; skip += MaxSize {
			found, err := s.store.Users(ctx, text.Fold(strings.TrimSpace(query)), MaxSize, skip)
			if err != nil {
				yield(User{}, unavailable(err))
				return
			}
			for _, u := range found {
				if !yield(u, nil) {
					return
				}
			}
			if len(found) < MaxSize {
				return
			}
		}
	}
}

// SetAdmin gives or takes the role of the admin. Nobody takes it from themselves,
// so that one is left.
func (s *Service) SetAdmin(ctx context.Context, who token.Identity, id hubbub.UserID, admin bool) (User, error) {
	if err := s.governs(ctx, who); err != nil {
		return User{}, err
	}
	u, err := s.user(ctx, id)
	switch {
	case err != nil:
		return User{}, err
	case id == who.User && !admin:
		return User{}, hubbub.Refuse(hubbub.CodeForbidden, "nobody takes the role from themselves; another admin does")
	}
	return s.setAdmin(ctx, u, admin)
}

// SetRole does so for an operator, to the account of a username, whoever it is.
func (s *Service) SetRole(ctx context.Context, username string, admin bool) (User, error) {
	u, err := s.byUsername(ctx, username)
	if err != nil {
		return User{}, err
	}
	return s.setAdmin(ctx, u, admin)
}

func (s *Service) setAdmin(ctx context.Context, u User, admin bool) (User, error) {
	switch {
	case u.Kind != KindAccount:
		return User{}, errAccountsOnly
	case admin && u.Ban.Holds(s.o.Now()):
		return User{}, hubbub.Refuse(hubbub.CodeForbidden, "%s is banned; lift the ban first", u.Name)
	case admin == u.Admin:
		return u, nil
	}
	if err := s.store.SetAdmin(ctx, u.ID, admin); err != nil {
		return User{}, missing(err)
	}
	u.Admin = admin
	s.mustRevoke(ctx, u.ID, ReasonChanged) // what they hold says otherwise
	return u, nil
}

// Ban keeps somebody out of the site, for good or as long as lasts is: also
// somebody who has no account here. Nobody bans an admin or themselves.
func (s *Service) Ban(ctx context.Context, who token.Identity, id hubbub.UserID, reason string, lasts time.Duration) (User, error) {
	if err := s.governs(ctx, who); err != nil {
		return User{}, err
	}
	b, err := s.ban(who.User, reason, lasts)
	if err != nil {
		return User{}, err
	}
	u, err := s.target(ctx, id)
	switch {
	case err != nil:
		return User{}, err
	case id == who.User:
		return User{}, hubbub.Refuse(hubbub.CodeForbidden, "nobody bans themselves")
	case u.Admin:
		return User{}, hubbub.Refuse(hubbub.CodeForbidden, "an admin cannot be banned; take the role first")
	}
	if err := s.store.SetBan(ctx, id, b); err != nil {
		return User{}, missing(err)
	}
	u.Ban = b
	s.o.Logger.Info("a user was banned from the site", "user", id, "by", who.User, "until", b.Until)
	s.o.OnBan(id, b, b.refusal(b.At))
	return u, nil
}

// Unban lifts a ban. That there is none is no error.
func (s *Service) Unban(ctx context.Context, who token.Identity, id hubbub.UserID) error {
	if err := s.governs(ctx, who); err != nil {
		return err
	}
	err := s.store.SetBan(ctx, id, Ban{})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return unavailable(err)
	}
	s.o.Logger.Info("a ban from the site was lifted", "user", id, "by", who.User)
	return nil
}

func (s *Service) ban(by hubbub.UserID, reason string, lasts time.Duration) (Ban, error) {
	b := Ban{By: by, At: s.o.Now()}
	if strings.TrimSpace(reason) != "" {
		var err error
		if b.Reason, err = text.Content(reason, text.Limits{Characters: maxReason, Bytes: 1 << 10}); err != nil {
			return Ban{}, hubbub.Refuse(hubbub.CodeBadRequest, "the reason: %s", hubbub.AsError(err).Message)
		}
	}
	if lasts < 0 || lasts > MaxBan {
		return Ban{}, hubbub.Refuse(hubbub.CodeBadRequest, "a ban lasts 1 to %d seconds, or, without, for good", int64(MaxBan/time.Second))
	}
	if lasts > 0 {
		b.Until = b.At.Add(lasts)
	}
	return b, nil
}

// target returns whom to ban; of somebody who has only a token of another system
// it makes a row that can say so.
func (s *Service) target(ctx context.Context, id hubbub.UserID) (User, error) {
	u, err := s.store.User(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return u, missing(err)
	}
	if !printable(id) {
		return User{}, errUserNotFound
	}
	u = User{ID: id, Kind: KindOther, Name: string(id), CreatedAt: s.o.Now()}
	if err := s.store.CreateUser(ctx, Newcomer{User: u}); err != nil {
		return User{}, unavailable(err)
	}
	return u, nil
}

// printable says whether id can be the subject of a token.
func printable(id hubbub.UserID) bool {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	return id != "" && len(id) <= 128 && utf8.ValidString(string(id)) && !strings.ContainsFunc(string(id), odd)
}

// governs refuses who is no admin (any more).
func (s *Service) governs(ctx context.Context, who token.Identity) error {
	_, roles, err := s.Describe(ctx, who)
	if err != nil {
		return err
	}
	if !slices.Contains(roles, hubbub.RoleAdmin) {
		return hubbub.Refuse(hubbub.CodeForbidden, "this is for admins")
	}
	return nil
}
