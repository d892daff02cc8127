package app

import (
	"cmp"
	"context"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/mysqltally"
	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/livebus/redisbus"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlepochs"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlmeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/token"
)

// stores are the adapters that the parts stand on.
type stores struct {
	keys    *token.Keys
	meta    *sqlmeta.Store
	log     eventlog.Log
	archive archive.Archive
	tallies worker.Store
	bus     livebus.Bus
	cache   cache.Cache

	files   *files   // nil in a cluster
	cluster *cluster // nil with a data folder
	shared  bool     // with other processes
}

// files are what is in a data folder.
type files struct {
	folder  *folder
	meta    *sqlitemeta.Store
	archive *sqlitearchive.Archive
	tallies *sqlitetally.Store
}

// cluster is what is in the engines.
type cluster struct {
	meta    *mysqlmeta.Store
	tallies *mysqltally.Store
	epochs  *mysqlepochs.Epochs
	log     *kafkalog.Log
	bus     *redisbus.Bus
}

// openStores opens the data folder and everything in it, or connects to a cluster.
func (a *App) openStores(ctx context.Context) (*stores, error) {
	if !a.o.Engines.any() {
		return a.openFiles(ctx)
	}
	keys, err := a.openKeys("")
	if err != nil {
		return nil, err
	}
	s, err := a.openEngines(ctx)
	if err != nil {
		return nil, err
	}
	s.keys = keys
	return s, nil
}

func (a *App) openFiles(ctx context.Context) (*stores, error) {
	folder, err := openFolder(a.o.Data)
	if err != nil {
		return nil, err
	}
	a.onStop("the data folder", func() error { folder.close(); return nil })
	f := &files{folder: folder}
	s := &stores{files: f}
	if s.keys, err = a.openKeys(folder.dir); err != nil {
		return nil, err
	}
	if f.meta, err = sqlitemeta.Open(ctx, folder.path(sqlitemeta.File)); err != nil {
		return nil, err
	}
	a.onStop("users and streams", f.meta.Close)
	if f.archive, err = sqlitearchive.Open(ctx, sqlitearchive.Options{Path: folder.path(archiveFile)}); err != nil {
		return nil, err
	}
	a.onStop("the archive", f.archive.Close)
	if f.tallies, err = sqlitetally.Open(ctx, folder.path(sqlitetally.File)); err != nil {
		return nil, err
	}
	a.onStop("the tallies", f.tallies.Close)
	s.meta, s.archive, s.tallies = f.meta.Store, f.archive, f.tallies
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
	s.log = eventlog.Measure(log, a.registry, eventlog.Required[eventlog.RawChats]...)
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
