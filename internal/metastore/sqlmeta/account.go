package sqlmeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
)

// CreateUser makes a user with all that belongs to them.
func (s *Store) CreateUser(ctx context.Context, n account.Newcomer) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		if n.Claim != (account.Hash{}) {
			if err := takeCode(ctx, q, n.Claim); err != nil {
				return err
			}
		}
		if err := s.insertUser(ctx, q, n); err != nil {
			return err
		}
		if n.User.Admin {
			if err := endClaims(ctx, q); err != nil {
				return err
			}
		}
		if n.Reset.Kind != "" {
			if err := insertCode(ctx, q, n.Reset); err != nil {
				return err
			}
		}
		if err := s.insertIdentity(ctx, q, n); err != nil {
			return err
		}
		if n.Family.ID == "" {
			return nil
		}
		return insertFamily(ctx, q, n.Family)
	})
	return asked(err, "create user %s", n.User.ID)
}

func (s *Store) insertUser(ctx context.Context, q *query.Queries, n account.Newcomer) error {
	u := n.User
	fold, shape := u.NameKeys()
	err := q.CreateUser(ctx, query.CreateUserParams{
		ID: string(u.ID), Kind: u.Kind, Name: u.Name, Picture: u.Picture, CreatedAt: millis(u.CreatedAt),
		Username: u.Username, NameFold: fold, NameShape: shape, Password: n.Password, Admin: flag(u.Admin),
		BannedAt: millis(u.Ban.At), BannedUntil: millis(u.Ban.Until), BannedBy: string(u.Ban.By), BanReason: u.Ban.Reason,
	})
	if !s.taken(err) {
		return err
	}
	switch _, byID := q.GetUser(ctx, string(u.ID)); {
	case !errors.Is(byID, sql.ErrNoRows): // ids are random: our mistake
		return err
	case u.Username != "":
		if _, byUsername := q.GetUserByUsername(ctx, u.Username); byUsername == nil {
			return account.ErrUsernameTaken
		}
	}
	return account.ErrNameTaken
}

// User returns a user.
func (s *Store) User(ctx context.Context, id hubbub.UserID) (account.User, error) {
	row, err := s.read.GetUser(ctx, string(id))
	return userOf(row), asked(err, "read user %s", id)
}

// UserByUsername returns the account of a username.
func (s *Store) UserByUsername(ctx context.Context, username string) (account.User, error) {
	row, err := s.read.GetUserByUsername(ctx, username)
	return userOf(row), asked(err, "read the account %s", username)
}

// UserByName returns the account of a name.
func (s *Store) UserByName(ctx context.Context, name string) (account.User, error) {
	fold, _ := account.User{Kind: account.KindAccount, Name: name}.NameKeys()
	row, err := s.read.GetUserByName(ctx, fold)
	return userOf(row), asked(err, "read an account by its name")
}

// Users lists accounts and the banned.
func (s *Store) Users(ctx context.Context, text string, limit, skip int) ([]account.User, error) {
	rows, err := s.read.ListAccounts(ctx, query.ListAccountsParams{Part: strings.ToLower(text), Most: int64(limit), Skip: int64(skip)})
	return usersOf(rows), asked(err, "list users")
}

// SetProfile changes name and picture.
func (s *Store) SetProfile(ctx context.Context, u account.User) error {
	fold, shape := u.NameKeys()
	n, err := s.write.SetProfile(ctx, query.SetProfileParams{ID: string(u.ID), Name: u.Name, NameFold: fold, NameShape: shape, Picture: u.Picture})
	if s.taken(err) {
		return account.ErrNameTaken
	}
	return changed(n, err, "change the profile of user %s", u.ID)
}

// SetAdmin gives or takes the role.
func (s *Store) SetAdmin(ctx context.Context, id hubbub.UserID, admin bool) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		n, err := q.SetAdmin(ctx, query.SetAdminParams{ID: string(id), Admin: flag(admin)})
		if err := changed(n, err, "set it"); err != nil || !admin {
			return err
		}
		return endClaims(ctx, q)
	})
	return asked(err, "change the role of user %s", id)
}

