package e2e

import (
	"cmp"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/test/promise"
)

// What a kill hits.
const (
	steady     = "steady state" // all send, new messages only
	recovering = "recovery"     // ready again, all connect and repeat what was open
	starting   = "start"        // not ready yet
)

// TestKill kills the server again and again: HUBBUB_KILLS times (3), at instants
// that HUBBUB_SEED decides.
func TestKill(t *testing.T) {
	kills := number(t, "HUBBUB_KILLS", 3)
	seed := number(t, "HUBBUB_SEED", time.Now().UnixNano()&0xffffffff)
	t.Logf("seed %d: HUBBUB_SEED=%d repeats the instants", seed, seed)
	ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(kills)*time.Minute)
	defer cancel()
	k := &killer{t: t, random: rand.New(rand.NewPCG(uint64(seed), 0)), left: int(kills)}
	k.crowd = startCrowd(t, ctx, 50, "1", "2", "3")
	k.crowd.widen(4) // on a busy machine the server answers one at a time before the next is there
	k.inspector = newInspector(k.crowd)
	for k.left > 0 {
		k.round(ctx)
	}
	must(t, k.inspector.reread(ctx))
	k.report(int(kills))
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	n, err := strconv.ParseInt(cmp.Or(os.Getenv(name), strconv.FormatInt(otherwise, 10)), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

type killer struct {
	t         *testing.T
	random    *rand.Rand
	crowd     *crowd
	inspector *inspector
	up        time.Time     // when the process was started
	left      int           // kills to go
	done      int           // kills that were
	others    int           // of these, not in the steady state
	inFlight  int           // of these, that hit 10 or more unacknowledged SENDs
	acked     int           // in the steady state
	talked    time.Duration // of it
}

// round kills in the steady state, often again before the server has recovered,
// and then looks at what is left.
func (k *killer) round(ctx context.Context) {
	k.crowd.begin(ctx)
	before, start := k.crowd.acknowledged(), time.Now()
	k.crowd.talk(ctx)
	k.pause(50*time.Millisecond, 800*time.Millisecond)
	k.talked += time.Since(start)
	k.kill(steady)
	k.acked += k.crowd.acknowledged() - before
	// Of the others there is at most one for two in the steady state, which alone
	// are sure to hit many SENDs.
	for k.left > 0 && 3*(k.others+1) <= k.done+1 && k.random.IntN(3) > 0 {
		k.others++
		k.up = time.Now()
		if k.random.IntN(2) == 0 {
			must(k.t, k.crowd.server.Spawn())
			k.pause(0, 150*time.Millisecond)
			k.kill(starting)
			continue
		}
		must(k.t, k.crowd.server.Run())
		k.crowd.talking.Go(func() { k.crowd.begin(ctx) })
		k.pause(0, 60*time.Millisecond)
		k.kill(recovering)
	}
	k.up = time.Now()
	must(k.t, k.crowd.server.Run())
	k.crowd.begin(ctx)
	must(k.t, k.crowd.settled())
	must(k.t, k.inspector.inspect(ctx))
}

// pause lasts a random time: the instants of the kills are what is tested.
func (k *killer) pause(least, most time.Duration) {
	time.Sleep(least + time.Duration(k.random.Int64N(int64(most-least))))
}

// kill kills the server. A SEND is unacknowledged if it was sent to this process
// before the signal and its RECEIPT did not come, not even with what was under way.
func (k *killer) kill(state string) {
	k.t.Helper()
	at := time.Now()
	must(k.t, k.crowd.server.Kill())
	k.crowd.wait()
	unacknowledged := k.crowd.open(k.up, at)
	k.left--
	k.done++
	if unacknowledged >= 10 {
		k.inFlight++
	}
	k.t.Logf("kill %d, %s: %d unacknowledged SENDs", k.done, state, unacknowledged)
}

// report says what the kills hit. Kills that hit nothing would show nothing.
func (k *killer) report(kills int) {
	promise.Tried(k.t, "G1", killedUnderLoad, k.done, k.inspector.counted()...)
	rate := float64(k.acked) / k.talked.Seconds()
	k.t.Logf("%d kills, %d of them with 10 or more unacknowledged SENDs; %d SENDs acknowledged, %.0f a second in the steady state",
		k.done, k.inFlight, k.crowd.acknowledged(), rate)
	least := (kills*6 + 9) / 10
	if kills < 10 { // too few to speak of a share
		least = 1
	}
	if k.inFlight < least {
		k.t.Errorf("only %d of %d kills hit 10 or more unacknowledged SENDs", k.inFlight, kills)
	}
	if rate < 250 {
		k.t.Errorf("%.0f SENDs a second are too few to show anything", rate)
	}
}
