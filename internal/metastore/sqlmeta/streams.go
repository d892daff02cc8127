package sqlmeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// CreateStream adds a stream.
func (s *Store) CreateStream(ctx context.Context, st hubbub.Stream) error {
	err := s.write.CreateStream(ctx, query.CreateStreamParams{
		ID: string(st.ID), HostID: string(st.HostID), HostName: st.HostName, HostPicture: st.HostPicture,
		Title: st.Title, Status: st.Status, Language: st.Language,
		ThumbnailUrl: st.ThumbnailURL, PlaybackUrl: st.PlaybackURL, Demo: flag(st.Demo),
		CreatedAt: millis(st.CreatedAt), EndedAt: millis(st.EndedAt),
	})
	if s.taken(err) {
		return streams.ErrExists
	}
	return of(err, "create", st.ID)
}

// Stream returns a stream with its moderators. One who is named between the two
// questions is with the next copy.
func (s *Store) Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	row, err := s.read.GetStream(ctx, string(id))
	if err != nil {
		return hubbub.Stream{}, of(err, "read", id)
	}
	st := streamOf(row)
	moderators, err := s.read.ListModerators(ctx, string(id))
	if err != nil {
		return hubbub.Stream{}, of(err, "read the moderators of", id)
	}
	for _, user := range moderators {
		st.Moderators = append(st.Moderators, hubbub.UserID(user))
	}
	return st, nil
}

// EditStream changes a stream.
func (s *Store) EditStream(ctx context.Context, id hubbub.StreamID, e streams.Edit) error {
	edited, err := s.write.EditStream(ctx, query.EditStreamParams{
		ID: string(id), Title: optional(e.Title), Language: optional(e.Language),
		ThumbnailUrl: optional(e.ThumbnailURL), PlaybackUrl: optional(e.PlaybackURL),
	})
	return found(edited, err, "edit", id)
}

// EndStream ends a stream.
func (s *Store) EndStream(ctx context.Context, id hubbub.StreamID, at time.Time) error {
	ended, err := s.write.EndStream(ctx, query.EndStreamParams{EndedAt: millis(at), ID: string(id)})
	if err == nil && ended == 0 { // ended before, or not there
		_, err = s.Stream(ctx, id)
		return err
	}
	return of(err, "end", id)
}

// DeleteStream leaves the row, without what was in it, so that the id stays taken.
func (s *Store) DeleteStream(ctx context.Context, id hubbub.StreamID, at time.Time) error {
	var deleted int64
	err := s.transact(ctx, func(q *query.Queries) (err error) {
		if deleted, err = q.DeleteStream(ctx, query.DeleteStreamParams{EndedAt: millis(at), ID: string(id)}); err != nil {
			return err
		}
		if err := q.RemoveModerators(ctx, string(id)); err != nil {
			return err
		}
		return q.DeleteWords(ctx, string(id))
	})
	return found(deleted, err, "delete", id)
}

// RenameHost changes the host's name and picture in all their streams.
func (s *Store) RenameHost(ctx context.Context, host hubbub.UserID, name, picture string) error {
	err := s.write.RenameHost(ctx, query.RenameHostParams{HostID: string(host), HostName: name, HostPicture: picture})
	if err != nil {
		return fmt.Errorf("rename the host of streams %s: %w", host, err)
	}
	return nil
}

// Streams lists streams, newest first.
func (s *Store) Streams(ctx context.Context, f streams.Filter, limit, skip int) (list []hubbub.Stream, err error) {
	var rows []query.Stream
	most, offset := int64(limit), int64(skip)
	switch {
	case f.Host != "" && f.Status != "":
		rows, err = s.read.ListStreamsByHostAndStatus(ctx, query.ListStreamsByHostAndStatusParams{
			HostID: string(f.Host), Status: f.Status, Limit: most, Offset: offset,
		})
	case f.Host != "":
		rows, err = s.read.ListStreamsByHost(ctx, query.ListStreamsByHostParams{HostID: string(f.Host), Limit: most, Offset: offset})
	case f.Status != "":
		rows, err = s.read.ListStreamsByStatus(ctx, query.ListStreamsByStatusParams{Status: f.Status, Limit: most, Offset: offset})
	default:
		rows, err = s.read.ListStreams(ctx, query.ListStreamsParams{Limit: most, Offset: offset})
	}
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	for _, row := range rows {
		list = append(list, streamOf(row))
	}
	return list, nil
}

