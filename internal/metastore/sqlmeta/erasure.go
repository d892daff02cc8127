package sqlmeta

import (
	"context"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
)

// EraseUser removes what is kept of a user and notes their erasure.
func (s *Store) EraseUser(ctx context.Context, r account.Revocation) (streams []hubbub.StreamID, err error) {
	user := string(r.User)
	err = s.transact(ctx, func(q *query.Queries) error {
		ids, err := q.ListStreamIDsOf(ctx, user)
		if err != nil {
			return err
		}
		streams = nil // of a transaction that was tried before
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
