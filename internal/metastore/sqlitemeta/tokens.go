package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta/query"
)

// Revoke adds revocations.
func (s *Store) Revoke(ctx context.Context, list ...account.Revocation) error {
	err := s.transact(ctx, func(q *query.Queries) error { return revoke(ctx, q, list...) })
	if err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

func revoke(ctx context.Context, q *query.Queries, list ...account.Revocation) error {
	for _, r := range list {
		err := q.CreateRevocation(ctx, query.CreateRevocationParams{
			ID: r.ID, UserID: string(r.User), Token: r.Token, Reason: string(r.Reason),
			IssuedBefore: millis(r.Before), NotedAt: millis(r.At), VoidUntil: millis(r.Until),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Revocations returns what was revoked since a time and is not over.
func (s *Store) Revocations(ctx context.Context, since, now time.Time) ([]account.Revocation, error) {
	rows, err := s.read.ListRevocations(ctx, query.ListRevocationsParams{NotedAt: millis(since), VoidUntil: millis(now)})
	if err != nil {
		return nil, fmt.Errorf("read what was revoked: %w", err)
	}
	var list []account.Revocation
	for _, row := range rows {
		list = append(list, account.Revocation{
			ID: row.ID, User: hubbub.UserID(row.UserID), Token: row.Token, Reason: account.Reason(row.Reason),
			Before: timeOf(row.IssuedBefore), At: timeOf(row.NotedAt), Until: timeOf(row.VoidUntil),
		})
	}
	return list, nil
}

// SweepTokens removes revocations and bots that are over.
func (s *Store) SweepTokens(ctx context.Context, now time.Time) (int64, error) {
	revocations, err := s.write.SweepRevocations(ctx, millis(now))
	if err != nil {
		return 0, fmt.Errorf("sweep revocations: %w", err)
	}
	bots, err := s.write.SweepBots(ctx, millis(now))
	if err != nil {
		return revocations, fmt.Errorf("sweep tokens of bots: %w", err)
	}
	return revocations + bots, nil
}

// CreateBot adds a bot, unless its user has most.
func (s *Store) CreateBot(ctx context.Context, b account.Bot, most int) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		has, err := q.CountBots(ctx, query.CountBotsParams{UserID: string(b.User), ExpiresAt: millis(b.CreatedAt)})
		if err != nil {
			return err
		}
		if has >= int64(most) {
			return account.ErrTooMany
		}
		return q.CreateBot(ctx, query.CreateBotParams{
			ID: b.ID, UserID: string(b.User), Name: b.Name, Scopes: strings.Join(b.Scopes, " "),
			CreatedAt: millis(b.CreatedAt), ExpiresAt: millis(b.ExpiresAt),
		})
	})
	if err != nil && !errors.Is(err, account.ErrTooMany) {
		return fmt.Errorf("make a token for a bot of %s: %w", b.User, err)
	}
	return err
}

// Bot returns a bot.
func (s *Store) Bot(ctx context.Context, id string) (account.Bot, error) {
	row, err := s.read.GetBot(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return account.Bot{}, account.ErrNotFound
	case err != nil:
		return account.Bot{}, fmt.Errorf("read a bot: %w", err)
	}
	return botOf(row), nil
}

// Bots lists the bots of a user that are good.
func (s *Store) Bots(ctx context.Context, user hubbub.UserID, now time.Time) ([]account.Bot, error) {
	rows, err := s.read.ListBots(ctx, query.ListBotsParams{UserID: string(user), ExpiresAt: millis(now)})
	if err != nil {
		return nil, fmt.Errorf("list the bots of %s: %w", user, err)
	}
	var list []account.Bot
	for _, row := range rows {
		list = append(list, botOf(row))
	}
	return list, nil
}

func botOf(row query.BotToken) account.Bot {
	return account.Bot{
		ID: row.ID, User: hubbub.UserID(row.UserID), Name: row.Name, Scopes: strings.Fields(row.Scopes),
		CreatedAt: timeOf(row.CreatedAt), ExpiresAt: timeOf(row.ExpiresAt), LastUsedAt: timeOf(row.LastUsedAt),
	}
}

// EndBot removes a bot and revokes its token.
func (s *Store) EndBot(ctx context.Context, r account.Revocation) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		ended, err := q.DeleteBot(ctx, query.DeleteBotParams{ID: r.Token, UserID: string(r.User)})
		switch {
		case err != nil:
			return err
		case ended == 0:
			return account.ErrNotFound
		}
		return revoke(ctx, q, r)
	})
	if err != nil && !errors.Is(err, account.ErrNotFound) {
		return fmt.Errorf("end a bot of %s: %w", r.User, err)
	}
	return err
}

