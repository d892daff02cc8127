package app

import (
	"cmp"
	"context"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// stores are the adapters that the parts stand on, here all embedded.
type stores struct {
	folder  *folder
	keys    *token.Keys
	meta    *sqlitemeta.Store
	log     eventlog.Log
	archive *sqlitearchive.Archive
	tallies *sqlitetally.Store
	bus     livebus.Bus
	cache   cache.Cache
}

// openStores opens the data folder and everything in it.
func (a *App) openStores(ctx context.Context) (*stores, error) {
	folder, err := openFolder(a.o.Data)
	if err != nil {
		return nil, err
	}
	a.onStop("the data folder", func() error { folder.close(); return nil })
	s := &stores{folder: folder}
	if s.keys, err = a.openKeys(folder.dir); err != nil {
		return nil, err
	}
	if s.meta, err = sqlitemeta.Open(ctx, folder.path(sqlitemeta.File)); err != nil {
		return nil, err
	}
	a.onStop("users and streams", s.meta.Close)
	if s.archive, err = sqlitearchive.Open(ctx, sqlitearchive.Options{Path: folder.path(archiveFile)}); err != nil {
		return nil, err
	}
	a.onStop("the archive", s.archive.Close)
	if s.tallies, err = sqlitetally.Open(ctx, folder.path(sqlitetally.File)); err != nil {
		return nil, err
	}
	a.onStop("the tallies", s.tallies.Close)
	bus := localbus.New(localbus.Options{Logger: a.log})
	a.onStop("the live bus", bus.Close)
	local := localcache.New(localcache.Options{})
	a.onStop("the cache", local.Close)
	s.bus, s.cache = bus, local
	log, err := natslog.Open(ctx, natslog.Options{
		Dir: folder.path(logFolder), Retention: cmp.Or(a.o.LogRetention, -time.Nanosecond), Logger: a.log, Metrics: a.registry,
	})
	if err != nil {
		return nil, err
	}
	a.onStop("the log", log.Close)
	s.log = eventlog.Measure(log, a.registry)
	return s, nil
}

func (a *App) openKeys(dir string) (*token.Keys, error) {
	if a.o.JWTSecret == "" {
		return token.Open(dir, true)
	}
	keys, err := token.FromSecret([]byte(a.o.JWTSecret))
	if err == nil && keys.Weak() {
		a.log.Warn("the token secret is short enough to be guessed from a token; use 32 characters or more")
	}
	return keys, err
}
