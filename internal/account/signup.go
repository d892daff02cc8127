package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// An Application is what somebody wants their account to be.
type Application struct {
	Username string
	Password string
	Name     string // "": the username
}

// Signup makes an account and signs in to it.
func (s *Service) Signup(ctx context.Context, a Application) (Session, error) {
	if s.o.SignupOff {
		return Session{}, hubbub.Refuse(hubbub.CodeSignupOff, "this site takes no new accounts; its operator can make one for you")
	}
	return s.admit(ctx, a, func(*Newcomer) {})
}

// Add makes an account without a password, for an operator, and returns the code
// of the link by which its password is set.
func (s *Service) Add(ctx context.Context, username, name string, admin bool) (u User, code string, err error) {
	u, err = s.account(Application{Username: username, Name: name})
	if err != nil {
		return User{}, "", err
	}
	u.Admin = admin
	code, reset := s.newCode(CodeReset, u.ID, resetTTL)
	if err := s.store.CreateUser(ctx, Newcomer{User: u, Reset: reset}); err != nil {
		return User{}, "", refusalOf(err)
	}
	return u, code, nil
}

// admit makes an account, signed in; complete adds what is special about it.
func (s *Service) admit(ctx context.Context, a Application, complete func(*Newcomer)) (Session, error) {
	u, err := s.account(a)
	if err != nil {
		return Session{}, err
	}
	secret, err := password(a.Password, u.Username)
	if err != nil {
		return Session{}, err
	}
	if err := s.free(ctx, u); err != nil { // before the work
		return Session{}, err
	}
	n := Newcomer{User: u}
	complete(&n)
	if n.Password, err = s.hasher.hash(ctx, secret); err != nil {
		return Session{}, err
	}
	session, family, err := s.signIn(n.User)
	if err != nil {
		return Session{}, err
	}
	n.Family = family
	if err := s.store.CreateUser(ctx, n); err != nil {
		return Session{}, refusalOf(err)
	}
	return session, nil
}

// account checks an application, all but its password.
func (s *Service) account(a Application) (User, error) {
	username, err := username(a.Username)
	if err != nil {
		return User{}, err
	}
	name, err := accountName(cmp.Or(a.Name, username))
	if err != nil {
		return User{}, err
	}
	return s.newAccount(username, name), nil
}

func (s *Service) newAccount(username, name string) User {
	return User{
		ID: hubbub.UserID("u-" + strings.ToLower(rand.Text())), Kind: KindAccount,
		Username: username, Name: name, CreatedAt: s.o.Now(),
	}
}

// free refuses a username that is taken; that it is free now is no promise.
func (s *Service) free(ctx context.Context, u User) error {
	switch _, err := s.store.UserByUsername(ctx, u.Username); {
	case err == nil:
		return refusalOf(ErrUsernameTaken)
	case !errors.Is(err, ErrNotFound):
		return unavailable(err)
	}
	return nil
}

var usernames = regexp.MustCompile(`^[a-z0-9_.-]{3,32}$`)

// username returns a username as it is stored and compared.
func username(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if !usernames.MatchString(s) {
		return "", hubbub.Refuse(hubbub.CodeUsernameInvalid, "a username has 3 to 32 of the characters a-z 0-9 _ . and -")
	}
	return s, nil
}

// maxKey bounds the forms under which names are compared, in bytes. A few signs
// stand for a whole phrase.
const maxKey = 272

// guestly is the end of a guest's name, in the form of its looks.
var guestly = regexp.MustCompile(`#[0-9ol]{4}$`)

// accountName returns an account's name as it is stored. Those of guests end in
// a number, and no account's may look like that.
func accountName(s string) (string, error) {
	name, err := text.Name(s)
	if err != nil {
		return "", err
	}
	fold, shape := User{Kind: KindAccount, Name: name}.NameKeys()
	switch {
	case len(fold) > maxKey || len(shape) > maxKey:
		return "", hubbub.Refuse(hubbub.CodeNameInvalid, "the name is too long")
	case guestly.MatchString(shape):
		return "", hubbub.Refuse(hubbub.CodeNameInvalid, "a # and four digits at the end are for guests")
	}
	return name, nil
}

// refusalOf says what a Store's answer to a change means.
func refusalOf(err error) error {
	switch {
	case errors.Is(err, ErrUsernameTaken):
		return hubbub.Refuse(hubbub.CodeUsernameTaken, "this username is taken")
	case errors.Is(err, ErrNameTaken):
		return hubbub.Refuse(hubbub.CodeNameTaken, "this name, or one that looks like it, is taken")
	case errors.Is(err, ErrNotFound):
		return errCode
	}
	return unavailable(err)
}
