package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Accounts opens the accounts of a data folder for an operator's command, also
// while a server runs on it: that one sees what changed by itself. Nobody is signed
// in by it. The caller closes what it returns.
func Accounts(ctx context.Context, dir string) (*account.Service, io.Closer, error) {
	meta, err := openMeta(ctx, dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open the accounts in %s: %w", dir, err)
	}
	return account.New(meta, noKeys{}, account.Options{}), meta, nil
}

// openMeta opens users and streams of a folder that is hubbub's.
func openMeta(ctx context.Context, dir string) (*sqlitemeta.Store, error) {
	text, err := os.ReadFile(filepath.Join(dir, folderFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it is no data folder of hubbub's: name one with --data, or start hubbub serve once to make it")
	}
	if err == nil {
		err = readable(text)
	}
	if err != nil {
		return nil, err
	}
	return sqlitemeta.Open(ctx, filepath.Join(dir, sqlitemeta.File))
}

// noKeys signs nobody in.
type noKeys struct{}

func (noKeys) Mint(token.Identity, time.Duration) (string, error) {
	return "", errors.New("an operator's command signs nobody in")
}
