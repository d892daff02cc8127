package cluster

import "context"

// An Installer installs one engine, or does nothing if it is there.
type Installer struct {
	Engine  string
	Install func(context.Context) error
}

// Installers are those of all engines.
var Installers = []Installer{
	{"redis", func(ctx context.Context) error { _, _, err := InstallRedis(ctx); return err }},
	{"mysql", func(ctx context.Context) error { _, _, err := InstallMySQL(ctx); return err }},
	{"nginx", func(ctx context.Context) error { _, _, err := InstallNginx(ctx); return err }},
	{"prometheus", func(ctx context.Context) error { _, err := InstallPrometheus(ctx); return err }},
	{"kafka", func(ctx context.Context) error { _, err := installKafka(ctx); return err }},
	{"flink", func(ctx context.Context) error { _, err := installFlink(ctx); return err }},
	{"cassandra", func(ctx context.Context) error { _, err := installCassandra(ctx); return err }},
	{"spark", func(ctx context.Context) error { _, err := InstallSpark(ctx); return err }},
}
