package deployment

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// redisReplicas is how many the design has.
const redisReplicas = 3

// database is the one in MySQL, before which hubbub puts the prefix.
const database = "hubbub"

// Engines are what the roles stand on.
type Engines struct {
	Kafka     *cluster.Kafka
	Redis     *cluster.Redis
	Cassandra *cluster.Cassandra
	MySQL     *cluster.MySQL
}

// PrepareEngines prepares engines alone, in a folder that nobody else is at work in.
func PrepareEngines(ctx context.Context, dir string, log *slog.Logger) (Engines, error) {
	ports, err := openPorts(filepath.Join(dir, "ports.json"), log)
	if err != nil {
		return Engines{}, err
	}
	e, err := prepareEngines(ctx, dir, ports)
	return e, errors.Join(err, ports.save())
}

// Start starts all side by side. When it returns an error, some may run.
func (e Engines) Start(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, p := range e.Processes() {
		all.Go(func() error { return p.Start(ctx) })
	}
	return all.Wait()
}

// Kill kills all that run.
func (e Engines) Kill() error {
	var errs []error
	for _, p := range e.Processes() {
		errs = append(errs, p.Kill())
	}
	return errors.Join(errs...)
}

// prepareEngines installs what is missing and prepares all in folders below dir.
func prepareEngines(ctx context.Context, dir string, p *ports) (Engines, error) {
	var e Engines
	list := make(map[string][]int)
	for part, n := range map[string]int{
		"kafka": cluster.KafkaPorts, "redis": 1 + redisReplicas, "cassandra": cluster.CassandraPorts, "mysql": 1,
	} {
		var err error
		if list[part], err = p.of(part, n); err != nil {
			return e, err
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) { e.Kafka, err = cluster.NewKafkaOn(ctx, dir, list["kafka"]); return err })
	all.Go(func() (err error) { e.Redis, err = cluster.NewRedisOn(ctx, dir, list["redis"]); return err })
	all.Go(func() (err error) {
		e.Cassandra, err = cluster.NewCassandraOn(ctx, filepath.Join(dir, "cassandra"), list["cassandra"])
		return err
	})
	all.Go(func() (err error) {
		e.MySQL, err = cluster.NewMySQLOn(ctx, filepath.Join(dir, "mysql"), list["mysql"][0])
		return err
	})
	return e, all.Wait()
}

// Processes are those of all engines.
func (e Engines) Processes() []*cluster.Process {
	for _, node := range e.Kafka.Processes() {
		// All end at once, and without a quorum none could say good-bye to the others.
		node.Grace = cluster.Abrupt
	}
	list := append([]*cluster.Process{}, e.Kafka.Processes()...)
	return append(append(list, e.Redis.Processes()...), e.Cassandra.Process, e.MySQL.Process)
}

// Flags are those by which hubbub finds the engines.
func (e Engines) Flags() []string {
	var replicas []string
	for _, s := range e.Redis.Replicas {
		replicas = append(replicas, s.Address())
	}
	return []string{
		"--kafka", strings.Join(e.Kafka.Seeds(), ","),
		"--redis", e.Redis.Master.Address(),
		"--redis-replicas", strings.Join(replicas, ","),
		"--cassandra", loopback.Address(e.Cassandra.Ports[0]),
		"--mysql", e.MySQL.DSN(database),
	}
}
