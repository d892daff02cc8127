package app

import (
	"context"
	"io"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// Streams opens the streams of a site for an operator's command, also while
// a server runs on it: that one sees what changed within half a minute. The
// accounts are for finding who is to be a host. The caller closes what it returns.
func Streams(ctx context.Context, s Site) (*streams.Service, *account.Service, io.Closer, error) {
	meta, closer, err := s.open(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	directory := streams.NewDirectory(meta, streams.DirectoryOptions{})
	return streams.NewService(meta, directory), account.New(meta, noKeys{}, account.Options{}), closer, nil
}
