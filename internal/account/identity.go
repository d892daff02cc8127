package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/text"
)

// An Identity names somebody at a provider.
type Identity struct {
	Issuer, Subject string
}

// ErrIdentityTaken is returned by a Store for an identity that somebody has.
var ErrIdentityTaken = errors.New("the identity is somebody's")

// An IdentityStore keeps whose identities they are, under the terms of a Store. They
// are made along with their user.
type IdentityStore interface {
	// Identity returns whose identity it is, or ErrNotFound.
	Identity(ctx context.Context, id Identity) (hubbub.UserID, error)
}

// identified signs in whom a provider knows.
func (s *Service) identified(ctx context.Context, p oidc.Person) (Session, error) {
	for range 3 { // of two first sign-ins at once, one makes the account and the other finds it
		user, err := s.store.Identity(ctx, Identity{p.Issuer, p.Subject})
		switch {
		case err == nil:
			return s.welcome(ctx, user)
		case !errors.Is(err, ErrNotFound):
			return Session{}, unavailable(err)
		}
		session, err := s.enrol(ctx, p)
		if !errors.Is(err, ErrIdentityTaken) {
			return session, err
		}
	}
	return Session{}, unavailable(ErrIdentityTaken)
}

// welcome signs in to an account whose holder has proved who they are.
func (s *Service) welcome(ctx context.Context, id hubbub.UserID) (Session, error) {
	u, err := s.user(ctx, id)
	switch {
	case err != nil:
		return Session{}, err
	case u.Ban.Holds(s.o.Now()):
		return Session{}, u.Ban.refusal(s.o.Now())
	}
	stored, err := s.store.Password(ctx, id)
	if err != nil {
		return Session{}, missing(err)
	}
	return s.begin(ctx, u, stored, errAttempt)
}

// enrol makes an account for whom a provider knows, under the name that they have
// there, or one like it that is free. The operator who named the provider wants
// its people in: whether others may sign up is another question.
func (s *Service) enrol(ctx context.Context, p oidc.Person) (Session, error) {
	for n := 1; ; n++ {
		u := s.newAccount(usernameLike(p.Username, n), nameLike(p.Name, n))
		if text.Link(p.Picture) {
			u.Picture = p.Picture
		}
		session, family, err := s.signIn(u)
		if err != nil {
			return Session{}, err
		}
		err = s.store.CreateUser(ctx, Newcomer{User: u, Family: family, Identity: Identity{p.Issuer, p.Subject}})
		switch {
		case err == nil:
			return session, nil
		case errors.Is(err, ErrIdentityTaken):
			return Session{}, err
		case !errors.Is(err, ErrNameTaken) && !errors.Is(err, ErrUsernameTaken), n >= 10:
			return Session{}, unavailable(err)
		}
	}
}

// nameLike makes an account's name of one from elsewhere, for the nth try: what
// cannot stand in a name is left out, and it is cut where it is too long.
func nameLike(name string, n int) string {
	suffix := suffix(n, " ")
	runes := slices.DeleteFunc([]rune(strings.ToValidUTF8(name, "")), func(r rune) bool { return !unicode.IsGraphic(r) })
	for length := min(len(runes), 64); length > 0; length-- {
		if made, err := accountName(string(runes[:length]) + suffix); err == nil {
			return made
		}
	}
	return "user" + suffix + " " + strings.ToLower(rand.Text()[:6])
}

var notUsername = regexp.MustCompile(`[^a-z0-9_.-]+`)

// usernameLike makes a username of one from elsewhere, for the nth try. People who
// came by a provider do not need it; an operator does, to name them.
func usernameLike(name string, n int) string {
	name, _, _ = strings.Cut(strings.ToLower(name), "@")
	name = notUsername.ReplaceAllString(name, "")
	name = name[:min(len(name), 20)]
	if len(name) < 3 {
		name = "user-" + strings.ToLower(rand.Text()[:8])
	}
	return name + suffix(n, "-")
}

// suffix tells those of one name apart: the first has none, the next have numbers,
// and from then on it is chance.
func suffix(n int, sep string) string {
	switch {
	case n == 1:
		return ""
	case n < 5:
		return fmt.Sprint(sep, n)
	}
	return sep + strings.ToLower(rand.Text()[:6])
}
