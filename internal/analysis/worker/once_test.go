package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/crashtest"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

// onceRooms are rooms of which the first has 60 % of what is said.
func onceRoom(random *rand.Rand) hubbub.StreamID {
	if random.IntN(10) < 6 {
		return "hot"
	}
	return hubbub.StreamID(fmt.Sprint("room-", random.IntN(49)))
}

// onceEvery is log time per message: a bucket has 100, a window 1,200.
const onceEvery = 50 * time.Millisecond

// onceRecords are messages of many users, among them waves, floods, and what is said
// by one alone.
func onceRecords(random *rand.Rand, from, n int) (list []eventlog.Record) {
	for i := from; i < from+n; i++ {
		room := onceRoom(random)
		m := hubbub.Message{
			ID: hubbub.MessageID(fmt.Sprintf("01932c07-7c5e-7abc-8def-%012d", i)), StreamID: room,
			Sender:  hubbub.Sender{ID: hubbub.UserID(fmt.Sprint("user-", random.IntN(2000))), Name: "somebody", Roles: []string{"guest"}},
			Content: fmt.Sprint("what I alone say ", i), CreatedAt: time.UnixMilli(int64(i)),
		}
		switch phase := i / 700 % 4; {
		case phase == 1 && random.IntN(2) == 0:
			m.Content = "Everybody says this" + "!!!!!"[:random.IntN(5)]
		case phase == 2 && random.IntN(2) == 0:
			m.Sender.ID, m.Content = "flooder", "flood "+m.Content
		}
		list = append(list, eventlog.Record{Stream: room, Version: eventlog.Version, Value: m.AppendJSON(nil)})
	}
	return list
}

// replayed is a log whose group lost its place: what was read before is read again.
type replayed struct{ sparse }

func (l replayed) Consume(ctx context.Context, topic eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	o.After = func(int) (hubbub.Position, bool) { return hubbub.Position{}, true }
	return l.sparse.Consume(ctx, topic, group, o)
}

// TestG5AnalysedOnce kills a process that analyses a log again and again, and makes it
// read what it has read, over the real log and store. Then every stored tally is, to the
// byte, that of its messages; and so is what any split of them merges to. HUBBUB_FULL=1
// does it with 200,000 messages of 50 rooms, 100 kills and 20 replays.
func TestG5AnalysedOnce(t *testing.T) {
	messages, kills, replays := 20_000, 10, 4
	if os.Getenv("HUBBUB_FULL") != "" {
		messages, kills, replays = 200_000, 100, 20
	}
	if dir, round, inside := crashtest.Inside(t); inside {
		l := sparse{openLog(t, dir), onceEvery}
		o := worker.Options{Log: l, Store: tellingStore{openStore(t, dir)}, BatchRows: 20 + round%40, Linger: -1}
		if round%(kills/replays) == 1 {
			o.Log = replayed{l}
		}
		start(t, o)
		for { // so that it is killed though it has nothing more to do
			time.Sleep(100 * time.Millisecond)
			fmt.Println("alive")
		}
	}
	killer := crashtest.New(t)
	seed := rand.Uint64()
	t.Logf("seed of the messages %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for next := 0; next < messages; next += 10_000 {
		l := openLog(t, killer.Dir)
		eventlogtest.AppendAll(t, l, eventlog.RawChats, onceRecords(random, next, 10_000)...)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		for round := next * kills / messages; round < (next+10_000)*kills/messages; round++ {
			killer.Kill(round, 60, func(line string) bool {
				var stored int
				_, err := fmt.Sscanf(line, "stored %d", &stored)
				return err == nil || line == "alive"
			})
		}
	}
	l, store := sparse{openLog(t, killer.Dir), onceEvery}, openStore(t, killer.Dir)
	_, stop := start(t, worker.Options{Log: replayed{l}, Store: store})
	waitForAll(t, l, store)
	stop()
	total := 0
	all := []hubbub.StreamID{"hot"}
	for i := range 49 {
		all = append(all, hubbub.StreamID(fmt.Sprint("room-", i)))
	}
	for _, room := range all {
		want, n := compareRoom(t, l, store, room)
		total += n
		checkSplits(t, random, want, worker.Observations(t, readAll(t, l, eventlog.RawChats, room)))
	}
	if total != messages {
		t.Errorf("the log has %d messages, of %d", total, messages)
	}
}

// checkSplits gives the messages of a room to any number of tallies, which are merged
// in any order, some in their stored form, and compares the sum with a state.
func checkSplits(t *testing.T, random *rand.Rand, want worker.State, list []analysis.Observation) {
	t.Helper()
	shares := make([]*analysis.Tally, 1+random.IntN(6))
	for i := range shares {
		shares[i] = new(analysis.Tally)
	}
	people := map[uint64]bool{}
	for _, o := range list {
		shares[random.IntN(len(shares))].Add(o)
		people[o.Sender] = true
	}
	for len(shares) > 1 {
		random.Shuffle(len(shares), func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
		from, err := analysis.DecodeState(shares[1].AppendState(nil))
		if err != nil {
			t.Fatal(err)
		}
		shares[0].Merge(from)
		shares = slices.Delete(shares, 1, 2)
	}
	merged := shares[0]
	merged.Settle()
	closed := merged.TakeClosed()
	if !bytes.Equal(merged.AppendState(nil), want.Tally) || !slices.Equal(closed, want.Closed) {
		t.Errorf("%d messages add up to something else when they are split", len(list))
	}
	if weighed, counts := merged.Weighed(), merged.Counts(); len(list) > 5000 && (weighed.Total() > counts.Total()*9/10 || weighed.Total() < counts.Total()/2) {
		t.Errorf("of %v weighed are %v, though many copied and one flooded", counts, weighed)
	}
	if off := math.Abs(float64(merged.Chatters()) - float64(len(people))); off > 4*0.023*float64(len(people)) {
		t.Errorf("%d people are counted as %d", len(people), merged.Chatters())
	}
}
