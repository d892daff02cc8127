package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// FlinkArguments are what the analysis job on Flink is told of a cluster: where its log
// is, which group its readers are, and the epoch. It looks at MySQL and Kafka for that.
func FlinkArguments(ctx context.Context, e Engines, out IO) (arguments []string, err error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if !e.any() {
		return nil, errors.New("name the engines of the cluster: --kafka, --redis, --cassandra, --mysql; a data folder has no log for Flink")
	}
	a, err := bare(Options{Engines: e, LogFormat: "text", LogLevel: "warn"}, out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.unwind()) }()
	s := &stores{shared: true, cluster: &cluster{}}
	if err := a.await(ctx, "MySQL", func(ctx context.Context) error { return a.openMySQL(ctx, s) }); err != nil {
		return nil, err
	}
	if err := a.await(ctx, "Kafka", func(ctx context.Context) error { return a.openKafka(ctx, s) }); err != nil {
		return nil, err
	}
	epoch, err := s.cluster.log.Epoch(eventlog.RawChats)
	if err != nil {
		return nil, err
	}
	arguments = []string{
		"--prefix", e.Prefix, "--group", s.cluster.log.Group(eventlog.RawChats, eventlog.GroupAnalysis),
		"--host", "--epoch", "--host", strconv.FormatUint(uint64(epoch), 10),
	}
	for _, property := range e.kafkaProperties() {
		arguments = append(arguments, "--kafka", property)
	}
	return arguments, nil
}

// kafkaProperties are those of Kafka's own clients, name=value.
func (e *Engines) kafkaProperties() []string {
	list := []string{"bootstrap.servers=" + strings.Join(e.Kafka, ",")}
	security := "PLAINTEXT"
	if slices.Contains(e.EnginesTLS, "kafka") {
		security = "SSL"
	}
	if security == "SSL" && e.EnginesCA != "" {
		list = append(list, "ssl.truststore.type=PEM", "ssl.truststore.location="+e.EnginesCA)
	}
	if e.KafkaUser != "" {
		security = "SASL_" + security
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		list = append(list, "sasl.mechanism=SCRAM-SHA-512", fmt.Sprintf(
			`sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="%s" password="%s";`,
			quote.Replace(e.KafkaUser), quote.Replace(e.KafkaPassword)))
	}
	return append(list, "security.protocol="+security)
}
