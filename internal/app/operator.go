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
	"github.com/hubbub-live/hubbub/internal/engine"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlmeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// A Site is where an operator's command finds users and streams.
type Site struct {
	Data   string `help:"Data folder." default:"./hubbub-data" type:"path"`
	MySQL  string `name:"mysql" help:"Database of a cluster, in place of a data folder: user:password@tcp(host:port)/database." placeholder:"DSN" secret:""`
	Prefix string `help:"Before the database's name, as for the cluster." placeholder:"WORD"`
}

// open opens users and streams, also while servers run on them.
func (s Site) open(ctx context.Context) (*sqlmeta.Store, io.Closer, error) {
	if s.MySQL != "" {
		e := Engines{MySQL: s.MySQL, Prefix: s.Prefix}
		meta, err := mysqlmeta.Open(ctx, e.dsn())
		if refusal := engine.Refusal("MySQL", err); refusal != nil {
			return nil, nil, refusal
		}
		if err != nil {
			return nil, nil, err
		}
		return meta.Store, meta, nil
	}
	meta, err := openMeta(ctx, s.Data)
	if err != nil {
		return nil, nil, fmt.Errorf("open users and streams in %s: %w", s.Data, err)
	}
	return meta.Store, meta, nil
}

// Accounts opens the accounts of a site for an operator's command, also while a
// server runs on it: that one sees what changed by itself. Nobody is signed
// in by it. The caller closes what it returns.
func Accounts(ctx context.Context, s Site) (*account.Service, io.Closer, error) {
	meta, closer, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return account.New(meta, noKeys{}, account.Options{}), closer, nil
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
