package kafkalog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Healthy returns what the last look at the brokers showed.
func (l *Log) Healthy() error {
	if l.closed() {
		return eventlog.ErrClosed
	}
	if err := l.health.Load(); err != nil {
		return *err
	}
	return nil
}

// errAnew is why a log takes nothing any more.
var errAnew = fmt.Errorf("%w: raw-chats was made anew since this process began; start it again", eventlog.ErrUnavailable)

// probe looks whether raw-chats can be appended to. It asks a broker and not the
// client, which remembers.
func (l *Log) probe(ctx context.Context) {
	err := l.look(ctx)
	if ctx.Err() != nil {
		return
	}
	was := l.health.Load()
	switch {
	case err == nil && was != nil:
		l.o.Logger.Info("Kafka can be written again")
		l.health.Store(nil)
	case err != nil:
		if was == nil {
			l.o.Logger.Error("Kafka cannot be written", "error", err)
		}
		l.health.Store(&err)
	}
}

func (l *Log) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*l.o.ProbeEvery)
	defer cancel()
	t := l.topics[eventlog.RawChats]
	request := kmsg.NewPtrMetadataRequest()
	of := kmsg.NewMetadataRequestTopic()
	of.Topic = &t.name
	request.Topics = append(request.Topics, of)
	answer, err := request.RequestWith(ctx, l.client)
	if err != nil {
		return fmt.Errorf("%w: no broker answers: %w", eventlog.ErrUnavailable, err)
	}
	for _, topic := range answer.Topics {
		if kerr.ErrorForCode(topic.ErrorCode) == nil && kadm.TopicID(topic.TopicID) != t.id {
			l.anew.Store(true)
			return errAnew
		}
		for _, p := range topic.Partitions {
			if least := max(1, l.o.Replicas-1); p.Leader < 0 || len(p.ISR) < least {
				return fmt.Errorf("%w: partition %d of %s has %d replicas in sync and leader %d; it takes %d and one",
					eventlog.ErrUnavailable, p.Partition, t.name, len(p.ISR), p.Leader, least)
			}
		}
	}
	return nil
}

// A logger passes on what Kafka's client says, where it is more than talk.
type logger struct{ to *slog.Logger }

func (logger) Level() kgo.LogLevel { return kgo.LogLevelWarn }

func (g logger) Log(level kgo.LogLevel, text string, pairs ...any) {
	if level == kgo.LogLevelError {
		g.to.Error("Kafka's client: "+text, pairs...)
		return
	}
	g.to.Warn("Kafka's client: "+text, pairs...)
}
