package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta/query"
)

// CreateUser adds a user and the family of their first sign-in.
func (s *Store) CreateUser(ctx context.Context, u account.User, f account.Family) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		err := q.CreateUser(ctx, query.CreateUserParams{
			ID: string(u.ID), Kind: u.Kind, Name: u.Name, Picture: u.Picture, CreatedAt: millis(u.CreatedAt),
		})
		if err != nil {
			return err
		}
		return q.CreateFamily(ctx, query.CreateFamilyParams{
			ID: f.ID, UserID: string(f.User), Hash: f.Hash[:], CreatedAt: millis(f.CreatedAt), ExpiresAt: millis(f.ExpiresAt),
		})
	})
	if err != nil {
		return fmt.Errorf("create user %s: %w", u.ID, err)
	}
	return nil
}

// User returns a user.
func (s *Store) User(ctx context.Context, id hubbub.UserID) (account.User, error) {
	row, err := s.read.GetUser(ctx, string(id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return account.User{}, account.ErrNotFound
	case err != nil:
		return account.User{}, fmt.Errorf("read user %s: %w", id, err)
	}
	return account.User{
		ID: hubbub.UserID(row.ID), Kind: row.Kind, Name: row.Name, Picture: row.Picture, CreatedAt: timeOf(row.CreatedAt),
	}, nil
}

// Family returns a family.
func (s *Store) Family(ctx context.Context, id string) (account.Family, error) {
	row, err := s.read.GetFamily(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return account.Family{}, account.ErrNotFound
	case err != nil:
		return account.Family{}, fmt.Errorf("read a sign-in: %w", err)
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
	if err != nil {
		return false, fmt.Errorf("renew a sign-in: %w", err)
	}
	return rotated == 1, nil
}

// EndFamily ends a family.
func (s *Store) EndFamily(ctx context.Context, id string, at time.Time) error {
	if err := s.write.EndFamily(ctx, query.EndFamilyParams{ID: id, EndedAt: millis(at)}); err != nil {
		return fmt.Errorf("end a sign-in: %w", err)
	}
	return nil
}

// Sweep removes expired families, then guests without one.
func (s *Store) Sweep(ctx context.Context, now, guests time.Time) (int64, error) {
	families, err := s.write.SweepFamilies(ctx, millis(now))
	if err != nil {
		return 0, fmt.Errorf("sweep sign-ins: %w", err)
	}
	users, err := s.write.SweepGuests(ctx, millis(guests))
	if err != nil {
		return families, fmt.Errorf("sweep guests: %w", err)
	}
	return families + users, nil
}
