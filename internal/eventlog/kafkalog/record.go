package kafkalog

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// encode gives a record that was checked the form in which Kafka has it.
func (t *topic) encode(r eventlog.Record) *kgo.Record {
	version := r.Version
	if version == 0 {
		version = eventlog.Version
	}
	headers := []kgo.RecordHeader{{Key: eventlog.HeaderVersion, Value: strconv.AppendInt(nil, int64(version), 10)}}
	if r.Kind != hubbub.KindMessage {
		headers = append(headers, kgo.RecordHeader{Key: eventlog.HeaderKind, Value: []byte(r.Kind)})
	}
	return &kgo.Record{Topic: t.name, Key: []byte(r.Stream), Value: r.Value, Headers: headers}
}

// decode is what a reader gets.
func (t *topic) decode(r *kgo.Record) eventlog.Record {
	out := eventlog.Record{
		Stream: hubbub.StreamID(r.Key), Kind: hubbub.KindMessage, Version: 1, Value: r.Value,
		Position: t.position(r.Offset), Time: r.Timestamp,
	}
	for _, h := range r.Headers {
		out.ReadHeader(h.Key, h.Value)
	}
	out.Foreign = out.ForeignTo(t.of)
	return out
}
