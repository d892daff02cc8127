package sqlmeta

import (
	"context"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
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
