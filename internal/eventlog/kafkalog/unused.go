package kafkalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// ErrUsed is why a log is not one that nobody has used yet.
var ErrUsed = errors.New("it is in use")

// Unused returns an error, ErrUsed with what is there, unless the topics never had a
// record and no group has members.
func (l *Log) Unused(ctx context.Context) error {
	for _, t := range l.topics {
		ends, err := l.admin.ListEndOffsets(ctx, t.name)
		for partition := range int32(t.partitions) { //nolint:gosec // few
			end, err := offsetOf(ends, err, t, partition)
			if err != nil {
				return fmt.Errorf("look for records in %s: %w", t.name, err)
			}
			if end > 0 {
				return fmt.Errorf("%w: topic %s has or had records", ErrUsed, t.name)
			}
		}
	}
	var groups []string
	for name := range l.topics {
		for _, group := range []string{eventlog.GroupRelay, eventlog.GroupArchive, eventlog.GroupAnalysis, eventlog.GroupSummary} {
			groups = append(groups, l.Group(name, group))
		}
	}
	var found kadm.DescribedGroups
	err := again(ctx, func() (err error) {
		found, err = l.admin.DescribeGroups(ctx, groups...)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for members of groups: %w: %w", eventlog.ErrUnavailable, err)
	}
	for _, g := range found.Sorted() {
		if g.Err != nil && !errors.Is(g.Err, kerr.GroupIDNotFound) {
			return fmt.Errorf("look for members of group %s: %w: %w", g.Group, eventlog.ErrUnavailable, g.Err)
		}
		if len(g.Members) > 0 {
			return fmt.Errorf("%w: group %s has members: stop all roles; who stopped just now is a member for %v more", ErrUsed, g.Group, l.o.SessionTimeout)
		}
	}
	return nil
}

// Partition is where the records of a stream are.
func (l *Log) Partition(name eventlog.Topic, stream hubbub.StreamID) int {
	return int(l.topics[name].partition(stream))
}

// Epoch is that of a topic's positions, as long as it is the topic that it is now.
func (l *Log) Epoch(name eventlog.Topic) (uint32, error) {
	t, err := l.topic(name)
	if err != nil {
		return 0, err
	}
	return t.epoch, nil
}