// UseBots notes when bots were seen last.
func (s *Store) UseBots(ctx context.Context, seen map[string]time.Time) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		for id, at := range seen {
			if err := q.UseBot(ctx, query.UseBotParams{ID: id, Seen: millis(at)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note when bots were seen: %w", err)
	}
	return nil
}

func insertIdentity(ctx context.Context, q *query.Queries, n account.Newcomer) error {
	if n.Identity.Issuer == "" {
		return nil
	}
	err := q.CreateIdentity(ctx, query.CreateIdentityParams{
		Issuer: n.Identity.Issuer, Subject: n.Identity.Subject, UserID: string(n.User.ID), CreatedAt: millis(n.User.CreatedAt),
	})
	if taken(err) {
		return account.ErrIdentityTaken
	}
	return err
}

// Identity returns whose identity it is.
func (s *Store) Identity(ctx context.Context, id account.Identity) (hubbub.UserID, error) {
	user, err := s.read.GetIdentity(ctx, query.GetIdentityParams{Issuer: id.Issuer, Subject: id.Subject})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", account.ErrNotFound
	case err != nil:
		return "", fmt.Errorf("read whose identity it is: %w", err)
	}
	return hubbub.UserID(user), nil
}

// EraseUser removes what is kept of a user and notes their erasure.
func (s *Store) EraseUser(ctx context.Context, r account.Revocation) (streams []hubbub.StreamID, err error) {
	user := string(r.User)
	err = s.transact(ctx, func(q *query.Queries) error {
		ids, err := q.ListStreamIDsOf(ctx, user)
		if err != nil {
			return err
		}
		for _, id := range ids {
			streams = append(streams, hubbub.StreamID(id))
		}
		if err := q.EndStreamsOf(ctx, query.EndStreamsOfParams{EndedAt: millis(r.At), HostID: user}); err != nil {
			return err
		}
		for _, forget := range []func(context.Context, string) error{
			q.BlankStreamsOf, q.RemoveModeratorEverywhere, q.DeleteBotsOf, q.DeleteIdentitiesOf,
			q.DeleteFamiliesOf, q.DeleteAllCodesOf, q.DeleteUser, q.DeleteErasure,
		} {
			if err := forget(ctx, user); err != nil {
				return err
			}
		}
		if err := q.CreateErasure(ctx, query.CreateErasureParams{UserID: user, NotedAt: millis(r.At)}); err != nil {
			return err
		}
		return revoke(ctx, q, r)
	})
	if err != nil {
		return nil, fmt.Errorf("erase user %s: %w", user, err)
	}
	return streams, nil
}

// Erasures returns those that were begun.
func (s *Store) Erasures(ctx context.Context) ([]account.Erasure, error) {
	rows, err := s.read.ListErasures(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which erasures were begun: %w", err)
	}
	var list []account.Erasure
	for _, row := range rows {
		list = append(list, account.Erasure{User: hubbub.UserID(row.UserID), At: timeOf(row.NotedAt)})
	}
	return list, nil
}

// EndErasure forgets that an erasure was begun.
func (s *Store) EndErasure(ctx context.Context, user hubbub.UserID) error {
	if err := s.write.DeleteErasure(ctx, string(user)); err != nil {
		return fmt.Errorf("end the erasure of %s: %w", user, err)
	}
	return nil
}