// CountStreams counts the streams of a host.
func (s *Store) CountStreams(ctx context.Context, host hubbub.UserID, status string) (int, error) {
	n, err := s.read.CountStreams(ctx, query.CountStreamsParams{HostID: string(host), Status: status})
	if err != nil {
		return 0, fmt.Errorf("count the streams of %s: %w", host, err)
	}
	return int(n), nil
}

var errFull = errors.New("there are as many moderators as there may be")

// AddModerator adds a moderator.
func (s *Store) AddModerator(ctx context.Context, id hubbub.StreamID, user hubbub.UserID, at time.Time, most int) (full bool, err error) {
	err = s.transact(ctx, func(q *query.Queries) error {
		if _, err := q.GetStream(ctx, string(id)); err != nil {
			return err
		}
		err := q.AddModerator(ctx, query.AddModeratorParams{StreamID: string(id), UserID: string(user), CreatedAt: millis(at)})
		if s.taken(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if n, err := q.CountModerators(ctx, string(id)); err != nil || n <= int64(most) {
			return err
		}
		return errFull // and nothing is added
	})
	if errors.Is(err, errFull) {
		return true, nil
	}
	return false, of(err, "name a moderator of", id)
}

// RemoveModerator removes a moderator.
func (s *Store) RemoveModerator(ctx context.Context, id hubbub.StreamID, user hubbub.UserID) (bool, error) {
	removed, err := s.write.RemoveModerator(ctx, query.RemoveModeratorParams{StreamID: string(id), UserID: string(user)})
	return removed > 0, of(err, "remove a moderator of", id)
}

// Words returns the blocked words of a stream.
func (s *Store) Words(ctx context.Context, id hubbub.StreamID) ([]string, error) {
	words, err := s.read.GetWords(ctx, string(id))
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && words == "":
		return nil, nil
	case err != nil:
		return nil, of(err, "read the words of", id)
	}
	return strings.Split(words, "\n"), nil
}

// SetWords replaces the blocked words of a stream.
func (s *Store) SetWords(ctx context.Context, id hubbub.StreamID, words []string) error {
	err := s.transact(ctx, func(q *query.Queries) error {
		if _, err := q.GetStream(ctx, string(id)); err != nil {
			return err
		}
		if err := q.DeleteWords(ctx, string(id)); err != nil || len(words) == 0 {
			return err
		}
		return q.InsertWords(ctx, query.InsertWordsParams{StreamID: string(id), Words: strings.Join(words, "\n")})
	})
	return of(err, "set the words of", id)
}

// found is what a change of n rows of a stream that has to be there comes to.
func found(n int64, err error, what string, id hubbub.StreamID) error {
	if err == nil && n == 0 {
		return streams.ErrNotFound
	}
	return of(err, what, id)
}

// of wraps an error about a stream; one without a row is ErrNotFound.
func of(err error, what string, id hubbub.StreamID) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return streams.ErrNotFound
	}
	return fmt.Errorf("%s stream %s: %w", what, id, err)
}

func optional(s *string) sql.NullString {
	if s == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: *s, Valid: true}
}

func streamOf(row query.Stream) hubbub.Stream {
	return hubbub.Stream{
		ID: hubbub.StreamID(row.ID), HostID: hubbub.UserID(row.HostID), HostName: row.HostName, HostPicture: row.HostPicture,
		Title: row.Title, Status: row.Status, Language: row.Language,
		ThumbnailURL: row.ThumbnailUrl, PlaybackURL: row.PlaybackUrl, Demo: row.Demo != 0,
		CreatedAt: timeOf(row.CreatedAt), EndedAt: timeOf(row.EndedAt),
	}
}
