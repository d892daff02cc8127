package sqlitemeta

import (
	"context"
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
	return asked(err, "revoke tokens")
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
	var list []account.Revocation
	for _, row := range rows {
		list = append(list, account.Revocation{
			ID: row.ID, User: hubbub.UserID(row.UserID), Token: row.Token, Reason: account.Reason(row.Reason),
			Before: timeOf(row.IssuedBefore), At: timeOf(row.NotedAt), Until: timeOf(row.VoidUntil),
		})
	}
	return list, asked(err, "read what was revoked")
}

// SweepTokens removes revocations and bots that are over.
func (s *Store) SweepTokens(ctx context.Context, now time.Time) (int64, error) {
	return sweep(ctx, sweeping{"revocations", s.write.SweepRevocations, now}, sweeping{"tokens of bots", s.write.SweepBots, now})
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
	return asked(err, "make a token for a bot of %s", b.User)
}

// Bot returns a bot.
func (s *Store) Bot(ctx context.Context, id string) (account.Bot, error) {
	row, err := s.read.GetBot(ctx, id)
	if err != nil {
		return account.Bot{}, asked(err, "read a bot")
	}
	return botOf(row), nil
}

// Bots lists the bots of a user that are good.
func (s *Store) Bots(ctx context.Context, user hubbub.UserID, now time.Time) ([]account.Bot, error) {
	rows, err := s.read.ListBots(ctx, query.ListBotsParams{UserID: string(user), ExpiresAt: millis(now)})
	var list []account.Bot
	for _, row := range rows {
		list = append(list, botOf(row))
	}
	return list, asked(err, "list the bots of %s", user)
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
		if err := changed(ended, err, "remove it"); err != nil {
			return err
		}
		return revoke(ctx, q, r)
	})
	return asked(err, "end a bot of %s", r.User)
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
	return asked(err, "note when bots were seen")
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
	return hubbub.UserID(user), asked(err, "read whose identity it is")
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
	var list []account.Erasure
	for _, row := range rows {
		list = append(list, account.Erasure{User: hubbub.UserID(row.UserID), At: timeOf(row.NotedAt)})
	}
	return list, asked(err, "read which erasures were begun")
}

// EndErasure forgets that an erasure was begun.
func (s *Store) EndErasure(ctx context.Context, user hubbub.UserID) error {
	return asked(s.write.DeleteErasure(ctx, string(user)), "end the erasure of %s", user)
}