// SetBan bans, or lifts a ban.
func (s *Store) SetBan(ctx context.Context, id hubbub.UserID, b account.Ban) error {
	n, err := s.write.SetBan(ctx, query.SetBanParams{
		ID: string(id), BannedAt: millis(b.At), BannedUntil: millis(b.Until), BannedBy: string(b.By), BanReason: b.Reason,
	})
	return changed(n, err, "change the ban of user %s", id)
}

// Barred lists who has been banned since then.
func (s *Store) Barred(ctx context.Context, since time.Time) ([]account.User, error) {
	rows, err := s.read.ListBarred(ctx, millis(since))
	return usersOf(rows), asked(err, "list the banned")
}

// Password returns the PHC string of a user.
func (s *Store) Password(ctx context.Context, id hubbub.UserID) (string, error) {
	row, err := s.read.GetUser(ctx, string(id))
	return row.Password, asked(err, "read the password of user %s", id)
}

// SetPassword changes a password, and begins f.
func (s *Store) SetPassword(ctx context.Context, old, next string, f account.Family) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		if err := wantPassword(ctx, q, f.User, old); err != nil {
			return err
		}
		return startAnew(ctx, q, next, f)
	})
	return asked(err, "change the password of user %s", f.User)
}

// ResetPassword does so by a code.
func (s *Store) ResetPassword(ctx context.Context, code account.Hash, next string, f account.Family) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		c, err := q.GetCode(ctx, code[:])
		switch {
		case err != nil:
			return err
		case c.Kind != account.CodeReset || c.UserID != string(f.User) || c.ExpiresAt != 0 && c.ExpiresAt <= millis(f.CreatedAt):
			return account.ErrNotFound
		}
		if err := takeCode(ctx, q, code); err != nil {
			return err
		}
		return startAnew(ctx, q, next, f)
	})
	return asked(err, "reset the password of user %s", f.User)
}

// startAnew gives f.User a password, ends what began by the one before, and begins f.
func startAnew(ctx context.Context, q *query.Queries, password string, f account.Family) error {
	n, err := q.SetPassword(ctx, query.SetPasswordParams{ID: string(f.User), Password: password})
	if err := changed(n, err, "set it"); err != nil {
		return err
	}
	if err := q.EndFamiliesOf(ctx, query.EndFamiliesOfParams{UserID: string(f.User), EndedAt: millis(f.CreatedAt)}); err != nil {
		return err
	}
	return insertFamily(ctx, q, f)
}

func wantPassword(ctx context.Context, q *query.Queries, id hubbub.UserID, password string) error {
	row, err := q.GetUser(ctx, string(id))
	if err == nil && row.Password != password {
		return account.ErrNotFound
	}
	return err
}

func userOf(row query.User) account.User {
	return account.User{
		ID: hubbub.UserID(row.ID), Kind: row.Kind, Name: row.Name, Picture: row.Picture, CreatedAt: timeOf(row.CreatedAt),
		Username: row.Username, Admin: row.Admin != 0,
		Ban: account.Ban{
			At: timeOf(row.BannedAt), Until: timeOf(row.BannedUntil), By: hubbub.UserID(row.BannedBy), Reason: row.BanReason,
		},
	}
}

func usersOf(rows []query.User) (list []account.User) {
	for _, row := range rows {
		list = append(list, userOf(row))
	}
	return list
}

// asked wraps what a database answered; what account.Store has a word for stays
// that word.
func asked(err error, format string, args ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, account.ErrNotFound):
		return account.ErrNotFound
	case errors.Is(err, account.ErrUsernameTaken), errors.Is(err, account.ErrNameTaken),
		errors.Is(err, account.ErrIdentityTaken), errors.Is(err, account.ErrTooMany):
		return err
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// changed is asked for a change of one row, which has to be there.
func changed(rows int64, err error, format string, args ...any) error {
	if err == nil && rows == 0 {
		return account.ErrNotFound
	}
	return asked(err, format, args...)
}
