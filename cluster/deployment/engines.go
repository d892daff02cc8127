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
	Flink     *cluster.Flink // nil: there is none
}

// PrepareEngines prepares engines alone, without Flink, in a folder that nobody else is at
// work in.
func PrepareEngines(ctx context.Context, dir string, log *slog.Logger) (Engines, error) {
	ports, err := openPorts(filepath.Join(dir, "ports.json"), log)
	if err != nil {
		return Engines{}, err
	}
	e, err := prepareEngines(ctx, Options{Dir: dir}, ports)
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

// prepareEngines installs what is missing and prepares all in folders below that of the
// deployment.
func prepareEngines(ctx context.Context, o Options, p *ports) (Engines, error) {
	var e Engines
	list := make(map[string][]int)
	parts := map[string]int{"kafka": cluster.KafkaPorts, "redis": 1 + redisReplicas, "cassandra": cluster.CassandraPorts, "mysql": 1}
	if o.TaskManagers > 0 {
		parts["flink"] = cluster.FlinkPorts
	}
	for part, n := range parts {
		var err error
		if list[part], err = p.of(part, n); err != nil {
			return e, err
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) { e.Kafka, err = cluster.NewKafkaOn(ctx, o.Dir, list["kafka"]); return err })
	all.Go(func() (err error) { e.Redis, err = cluster.NewRedisOn(ctx, o.Dir, list["redis"]); return err })
	all.Go(func() (err error) {
		e.Cassandra, err = cluster.NewCassandraOn(ctx, filepath.Join(o.Dir, "cassandra"), list["cassandra"])
		return err
	})
	all.Go(func() (err error) {
		e.MySQL, err = cluster.NewMySQLOn(ctx, filepath.Join(o.Dir, "mysql"), list["mysql"][0])
		return err
	})
	if o.TaskManagers > 0 {
		all.Go(func() (err error) {
			e.Flink, err = cluster.NewFlink(ctx, filepath.Join(o.Dir, "flink"), cluster.FlinkOptions{TaskManagers: o.TaskManagers, Ports: list["flink"]})
			return err
		})
	}
	return e, all.Wait()
}

// Processes are those of all engines.
func (e Engines) Processes() []*cluster.Process {
	for _, node := range e.Kafka.Processes() {
		// All end at once, and without a quorum none could say good-bye to the others.
		node.Grace = cluster.Abrupt
	}
	list := append([]*cluster.Process{}, e.Kafka.Processes()...)
	list = append(append(list, e.Redis.Processes()...), e.Cassandra.Process, e.MySQL.Process)
	if e.Flink == nil {
		return list
	}
	for _, p := range e.Flink.Processes() {
		// A job would wait for Kafka at its end, which is none any more.
		p.Grace = cluster.Abrupt
		list = append(list, p)
	}
	return list
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
