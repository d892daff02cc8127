package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta/query"
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
	switch {
	case taken(err):
		return streams.ErrExists
	case err != nil:
		return fmt.Errorf("create stream %s: %w", st.ID, err)
	}
	return nil
}

// Stream returns a stream.
func (s *Store) Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	row, err := s.read.GetStream(ctx, string(id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return hubbub.Stream{}, streams.ErrNotFound
	case err != nil:
		return hubbub.Stream{}, fmt.Errorf("read stream %s: %w", id, err)
	}
	return streamOf(row), nil
}

// EndStream ends a stream.
func (s *Store) EndStream(ctx context.Context, id hubbub.StreamID, at time.Time) error {
	ended, err := s.write.EndStream(ctx, query.EndStreamParams{EndedAt: millis(at), ID: string(id)})
	if err != nil {
		return fmt.Errorf("end stream %s: %w", id, err)
	}
	if ended == 0 { // ended before, or not there
		_, err = s.Stream(ctx, id)
	}
	return err
}

// Streams lists streams, newest first.
func (s *Store) Streams(ctx context.Context, status string, limit, skip int) (list []hubbub.Stream, err error) {
	var rows []query.Stream
	if status == "" {
		rows, err = s.read.ListStreams(ctx, query.ListStreamsParams{Limit: int64(limit), Offset: int64(skip)})
	} else {
		rows, err = s.read.ListStreamsByStatus(ctx, query.ListStreamsByStatusParams{Status: status, Limit: int64(limit), Offset: int64(skip)})
	}
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	for _, row := range rows {
		list = append(list, streamOf(row))
	}
	return list, nil
}

func streamOf(row query.Stream) hubbub.Stream {
	return hubbub.Stream{
		ID: hubbub.StreamID(row.ID), HostID: hubbub.UserID(row.HostID), HostName: row.HostName, HostPicture: row.HostPicture,
		Title: row.Title, Status: row.Status, Language: row.Language,
		ThumbnailURL: row.ThumbnailUrl, PlaybackURL: row.PlaybackUrl, Demo: row.Demo != 0,
		CreatedAt: timeOf(row.CreatedAt), EndedAt: timeOf(row.EndedAt),
	}
}
