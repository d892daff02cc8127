package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/mysqltally"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/cassandraarchive"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/cache/rediscache"
	"github.com/hubbub-live/hubbub/internal/engine"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
	"github.com/hubbub-live/hubbub/internal/follow"
	"github.com/hubbub-live/hubbub/internal/livebus/redisbus"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlepochs"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlmeta"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// Engines are where a cluster keeps things. Without any, all is kept in the data
// folder of one process.
type Engines struct {
	Kafka         []string `help:"Brokers of Kafka; some are enough, all are found." placeholder:"HOST:PORT"`
	Redis         string   `help:"Master of Redis." placeholder:"HOST:PORT"`
	RedisReplicas []string `help:"Replicas of Redis, in the same order for every process; without, the master has the subscribers too." placeholder:"HOST:PORT"`
	Cassandra     []string `help:"Nodes of Cassandra; some are enough, all are found." placeholder:"HOST:PORT"`
	MySQL         string   `name:"mysql" help:"Database of MySQL: user:password@tcp(host:port)/database." placeholder:"DSN" secret:""`

	KafkaUser         string   `help:"User at Kafka (SASL/SCRAM-SHA-512)." placeholder:"NAME"`
	KafkaPassword     string   `help:"Its password." secret:""`
	RedisUser         string   `help:"User at Redis (ACL); without, a password is the default user's." placeholder:"NAME"`
	RedisPassword     string   `help:"Its password." secret:""`
	CassandraUser     string   `help:"Role at Cassandra." placeholder:"NAME"`
	CassandraPassword string   `help:"Its password." secret:""`
	EnginesTLS        []string `name:"engines-tls" help:"Engines that are spoken to by TLS." enum:"kafka,redis,cassandra,mysql" placeholder:"ENGINE"`
	EnginesCA         string   `name:"engines-ca" help:"Authorities that engines' certificates are of, as PEM; without, those of the system." placeholder:"FILE" type:"path"`

	Prefix string `help:"Before the name of every topic, group, key, keyspace and database: deployments share engines by it." placeholder:"WORD"`
}

// groups are the consumers of raw-chats in this process: in a cluster each says how far
// its own are behind, and asks the brokers for no others.
func (o *Options) groups() (list []string) {
	for role, group := range map[string]string{
		roleRelay: eventlog.GroupRelay, roleArchive: eventlog.GroupArchive, roleAnalysis: eventlog.GroupAnalysis,
	} {
		if o.has(role) {
			list = append(list, group)
		}
	}
	return list
}

// any says whether one is named, and so all must be.
func (e *Engines) any() bool {
	return len(e.Kafka) > 0 || e.Redis != "" || len(e.RedisReplicas) > 0 || len(e.Cassandra) > 0 || e.MySQL != ""
}

// keyspaceName is that of the archive, after the prefix; with it, names are short
// enough for every engine.
const keyspaceName = "hubbub"

var prefixes = regexp.MustCompile(`^([a-z][a-z0-9_]{0,23})?$`)

// Validate says what is missing.
func (e *Engines) Validate() error {
	var errs []error
	if !prefixes.MatchString(e.Prefix) {
		errs = append(errs, errors.New("--prefix has up to 24 of a-z, 0-9 and _, the first a letter"))
	}
	if !e.any() {
		return errors.Join(errs...)
	}
	for flag, ok := range map[string]bool{
		"kafka": len(e.Kafka) > 0, "redis": e.Redis != "", "cassandra": len(e.Cassandra) > 0, "mysql": e.MySQL != "",
	} {
		if !ok {
			errs = append(errs, fmt.Errorf("--%s is missing: with one engine, all of them have to be named", flag))
		}
	}
	if at := strings.LastIndex(e.MySQL, "/"); e.MySQL != "" && (at < 0 || at == len(e.MySQL)-1 || strings.HasPrefix(e.MySQL[at:], "/?")) {
		errs = append(errs, errors.New("--mysql is user:password@tcp(host:port)/database, and names no database"))
	}
	for flag, addresses := range map[string][]string{
		"kafka": e.Kafka, "redis": {e.Redis}, "redis-replicas": e.RedisReplicas, "cassandra": e.Cassandra,
	} {
		for _, address := range addresses {
			if _, _, err := net.SplitHostPort(address); err != nil && address != "" { // that it is missing was said
				errs = append(errs, fmt.Errorf("--%s: %q is no HOST:PORT", flag, address))
			}
		}
	}
	for name, login := range map[string][2]string{"kafka": {e.KafkaUser, e.KafkaPassword}, "cassandra": {e.CassandraUser, e.CassandraPassword}} {
		if (login[0] == "") != (login[1] == "") {
			errs = append(errs, fmt.Errorf("--%s-user and --%s-password go together", name, name))
		}
	}
	if e.RedisUser != "" && e.RedisPassword == "" {
		errs = append(errs, errors.New("--redis-user needs --redis-password"))
	}
	if e.EnginesCA != "" && len(e.EnginesTLS) == 0 {
		errs = append(errs, errors.New("--engines-ca needs --engines-tls: no engine is spoken to by TLS"))
	}
	_, err := engine.Trust(e.EnginesCA)
	return errors.Join(append(errs, err)...)
}

