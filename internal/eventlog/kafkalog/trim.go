package kafkalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Trim removes the records that are older than the retention and that every required
// group has committed, but for the newest. Every process may do it, at any time.
func (l *Log) Trim(ctx context.Context) error {
	if l.o.Retention < 0 {
		return nil
	}
	var errs error
	for name, t := range l.topics {
		if err := l.trim(ctx, name, t); err != nil {
			errs = errors.Join(errs, fmt.Errorf("trim %s: %w", t.name, err))
		}
	}
	return errs
}

func (l *Log) trim(ctx context.Context, name eventlog.Topic, t *topic) error {
	young, err := l.admin.ListOffsetsAfterMilli(ctx, l.o.Now().Add(-l.o.Retention).UnixMilli(), t.name)
	if err != nil {
		return fmt.Errorf("find the first young record: %w", err)
	}
	starts, err := l.admin.ListStartOffsets(ctx, t.name)
	if err != nil {
		return fmt.Errorf("find the first record: %w", err)
	}
	ends, err := l.admin.ListEndOffsets(ctx, t.name)
	if err != nil {
		return fmt.Errorf("find the newest record: %w", err)
	}
	until := map[int32]int64{}
	for partition := range int32(t.partitions) { //nolint:gosec // few
		at, ok := young.Lookup(t.name, partition)
		end, also := ends.Lookup(t.name, partition)
		if ok && also && at.Err == nil && end.Err == nil {
			until[partition] = min(at.Offset, end.Offset-1)
		}
	}
	for _, group := range l.o.Required[name] {
		committed, err := l.committed(ctx, t, l.Group(name, group))
		if err != nil {
			return err
		}
		for partition := range until {
			until[partition] = min(until[partition], committed[partition])
		}
	}
	var before kadm.Offsets
	for partition, offset := range until {
		if start, ok := starts.Lookup(t.name, partition); ok && start.Err == nil && offset > start.Offset {
			before.AddOffset(t.name, partition, offset, -1)
		}
	}
	if len(before) == 0 {
		return nil
	}
	answer, err := l.admin.DeleteRecords(ctx, before)
	if err == nil {
		err = answer.Error()
	}
	return err
}
