// Package cassandraarchive keeps history in a keyspace of Cassandra 5. It owns the
// keyspace's schema; only internal/app should import it. Several processes may use a
// keyspace, one archiver per stream among them.
//
// What is written is idempotent, and made so that the order of writers does not
// matter: a record's write timestamp is its log time, an erasure's the instant after,
// so a replay never revives what was erased. Removals are not written into the rows
// they concern but listed beside them and looked up when read. A row is written first
// and erasures are asked for afterwards, while Erase notes the erasure first and then
// looks for rows: one of the two sees the other.
//
// Everything is read and written at local quorum, so what was acknowledged outlives
// the loss of a node where there are three.
package cassandraarchive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub/internal/archive"
)

// Options say where an archive is kept.
type Options struct {
	Hosts              []string // host:port of some nodes
	Keyspace           string   // letters, digits and _, at most 48
	Username, Password string   // "": the nodes ask for none
	TLS                *tls.Config
	Now                func() time.Time // nil: time.Now; dates erasures
}

const (
	connections = 2               // to each node
	callBound   = 5 * time.Second // of one call to a node
	// concurrency is how many statements of one call are under way at once.
	concurrency = 16
)

// session connects; keyspace "" is for making one.
func (o Options) session(keyspace string) (*gocql.Session, error) {
	config := gocql.NewCluster(o.Hosts...)
	if _, port, err := net.SplitHostPort(o.Hosts[0]); err == nil {
		// Nodes tell of each other without ports.
		if config.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("%q has no port: %w", o.Hosts[0], err)
		}
	}
	config.Keyspace = keyspace
	config.Consistency = gocql.LocalQuorum
	config.NumConns = connections
	config.Timeout, config.ConnectTimeout = callBound, callBound
	config.ReconnectInterval = time.Second
	config.ReconnectionPolicy = &gocql.ConstantReconnectionPolicy{MaxRetries: 3, Interval: 100 * time.Millisecond}
	config.Metadata.CacheMode = gocql.KeyspaceOnly
	config.Logger = gocql.NewLogger(gocql.LogLevelNone) // it tells what callers get as errors
	if o.Username != "" {
		config.Authenticator = gocql.PasswordAuthenticator{Username: o.Username, Password: o.Password}
	}
	if o.TLS != nil {
		config.SslOpts = &gocql.SslOptions{Config: o.TLS, EnableHostVerification: !o.TLS.InsecureSkipVerify}
	}
	var refusal lastRefusal
	config.ConnectObserver = &refusal
	session, err := config.CreateSession()
	if err != nil {
		return nil, errors.Join(err, refusal.get())
	}
	return session, nil
}

// An Archive is an archive.Archive in a keyspace.
type Archive struct {
	now     func() time.Time
	session *gocql.Session
	life    sync.RWMutex // held shared by every call, alone by Close
	closed  bool
}

var _ archive.Archive = (*Archive)(nil)

// Open opens the archive in a keyspace that Migrate has made. It refuses one without
// a schema (ErrNoSchema, also archive.ErrUnavailable: wait for it) or with one of a newer version (ErrNewer).
func Open(ctx context.Context, o Options) (*Archive, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	session, err := o.checked(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the archive in keyspace %s: %w", o.Keyspace, interpret(err))
	}
	return &Archive{now: o.Now, session: session}, nil
}

// Close waits for calls under way and closes the connections.
func (a *Archive) Close() error {
	a.life.Lock()
	defer a.life.Unlock()
	if !a.closed {
		a.closed = true
		a.session.Close()
	}
	return nil
}

// enter starts a call; leave ends it.
func (a *Archive) enter() (leave func(), err error) {
	a.life.RLock()
	if a.closed {
		a.life.RUnlock()
		return nil, archive.ErrClosed
	}
	return a.life.RUnlock, nil
}

// exec runs a statement that may be repeated.
func (a *Archive) exec(ctx context.Context, statement string, args ...any) error {
	return a.session.Query(statement, args...).Idempotent(true).ExecContext(ctx)
}

// query reads rows; the caller closes the iterator.
func (a *Archive) query(ctx context.Context, rows int, statement string, args ...any) *gocql.Iter {
	return a.session.Query(statement, args...).Idempotent(true).PageSize(rows).IterContext(ctx)
}
