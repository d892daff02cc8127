package spark

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// What the tests share: a session with a real master, whose executors read a real node.
var (
	engine  *cluster.Spark
	node    *cluster.Cassandra
	session *Session
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && children[os.Args[1]] != nil {
		os.Exit(children[os.Args[1]](os.Args[2:]))
	}
	goleak.VerifyTestMain(cluster.With(startAll, m))
}

func startAll(ctx context.Context, dir string) (kill func() error, err error) {
	if node, err = cluster.NewCassandra(ctx, dir+"/cassandra"); err != nil {
		return nil, err
	}
	if engine, err = cluster.NewSpark(ctx, dir, cluster.SparkOptions{}); err != nil {
		return nil, err
	}
	engines := func() error { return errors.Join(engine.Kill(), node.Kill()) }
	both, started := errgroup.WithContext(ctx)
	both.Go(func() error { return node.Start(started) })
	both.Go(func() error { return engine.Start(started) })
	if err := both.Wait(); err != nil {
		return nil, errors.Join(err, engines())
	}
	if err := fill(ctx); err != nil {
		return nil, errors.Join(err, engines())
	}
	began := time.Now()
	if session, err = Open(ctx, options()); err != nil {
		return nil, errors.Join(err, engines())
	}
	fmt.Printf("a session takes %v to open\n", time.Since(began).Round(time.Millisecond))
	return func() error { return errors.Join(session.Close(), engines()) }, nil
}

func options() Options {
	p := engine.Program()
	return Options{
		Java: p.Java, Home: p.Home, Connector: p.Connector, Driver: p.Driver, Master: engine.MasterURL(),
		Cassandra: loopback.Address(node.Ports[0]),
	}
}

// said is what is in the table, in its order: texts that a pipe between programs could
// take for something else.
var said = []string{
	"a\ttab", "two\nlines\r\n", `"quotes" 'and' \back\slashes\n`, "\\N", "", "안녕 👋🏽 \u0001", "{\"sender\":\"nobody\"}", "the last",
}

// fill makes a table like that of the archive, with said in it.
func fill(ctx context.Context) error {
	cassandra, err := node.Config().CreateSession()
	if err != nil {
		return err
	}
	defer cassandra.Close()
	for _, statement := range []string{
		`CREATE KEYSPACE hub WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
		`CREATE TABLE hub.records (stream text, epoch bigint, bucket bigint, n bigint, sender text, value blob,
			PRIMARY KEY ((stream, epoch, bucket), n)) WITH CLUSTERING ORDER BY (n DESC)`,
		`CREATE INDEX records_by_sender ON hub.records (sender) USING 'sai'`,
		`CREATE TABLE hub.counts (sender text PRIMARY KEY, messages bigint)`,
	} {
		if err := cassandra.Query(statement).ExecContext(ctx); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	batch := cassandra.Batch(gocql.UnloggedBatch)
	for n, text := range said {
		batch.Query(`INSERT INTO hub.records (stream, epoch, bucket, n, sender, value) VALUES (?, ?, ?, ?, ?, ?)`,
			"s", 1, n/4, n, []string{"mina", "jun"}[n%2], []byte(text))
	}
	return batch.ExecContext(ctx)
}
