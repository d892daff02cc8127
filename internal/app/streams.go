package app

import (
	"context"
	"fmt"
	"io"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// Streams opens the streams of a data folder for an operator's command, also while
// a server runs on it: that one sees what changed within half a minute. The
// accounts are for finding who is to be a host. The caller closes what it returns.
func Streams(ctx context.Context, dir string) (*streams.Service, *account.Service, io.Closer, error) {
	meta, err := openMeta(ctx, dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("open the streams in %s: %w", dir, err)
	}
	directory := streams.NewDirectory(meta, streams.DirectoryOptions{})
	return streams.NewService(meta, directory), account.New(meta, noKeys{}, account.Options{}), meta, nil
}
