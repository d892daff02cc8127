package deployment

import (
	"context"
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

// processes are those of all engines.
func (e Engines) processes() []*cluster.Process {
	for _, node := range e.Kafka.Processes() {
		// All end at once, and without a quorum none could say good-bye to the others.
		node.Grace = cluster.Abrupt
	}
	list := append([]*cluster.Process{}, e.Kafka.Processes()...)
	return append(append(list, e.Redis.Processes()...), e.Cassandra.Process, e.MySQL.Process)
}

// flags are those by which hubbub finds the engines.
func (e Engines) flags() []string {
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