// tls is for one engine; nil if it is spoken to without.
func (e *Engines) tls(name string) (*tls.Config, error) {
	if !slices.Contains(e.EnginesTLS, name) {
		return nil, nil
	}
	return engine.Trust(e.EnginesCA)
}

func (e *Engines) keyspace() (o cassandraarchive.Options, err error) {
	o = cassandraarchive.Options{
		Hosts: e.Cassandra, Keyspace: e.Prefix + keyspaceName, Username: e.CassandraUser, Password: e.CassandraPassword,
	}
	o.TLS, err = e.tls("cassandra")
	return o, err
}

// dsn is that of the database with the prefix, and with TLS if that is wanted.
func (e *Engines) dsn() string {
	at := strings.LastIndex(e.MySQL, "/") + 1
	dsn := e.MySQL[:at] + e.Prefix + e.MySQL[at:]
	if !slices.Contains(e.EnginesTLS, "mysql") {
		return dsn
	}
	separator := "?"
	if strings.Contains(dsn[at:], "?") {
		separator = "&"
	}
	dsn += separator + "tls=true"
	if e.EnginesCA != "" {
		dsn += "&" + mysqldb.Authorities + "=" + url.QueryEscape(e.EnginesCA)
	}
	return dsn
}

// Migrate makes what a cluster keeps things in, unless it is there, and brings schemas
// up to date: topics, keyspace, database. It waits for engines that are not there yet
// until ctx ends. Of several at once the others may fail.
func Migrate(ctx context.Context, e Engines, out IO) error {
	if err := e.Validate(); err != nil {
		return err
	}
	if !e.any() {
		return errors.New("name the engines of the cluster: --kafka, --redis, --cassandra, --mysql; a data folder is brought up to date by hubbub serve")
	}
	a, err := bare(Options{Engines: e, LogFormat: "text", LogLevel: "info"}, out)
	if err != nil {
		return err
	}
	return errors.Join(a.migrate(ctx), a.unwind())
}

func (a *App) migrate(ctx context.Context) error {
	if err := a.makePlace(ctx); err != nil {
		return err
	}
	_, err := a.openEngines(ctx)
	return err
}

// makePlace makes database and keyspace, unless they are there; opening does the rest.
func (a *App) makePlace(ctx context.Context) error {
	e := &a.o.Engines
	if err := a.await(ctx, "MySQL", func(ctx context.Context) error { return mysqldb.Create(ctx, e.dsn()) }); err != nil {
		return err
	}
	return a.await(ctx, "Cassandra", func(ctx context.Context) error {
		o, err := e.keyspace()
		if err != nil {
			return err
		}
		return cassandraarchive.Migrate(ctx, o)
	})
}

