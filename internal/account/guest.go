package account

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// Guest signs in somebody new under a name of their choice, with a number behind
// it: names of guests are not theirs alone.
func (s *Service) Guest(ctx context.Context, name string) (Session, error) {
	if s.o.GuestsOff {
		return Session{}, hubbub.Refuse(hubbub.CodeGuestsOff, "this site takes no guests; sign in with an account")
	}
	name, err := text.Name(name)
	if err != nil {
		return Session{}, err
	}
	u := User{
		ID: hubbub.UserID("g-" + strings.ToLower(rand.Text())), Kind: KindGuest,
		Name: fmt.Sprintf("%s#%04d", name, number()), CreatedAt: s.o.Now(),
	}
	session, family, err := s.signIn(u)
	if err != nil {
		return Session{}, err
	}
	if err := s.store.CreateUser(ctx, Newcomer{User: u, Family: family}); err != nil {
		return Session{}, unavailable(err)
	}
	return session, nil
}

func number() int64 {
	n, err := rand.Int(rand.Reader, big.NewInt(10_000))
	if err != nil { // crypto/rand does not fail on the systems we run on
		panic(err)
	}
	return n.Int64()
}
