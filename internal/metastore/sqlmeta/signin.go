package sqlmeta

import (
	"context"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
)

// BeginFamily adds a family, if the password is still the one.
func (s *Store) BeginFamily(ctx context.Context, f account.Family, password string) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		if err := wantPassword(ctx, q, f.User, password); err != nil {
			return err
		}
		return insertFamily(ctx, q, f)
	})
	return asked(err, "sign in user %s", f.User)
}

func insertFamily(ctx context.Context, q *query.Queries, f account.Family) error {
	return q.CreateFamily(ctx, query.CreateFamilyParams{
		ID: f.ID, UserID: string(f.User), Hash: f.Hash[:], CreatedAt: millis(f.CreatedAt), ExpiresAt: millis(f.ExpiresAt),
	})
}

// Family returns a family.
func (s *Store) Family(ctx context.Context, id string) (account.Family, error) {
	row, err := s.read.GetFamily(ctx, id)
	if err != nil {
		return account.Family{}, asked(err, "read a sign-in")
	}
	f := account.Family{
		ID: row.ID, User: hubbub.UserID(row.UserID),
		CreatedAt: timeOf(row.CreatedAt), ExpiresAt: timeOf(row.ExpiresAt), EndedAt: timeOf(row.EndedAt),
	}
	copy(f.Hash[:], row.Hash)
	return f, nil
}

// RotateFamily replaces the hash of a family, if it is old.
func (s *Store) RotateFamily(ctx context.Context, id string, old, next account.Hash, expires time.Time) (bool, error) {
	rotated, err := s.write.RotateFamily(ctx, query.RotateFamilyParams{ID: id, Old: old[:], Next: next[:], ExpiresAt: millis(expires)})
	return rotated == 1, asked(err, "renew a sign-in")
}

// EndFamily ends a family.
func (s *Store) EndFamily(ctx context.Context, id string, at time.Time) error {
	return asked(s.write.EndFamily(ctx, query.EndFamilyParams{ID: id, EndedAt: millis(at)}), "end a sign-in")
}

func (s *Store) insertIdentity(ctx context.Context, q *query.Queries, n account.Newcomer) error {
	if n.Identity.Issuer == "" {
		return nil
	}
	err := q.CreateIdentity(ctx, query.CreateIdentityParams{
		Issuer: n.Identity.Issuer, Subject: n.Identity.Subject, UserID: string(n.User.ID), CreatedAt: millis(n.User.CreatedAt),
	})
	if s.taken(err) {
		return account.ErrIdentityTaken
	}
	return err
}

// Identity returns whose identity it is.
func (s *Store) Identity(ctx context.Context, id account.Identity) (hubbub.UserID, error) {
	user, err := s.read.GetIdentity(ctx, query.GetIdentityParams{Issuer: id.Issuer, Subject: id.Subject})
	return hubbub.UserID(user), asked(err, "read whose identity it is")
}

// PutCode adds a code in the place of others.
func (s *Store) PutCode(ctx context.Context, c account.Code) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		if err := q.DeleteCodesOf(ctx, query.DeleteCodesOfParams{Kind: c.Kind, UserID: string(c.User)}); err != nil {
			return err
		}
		return insertCode(ctx, q, c)
	})
	return asked(err, "keep a one-time code")
}

// PutClaim adds a claim unless there is an admin.
func (s *Store) PutClaim(ctx context.Context, hash account.Hash) (put bool, err error) {
	err = s.transact(ctx, func(q *query.Queries) error {
		put = false // also when tried again
		admins, err := q.CountAdmins(ctx)
		if err != nil {
			return err
		}
		if err := endClaims(ctx, q); err != nil || admins > 0 {
			return err
		}
		put = true
		return insertCode(ctx, q, account.Code{Hash: hash, Kind: account.CodeClaim})
	})
	return put && err == nil, asked(err, "keep a claim")
}

// Code returns a code.
func (s *Store) Code(ctx context.Context, hash account.Hash) (account.Code, error) {
	row, err := s.read.GetCode(ctx, hash[:])
	if err != nil {
		return account.Code{}, asked(err, "read a one-time code")
	}
	return account.Code{Hash: hash, Kind: row.Kind, User: hubbub.UserID(row.UserID), ExpiresAt: timeOf(row.ExpiresAt)}, nil
}

// Claimable says whether there is a claim.
func (s *Store) Claimable(ctx context.Context) (bool, error) {
	n, err := s.read.CountCodes(ctx, account.CodeClaim)
	return n > 0, asked(err, "look for a claim")
}

func insertCode(ctx context.Context, q *query.Queries, c account.Code) error {
	return q.CreateCode(ctx, query.CreateCodeParams{Hash: c.Hash[:], Kind: c.Kind, UserID: string(c.User), ExpiresAt: millis(c.ExpiresAt)})
}

// takeCode uses up a code that has to be there.
func takeCode(ctx context.Context, q *query.Queries, hash account.Hash) error {
	n, err := q.DeleteCode(ctx, hash[:])
	return changed(n, err, "use it up")
}

func endClaims(ctx context.Context, q *query.Queries) error {
	return q.DeleteCodesOf(ctx, query.DeleteCodesOfParams{Kind: account.CodeClaim})
}

// Sweep removes expired families and codes, then guests without a family.
func (s *Store) Sweep(ctx context.Context, now, guests time.Time) (int64, error) {
	return sweep(ctx, sweeping{"sign-ins", s.write.SweepFamilies, now}, sweeping{"one-time codes", s.write.SweepCodes, now},
		sweeping{"guests", s.write.SweepGuests, guests})
}

// sweeping removes what is from before a time.
type sweeping struct {
	what   string
	remove func(ctx context.Context, millis int64) (int64, error)
	before time.Time
}

// sweep removes one after the other and returns how many rows went.
func sweep(ctx context.Context, steps ...sweeping) (swept int64, err error) {
	for _, step := range steps {
		n, err := step.remove(ctx, millis(step.before))
		if err != nil {
			return swept, fmt.Errorf("sweep %s: %w", step.what, err)
		}
		swept += n
	}
	return swept, nil
}
