package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// The kinds of codes.
const (
	CodeReset = "reset" // sets the password of its user
	CodeClaim = "claim" // makes the first admin
)

// resetTTL is how long the link of a reset is good.
const resetTTL = 24 * time.Hour

// A Code is what is kept of a one-time link. The code itself has 130 random bits,
// so that its hash needs no salt and no slowness.
type Code struct {
	Hash      Hash
	Kind      string
	User      hubbub.UserID // "" of claims
	ExpiresAt time.Time     // zero: never
}

// ClaimLink and ResetLink are where the page of a site takes a code: behind a #,
// so that it is in no server's log.
func ClaimLink(site, code string) string { return strings.TrimRight(site, "/") + "/claim#" + code }

// ResetLink is as ClaimLink.
func ResetLink(site, code string) string { return strings.TrimRight(site, "/") + "/reset#" + code }

// newCode makes the text of a code and what is kept of it.
func (s *Service) newCode(kind string, user hubbub.UserID, ttl time.Duration) (string, Code) {
	secret := rand.Text()
	c := Code{Hash: codeHash(secret), Kind: kind, User: user}
	if ttl > 0 {
		c.ExpiresAt = s.o.Now().Add(ttl)
	}
	return secret, c
}

// codeHash takes a code as people type it too.
func codeHash(code string) Hash {
	return sha256.Sum256([]byte(strings.ToUpper(strings.TrimSpace(code))))
}

// good returns what is kept of a code of the kind that can still be used.
func (s *Service) good(ctx context.Context, kind, code string) (Code, error) {
	c, err := s.store.Code(ctx, codeHash(code))
	switch {
	case errors.Is(err, ErrNotFound):
		return Code{}, errCode
	case err != nil:
		return Code{}, unavailable(err)
	case c.Kind != kind || !c.ExpiresAt.IsZero() && !s.o.Now().Before(c.ExpiresAt):
		return Code{}, errCode
	}
	return c, nil
}

var errCode = hubbub.Refuse(hubbub.CodeCodeInvalid, "this link is not good (any more); ask for a new one")

// OfferClaim makes the code by which somebody becomes the first admin, in the
// place of any before; "" if there is an admin.
func (s *Service) OfferClaim(ctx context.Context) (code string, err error) {
	code, c := s.newCode(CodeClaim, "", 0)
	put, err := s.store.PutClaim(ctx, c.Hash)
	switch {
	case err != nil:
		return "", unavailable(err)
	case !put:
		return "", nil
	}
	return code, nil
}

// Claimable says whether a claim is on offer.
func (s *Service) Claimable(ctx context.Context) (bool, error) {
	claimable, err := s.store.Claimable(ctx)
	if err != nil {
		return false, unavailable(err)
	}
	return claimable, nil
}

// Claim makes the first admin, by the code that the server printed.
func (s *Service) Claim(ctx context.Context, code string, a Application) (Session, error) {
	c, err := s.good(ctx, CodeClaim, code)
	if err != nil {
		return Session{}, err
	}
	return s.admit(ctx, a, func(n *Newcomer) { n.User.Admin, n.Claim = true, c.Hash })
}

// OfferReset makes the code by which the account of a username gets a new
// password, within 24 hours, in the place of any before.
func (s *Service) OfferReset(ctx context.Context, username string) (code string, err error) {
	u, err := s.byUsername(ctx, username)
	if err != nil {
		return "", err
	}
	code, c := s.newCode(CodeReset, u.ID, resetTTL)
	if err := s.store.PutCode(ctx, c); err != nil {
		return "", unavailable(err)
	}
	return code, nil
}

// Reset sets a password by a reset's code and signs in; all who were signed in
// are out.
func (s *Service) Reset(ctx context.Context, code, password string) (Session, error) {
	c, err := s.good(ctx, CodeReset, code)
	if err != nil {
		return Session{}, err
	}
	u, err := s.user(ctx, c.User)
	if err != nil {
		return Session{}, err
	}
	if u.Ban.Holds(s.o.Now()) {
		return Session{}, u.Ban.refusal(s.o.Now())
	}
	return s.renew(ctx, u, password, func(phc string, f Family) error {
		err := s.store.ResetPassword(ctx, c.Hash, phc, f)
		if errors.Is(err, ErrNotFound) { // somebody else was faster with the same link
			return errCode
		}
		return err
	})
}