// openEngines connects to all engines, and waits for those that are not there yet.
func (a *App) openEngines(ctx context.Context) (*stores, error) {
	e := &a.o.Engines
	s := &stores{shared: true, cluster: &cluster{}}
	for _, step := range []struct {
		engine string
		open   func(context.Context) error
	}{
		{"MySQL", func(ctx context.Context) error { return a.openMySQL(ctx, s) }},
		{"Kafka", func(ctx context.Context) error { return a.openKafka(ctx, s) }},
		{"Redis", func(context.Context) error { return a.openRedis(s) }},
		{"Cassandra", func(ctx context.Context) error {
			o, err := e.keyspace()
			if err != nil {
				return err
			}
			opened, err := cassandraarchive.Open(ctx, o)
			if err != nil {
				return err
			}
			a.onStop("the archive", opened.Close)
			s.archive = opened
			return nil
		}},
	} {
		if err := a.await(ctx, step.engine, step.open); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (a *App) openMySQL(ctx context.Context, s *stores) error {
	dsn := a.o.Engines.dsn()
	meta, err := mysqlmeta.Open(ctx, dsn)
	if err != nil {
		return err
	}
	a.onStop("users and streams", meta.Close)
	tallies, err := mysqltally.Open(ctx, dsn)
	if err != nil {
		return err
	}
	a.onStop("the tallies", tallies.Close)
	epochs, err := mysqlepochs.Open(ctx, dsn)
	if err != nil {
		return err
	}
	a.onStop("the epochs", epochs.Close)
	s.meta, s.tallies = meta.Store, tallies
	s.cluster.meta, s.cluster.tallies, s.cluster.epochs = meta, tallies, epochs
	return nil
}

func (a *App) openKafka(ctx context.Context, s *stores) error {
	p, err := s.cluster.epochs.Partitions(ctx, eventlog.RawChats)
	if err != nil {
		return err
	}
	if p.Moving != 0 && !a.moving {
		return errMoving
	}
	o, err := a.kafka()
	if err != nil {
		return err
	}
	o.Epoch = s.cluster.epochs.Of
	if a.importing {
		o.Epoch = noEpoch
	}
	o.Partitions = func(t eventlog.Topic) int { return map[eventlog.Topic]int{eventlog.RawChats: p.Now}[t] }
	log, err := kafkalog.Open(ctx, o)
	if err != nil {
		return err
	}
	a.onStop("the log", log.Close)
	s.log, s.cluster.log = eventlog.Measure(log, a.registry, a.o.groups()...), log
	return nil
}

func (a *App) kafka() (o kafkalog.Options, err error) {
	e := &a.o.Engines
	o = kafkalog.Options{
		Brokers: e.Kafka, Prefix: e.Prefix, Member: a.o.Member, Linger: a.o.Linger, Username: e.KafkaUser, Password: e.KafkaPassword,
		Retention: cmp.Or(a.o.LogRetention, -time.Nanosecond), Logger: a.log, Metrics: a.registry,
	}
	o.TLS, err = e.tls("kafka")
	return o, err
}

// noEpoch is for a log that is looked at and not used.
func noEpoch(context.Context, eventlog.Topic, string) (uint32, error) { return 0, nil }

func (a *App) openRedis(s *stores) error {
	e := &a.o.Engines
	secure, err := e.tls("redis")
	if err != nil {
		return err
	}
	bus, err := redisbus.Open(redisbus.Options{
		Master: e.Redis, Replicas: e.RedisReplicas, Prefix: e.Prefix, Logger: a.log, Metrics: a.registry,
		Username: e.RedisUser, Password: e.RedisPassword, TLS: secure,
		Envelopes: a.o.RedisBroadcast && (a.o.has(roleRelay) || a.o.has(roleChat)),
	})
	if err != nil {
		return err
	}
	a.onStop("the live bus", bus.Close)
	shared, err := rediscache.Open(rediscache.Options{
		Address: e.Redis, Prefix: e.Prefix, Username: e.RedisUser, Password: e.RedisPassword, TLS: secure,
	})
	if err != nil {
		return err
	}
	a.onStop("the cache", shared.Close)
	s.bus, s.cache, s.cluster.bus = bus, shared, bus
	return nil
}

// engineTry bounds one try to open an engine, enginePause the time between two.
const (
	engineTry   = 20 * time.Second
	enginePause = 3 * time.Second
)

// await opens an engine, again and again while it cannot be reached; meanwhile this
// process is not ready, and says why. What a failed try has opened is closed.
func (a *App) await(ctx context.Context, name string, open func(context.Context) error) error {
	pause := follow.Pause{Longest: enginePause}
	for waited := false; ; waited = true {
		opened := len(a.cleanups)
		within, cancel := context.WithTimeout(ctx, engineTry)
		err := open(within)
		cancel()
		if err == nil {
			a.health.Remove(name)
			if waited {
				a.log.Info(name + " is there")
			}
			return nil
		}
		a.undo(opened)
		if ctx.Err() != nil {
			return fmt.Errorf("wait for %s: %w", name, errors.Join(ctx.Err(), err))
		}
		if refusal := engine.Refusal(name, err); refusal != nil {
			return refusal
		}
		if !passing(err) {
			return fmt.Errorf("open %s: %w", name, err)
		}
		a.log.Warn("waiting for "+name, "error", err)
		a.health.Add(name, func(context.Context) error { return fmt.Errorf("waiting for it: %w", err) })
		pause.Wait(ctx)
	}
}

// undo takes back the steps from one on.
func (a *App) undo(from int) {
	for len(a.cleanups) > from {
		last := len(a.cleanups) - 1
		_ = a.cleanups[last].undo() // of what never came to work
		a.cleanups = a.cleanups[:last]
	}
}

// passing says whether an engine may be there the next time.
func passing(err error) bool {
	for _, e := range []error{
		eventlog.ErrUnavailable, archive.ErrUnavailable, cache.ErrUnavailable,
		context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var network net.Error
	return errors.As(err, &network) || mysqldb.Passing(err)
}
