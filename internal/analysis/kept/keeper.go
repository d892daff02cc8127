package kept

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
)

// keepEvery is how long results wait for others, so that they share a transaction, and of a
// room that is busy only the newest is stored.
const keepEvery = 500 * time.Millisecond

// A Keeper follows analysis-result and keeps what comes.
type Keeper struct {
	store    Store
	log      *slog.Logger
	follower *follow.Follower
}

// NewKeeper makes a keeper; Run starts it.
func NewKeeper(l eventlog.Log, s Store, log *slog.Logger, metrics prometheus.Registerer) *Keeper {
	k := &Keeper{store: s, log: log, follower: follow.New(follow.Options{
		Log: l, Topic: eventlog.AnalysisResult, Group: eventlog.GroupAnalysis, Linger: keepEvery, Logger: log,
	})}
	if metrics != nil {
		k.follower.Measure(metrics)
	}
	return k
}

// Run keeps results until ctx ends.
func (k *Keeper) Run(ctx context.Context) error { return k.follower.Run(ctx, k.keep) }

// Healthy returns nil while it gets on, else what stops it.
func (k *Keeper) Healthy() error { return k.follower.Healthy() }

// keep keeps a batch: of each stream the newest result, with the minutes of all.
func (k *Keeper) keep(ctx context.Context, b eventlog.Batch) error {
	newest := map[hubbub.StreamID]int{}
	var list []Result
	for i := range b.Records {
		r := &b.Records[i]
		if r.Foreign != nil || r.Version > eventlog.Version {
			continue
		}
		result, err := read(r)
		if err != nil {
			k.log.Warn("a result is left out", "stream", r.Stream, "position", r.Position, "error", err)
			continue
		}
		at, again := newest[r.Stream]
		if !again {
			newest[r.Stream] = len(list)
			list = append(list, result)
			continue
		}
		list[at].add(&result)
	}
	if len(list) == 0 {
		return nil
	}
	return k.store.Keep(ctx, list)
}

// add takes in another result of the stream.
func (r *Result) add(other *Result) {
	for i := range other.Minutes {
		found := false
		for j := range r.Minutes {
			if r.Minutes[j].Number == other.Minutes[i].Number {
				found = true
				for mood, n := range other.Minutes[i].Counts {
					r.Minutes[j].Counts[mood] = max(r.Minutes[j].Counts[mood], n)
				}
			}
		}
		if !found {
			r.Minutes = append(r.Minutes, other.Minutes[i])
		}
	}
	if c := r.Through.Compare(other.Through); c < 0 || c == 0 && !other.At.Before(r.At) {
		r.Through, r.At, r.Value = other.Through, other.At, other.Value
	}
}
