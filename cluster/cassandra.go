package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Cassandra is one node. Its first port is that of CQL.
type Cassandra struct {
	*Process
}

// CassandraPorts is how many it listens on: CQL, and what nodes say to each other.
const CassandraPorts = 2

// NewCassandra installs Cassandra if it is missing, which takes up to a minute, and
// prepares a node in a folder, on ports of its own. It is not started.
func NewCassandra(ctx context.Context, dir string) (*Cassandra, error) {
	ports, err := loopback.FreePorts(CassandraPorts)
	if err != nil {
		return nil, err
	}
	return NewCassandraOn(ctx, dir, ports)
}

// NewCassandraOn is NewCassandra on given ports, which may differ from those that the
// node in the folder had before.
func NewCassandraOn(ctx context.Context, dir string, ports []int) (*Cassandra, error) {
	program, err := installCassandra(ctx)
	if err != nil {
		return nil, err
	}
	err = configure("cassandra", filepath.Join(dir, "conf"), map[string]string{"cassandra.yaml": cassandraPorts(ports[0], ports[1])})
	if err != nil {
		return nil, fmt.Errorf("configure cassandra: %w", err)
	}
	path, args := unlockedMemory(program.jdk.java, program.arguments(dir))
	node := &Cassandra{New(Spec{Name: "cassandra", Dir: dir, Path: path, Args: args, Ports: ports, Nice: Unhurried})}
	node.Ready = node.session
	return node, nil
}

// Config is for sessions with the node, without a keyspace.
func (c *Cassandra) Config() *gocql.ClusterConfig {
	config := gocql.NewCluster("127.0.0.1")
	config.Port = c.Ports[0]
	return config
}

// session opens one and closes it: a port that accepts does not answer yet.
func (c *Cassandra) session(context.Context) error {
	config := c.Config()
	config.NumConns = 1
	config.Timeout, config.ConnectTimeout = probeBound, probeBound // it takes no context
	config.DisableInitialHostLookup = true
	config.Logger = gocql.NewLogger(gocql.LogLevelNone) // it is not ready most of the times
	session, err := config.CreateSession()
	if err != nil {
		return err
	}
	session.Close()
	return nil
}

// cassandraPorts are the lines of its configuration that differ from node to node.
func cassandraPorts(cql, storage int) string {
	return fmt.Sprintf(`native_transport_port: %d
storage_port: %d
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: %q}]
`, cql, storage, loopback.Address(storage))
}

// A cassandraProgram is what is installed.
type cassandraProgram struct {
	jdk     jdk
	jars    string // the folder
	classes string // the class path
}

func installCassandra(ctx context.Context) (cassandraProgram, error) {
	jdk, err := findJDK(ctx)
	if err != nil {
		return cassandraProgram{}, fmt.Errorf("install cassandra: %w", err)
	}
	jars, err := installJars(ctx, "cassandra")
	if err != nil {
		return cassandraProgram{}, err
	}
	classes, err := classPath(jars)
	if err != nil {
		return cassandraProgram{}, fmt.Errorf("install cassandra: %w", err)
	}
	return cassandraProgram{jdk: jdk, jars: jars, classes: classes}, nil
}

// arguments are those of java, for a node in a folder.
func (c cassandraProgram) arguments(dir string) []string {
	conf := filepath.Join(dir, "conf")
	return []string{
		"@" + filepath.Join(conf, "jvm.options"),
		"-Dcassandra.config=file://" + filepath.Join(conf, "cassandra.yaml"),
		"-Dcassandra.storagedir=" + filepath.Join(dir, "data"),
		"-Dcassandra.logdir=" + filepath.Join(dir, "logs"),
		"-Dlogback.configurationFile=file://" + filepath.Join(conf, "logback.xml"),
		"-javaagent:" + filepath.Join(c.jars, "jamm-0.4.0.jar"),
		"-cp", c.classes,
		"org.apache.cassandra.service.CassandraDaemon",
	}
}

// unlockedMemory makes a command of one that Cassandra may not lock its memory in:
// as root it would, and take three times as much.
func unlockedMemory(path string, args []string) (string, []string) {
	if os.Geteuid() != 0 {
		return path, args
	}
	// The limit holds only for one without the privilege.
	drop := `ulimit -l 64; exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "$0" "$@"`
	return "/bin/sh", append([]string{"-c", drop, path}, args...)
}
