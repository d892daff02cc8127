package cluster

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// kafkaNodes is the least number with which one may be killed.
const kafkaNodes = 3

// Kafka is three nodes, each broker and controller. Two must live: then all that was
// acknowledged is there, and more is taken. Its methods are one goroutine's at a time.
type Kafka struct {
	nodes []*Process
}

// KafkaPorts is how many it listens on.
const KafkaPorts = 2 * kafkaNodes

// NewKafka installs Kafka if it is missing, which takes up to a minute, and prepares
// three nodes in folders below dir, on ports of their own. They are not started.
func NewKafka(ctx context.Context, dir string) (*Kafka, error) {
	ports, err := loopback.FreePorts(KafkaPorts)
	if err != nil {
		return nil, err
	}
	return NewKafkaOn(ctx, dir, ports)
}

// NewKafkaOn is NewKafka on given ports, which may differ from those that the nodes in
// the folders had before.
func NewKafkaOn(ctx context.Context, dir string, ports []int) (*Kafka, error) {
	program, err := installKafka(ctx)
	if err != nil {
		return nil, err
	}
	return program.nodes(ctx, dir, ports)
}

// Processes are the nodes, in the order of their numbers.
func (k *Kafka) Processes() []*Process { return k.nodes }

// Seeds are the addresses of all brokers.
func (k *Kafka) Seeds() []string {
	var list []string
	for _, n := range k.nodes {
		list = append(list, loopback.Address(n.Ports[0]))
	}
	return list
}

// Node is a broker by its number in Kafka, 1 to 3: to be killed, frozen, and started
// again while the others live.
func (k *Kafka) Node(number int) *Process { return k.nodes[number-1] }

// Start starts all nodes that do not run and waits until each has the cluster's
// metadata. If one fails, none runs.
func (k *Kafka) Start(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, n := range k.nodes {
		if !n.Running() {
			all.Go(func() error { return n.Start(ctx) })
		}
	}
	if err := all.Wait(); err != nil {
		return errors.Join(err, k.Kill())
	}
	return nil
}

// Kill ends all nodes with SIGKILL. There is no gentle end of all: without a quorum
// each would wait for a controller to say good-bye to.
func (k *Kafka) Kill() error {
	var failed error
	for _, n := range k.nodes {
		failed = errors.Join(failed, n.Kill())
	}
	return failed
}

// A kafkaProgram is what is installed.
type kafkaProgram struct {
	jdk     jdk
	classes string // the class path
	archive string // of classes, which makes a start shorter; "" if there is none
}

// arguments are those of java, for a main class and its own.
func (k kafkaProgram) arguments(main string, args ...string) []string {
	list := []string{
		"-Xms96m", "-Xmx256m", "-XX:+UseSerialGC", "-Xss512k", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=64m",
		"-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
		"-Dlog4j2.configurationFile=log4j2.properties", "-cp", k.classes,
	}
	if k.archive != "" {
		list = append([]string{"-XX:SharedArchiveFile=" + k.archive}, list...)
	}
	return append(append(list, main), args...)
}

// nodes prepares a cluster with a node for every two ports: first those of all brokers.
func (k kafkaProgram) nodes(ctx context.Context, dir string, ports []int) (*Kafka, error) {
	count := len(ports) / 2
	brokers, controllers := ports[:count], ports[count:]
	id, err := kafkaID(dir)
	if err != nil {
		return nil, fmt.Errorf("configure kafka: %w", err)
	}
	cluster := &Kafka{}
	all, ctx := errgroup.WithContext(ctx)
	for i := range count {
		node := filepath.Join(dir, fmt.Sprintf("kafka-%d", i+1))
		all.Go(func() error { return k.prepare(ctx, node, id, kafkaProperties(i, brokers, controllers)) })
		cluster.nodes = append(cluster.nodes, New(Spec{
			Name: filepath.Base(node), Dir: node, Path: k.jdk.java, Args: k.arguments("kafka.Kafka", "server.properties"),
			Ports: []int{brokers[i], controllers[i]},
			Ready: func(ctx context.Context) error { return kafkaKnows(ctx, loopback.Address(brokers[i]), int32(i+1)) },
		}))
	}
	return cluster, all.Wait()
}

