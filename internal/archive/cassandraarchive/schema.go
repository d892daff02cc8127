package cassandraarchive

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub/internal/archive"
)

// schemaVersion is what this program reads and writes.
const schemaVersion = 1

//go:embed schema.cql
var schema string

// What Open says of a keyspace that is not as this program needs it.
var (
	// ErrNoSchema: Migrate was not run, or is not done.
	ErrNoSchema = errors.New("the keyspace has no schema yet: run hubbub migrate")
	// ErrOlder: Migrate of this version was not run, or is not done.
	ErrOlder = errors.New("the schema is older than this program: run hubbub migrate")
	// ErrNewer: the schema is of a newer version of this program.
	ErrNewer = errors.New("the schema is newer than this program")
)

// Migrate makes the keyspace, unless it is there, and brings its schema up to date. A
// keyspace that it makes has as many replicas as there are nodes, up to three; one made
// before keeps its own. To be run by one process at a time: nodes that
// are told of a table twice at once may not agree on it.
func Migrate(ctx context.Context, o Options) error {
	if err := migrate(ctx, o); err != nil {
		return fmt.Errorf("prepare the archive's keyspace %s: %w", o.Keyspace, interpret(err))
	}
	return nil
}

func migrate(ctx context.Context, o Options) error {
	session, err := o.session("")
	if err != nil {
		return err
	}
	defer session.Close()
	keyspace := fmt.Sprintf(`CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': %d}`,
		o.Keyspace, min(3, max(1, len(session.GetHosts()))))
	if err := session.Query(keyspace).ExecContext(ctx); err != nil {
		return err
	}
	inside, err := o.session(o.Keyspace)
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := check(ctx, inside); !errors.Is(err, ErrNoSchema) && !errors.Is(err, ErrOlder) {
		return err
	}
	for _, statement := range statements(schema) {
		if err := inside.Query(statement).ExecContext(ctx); err != nil {
			return err
		}
	}
	// Last: who finds it finds the rest.
	return inside.Query(`INSERT INTO schema_version (name, version) VALUES ('archive', ?)`, schemaVersion).ExecContext(ctx)
}

var comment = regexp.MustCompile(`--.*`)

func statements(cql string) (list []string) {
	for s := range strings.SplitSeq(comment.ReplaceAllString(cql, ""), ";") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// checked connects to a keyspace with the schema that is known.
func (o Options) checked(ctx context.Context) (*gocql.Session, error) {
	session, err := o.session(o.Keyspace)
	if err != nil {
		// Without its keyspace a session cannot be made, and does not say why.
		return nil, errors.Join(o.findKeyspace(ctx), err)
	}
	if err := check(ctx, session); err != nil {
		session.Close()
		return nil, err
	}
	return session, nil
}

// findKeyspace returns ErrNoSchema if nodes answer and have no such keyspace.
func (o Options) findKeyspace(ctx context.Context) error {
	session, err := o.session("")
	if err != nil {
		return nil // it has been said
	}
	defer session.Close()
	var name string
	err = session.Query(`SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?`, strings.ToLower(o.Keyspace)).ScanContext(ctx, &name)
	if errors.Is(err, gocql.ErrNotFound) {
		return fmt.Errorf("%w (%w)", ErrNoSchema, archive.ErrUnavailable)
	}
	return nil
}

// check says whether the schema of a session's keyspace is the one that is known.
func check(ctx context.Context, session *gocql.Session) error {
	var version int
	err := session.Query(`SELECT version FROM schema_version WHERE name = 'archive'`).ScanContext(ctx, &version)
	switch {
	case errors.Is(err, gocql.ErrNotFound) || refused(err, gocql.ErrCodeInvalid): // no row, or no table
		return fmt.Errorf("%w (%w)", ErrNoSchema, archive.ErrUnavailable)
	case err != nil:
		return err
	case version < schemaVersion:
		return fmt.Errorf("%w (%w): it is %d, not %d", ErrOlder, archive.ErrUnavailable, version, schemaVersion)
	case version > schemaVersion:
		return fmt.Errorf("%w: it is %d, this one knows up to %d", ErrNewer, version, schemaVersion)
	}
	return nil
}