// kafkaID is the cluster's, made once for a folder: if formatting is broken off, the
// nodes that are formatted later still belong to the same cluster.
func kafkaID(dir string) (string, error) {
	path := filepath.Join(dir, "kafka-id")
	id, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(id), err
	}
	var random [16]byte
	rand.Read(random[:]) // never fails
	random[0] &= 0x7f    // as text it begins with a letter: after "-" it would be an option
	made := base64.RawURLEncoding.EncodeToString(random[:])
	return made, errors.Join(os.MkdirAll(dir, 0o700), WriteFile(path, []byte(made)))
}

// prepare configures a node, and formats its folder if that was not done before.
func (k kafkaProgram) prepare(ctx context.Context, dir, id, properties string) error {
	if err := configure("kafka", dir, map[string]string{"server.properties": properties}); err != nil {
		return fmt.Errorf("configure kafka: %w", err)
	}
	if formatted, err := exists(filepath.Join(dir, "data", "meta.properties")); formatted || err != nil {
		return err
	}
	format := k.arguments("kafka.tools.StorageTool", "format", "-t", id, "-c", "server.properties")
	if _, err := command(ctx, dir, k.jdk.java, format...); err != nil {
		return fmt.Errorf("format kafka: %w", err)
	}
	return nil
}

// kafkaProperties is what differs from node to node; i counts from zero.
func kafkaProperties(i int, brokers, controllers []int) string {
	var voters []string
	for n, port := range controllers {
		voters = append(voters, fmt.Sprintf("%d@%s", n+1, loopback.Address(port)))
	}
	lines := []string{
		fmt.Sprintf("node.id=%d", i+1),
		"controller.quorum.voters=" + strings.Join(voters, ","),
		"listeners=BROKER://" + loopback.Address(brokers[i]) + ",CONTROLLER://" + loopback.Address(controllers[i]),
		"advertised.listeners=BROKER://" + loopback.Address(brokers[i]),
		"log.dirs=data",
	}
	return strings.Join(lines, "\n") + "\n"
}

// installKafka installs the jars, and an archive of the classes that a broker loads.
func installKafka(ctx context.Context) (kafkaProgram, error) {
	jdk, err := findJDK(ctx)
	if err != nil {
		return kafkaProgram{}, fmt.Errorf("install kafka: %w", err)
	}
	jars, err := installJars(ctx, "kafka")
	if err != nil {
		return kafkaProgram{}, err
	}
	classes, err := classPath(jars)
	if err != nil {
		return kafkaProgram{}, fmt.Errorf("install kafka: %w", err)
	}
	program := kafkaProgram{jdk: jdk, classes: classes}
	dir, err := install(ctx, filepath.Base(jars)+"-classes-"+jdk.name, program.archiveClasses)
	program.archive = filepath.Join(dir, archiveName)
	return program, err
}

const archiveName = "classes.jsa"

// archiveClasses has a broker write the classes that it loaded into a folder.
func (k kafkaProgram) archiveClasses(ctx context.Context, dir string) error {
	work, err := os.MkdirTemp("", "hubbub-kafka-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	ports, err := loopback.FreePorts(2)
	if err != nil {
		return err
	}
	one, err := k.nodes(ctx, work, ports)
	if err != nil {
		return err
	}
	node := one.Node(1)
	node.Args = append([]string{"-XX:ArchiveClassesAtExit=" + filepath.Join(dir, archiveName)}, node.Args...)
	node.Grace = usualPatience
	if err := node.Start(ctx); err != nil {
		return err
	}
	if err := node.Stop(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, archiveName)); err != nil {
		return fmt.Errorf("archive the classes of kafka: %w\n%s", err, node.Log())
	}
	return nil
}
