//go:build cluster

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// TestCluster is the kill matrix: under 250 messages a second, each part of a cluster
// is killed, stopped for a while, and restarted; then all that was said is compared with
// what the log, the archive, the analysis and the viewers have of it. HUBBUB_FULL=1 is
// all of it; without, it is what make test has time for.
func TestCluster(t *testing.T) {
	c := startCluster(t, 2)
	for _, row := range c.matrix() {
		for _, f := range row.faults {
			t.Run(row.part+"/"+f.name, func(t *testing.T) { c.suffers(t, row, f) })
		}
	}
	t.Run("Redis forgets", c.forgets)
	t.Run("PubSub", c.subscribersAreAtReplicas)
}

// TestClusterChanges does under the load of the reference report what operators do: it
// takes two of four chat servers away and brings them back, and restarts every role.
// Nobody misses a message. The longest wait is to be under 2 s, which it tells; it fails
// for what cannot be put down to a machine that others use too.
func TestClusterChanges(t *testing.T) {
	const tooLong = 6 * time.Second
	c := startCluster(t, 4)
	c.viewers = 500
	for _, change := range []row{
		{"chat", c.named("chat-3"), []fault{{"4 to 2 to 4", c.downAndUp, tooLong}}},
		{"every role", c.named("chat-3"), []fault{{"rolling restart", c.rollingRestart, tooLong}}},
	} {
		f := change.faults[0]
		t.Run(f.name, func(t *testing.T) { c.suffers(t, change, f) })
	}
}

// downAndUp stops two chat servers at once, and starts them again when people have
// talked on for a while.
func (c *stand) downAndUp(ctx context.Context, _ *cluster.Process) error {
	var two []*cluster.Process
	for _, p := range c.Stages[1].Processes {
		if p.Name == "chat-3" || p.Name == "chat-4" {
			two = append(two, p)
		}
	}
	var down, up errgroup.Group
	for _, p := range two {
		down.Go(func() error { return p.Stop(ctx) })
	}
	if err := down.Wait(); err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // it goes on with two
	for _, p := range two {
		up.Go(func() error { return p.Start(ctx) })
	}
	return up.Wait()
}

// clusterPatience bounds the whole of one cell.
const clusterPatience = 4 * time.Minute

// A stand is a cluster that runs.
type stand struct {
	*deployment.Deployment
	server    *hub.Server
	viewers   int // of each cell
	cells     int
	inspected int // messages of the cells before
}

// startCluster starts a cluster that ends with the test.
func startCluster(t *testing.T, chat int) *stand {
	t.Helper()
	for name, value := range map[string]string{"HUBBUB_ROOMS": "any", "HUBBUB_MESSAGE_RATE": "0", "HUBBUB_CONNECT_RATE": "0", "HUBBUB_GUEST_RATE": "0"} {
		t.Setenv(name, value)
	}
	port, err := loopback.FreePort()
	must(t, err)
	o, err := deployment.Options{Dir: t.TempDir(), Listen: loopback.Address(port), Hubbub: os.Getenv("HUBBUB_BIN"), Chat: chat, Relay: 2}.Check()
	must(t, err)
	d, err := deployment.Prepare(t.Context(), o, slog.New(slog.NewTextHandler(t.Output(), nil)))
	must(t, err)
	c := &stand{Deployment: d, viewers: 6}
	var parts []string
	t.Cleanup(func() { c.end(t) })
	for _, stage := range d.Stages {
		if stage.Errand != nil {
			must(t, stage.Errand.Run(t.Context()))
			for _, p := range stage.Processes {
				parts = append(parts, "http://"+loopback.Address(p.Ports[0]))
			}
		}
		var all errgroup.Group
		for _, p := range stage.Processes {
			all.Go(func() error { return p.Start(t.Context()) })
		}
		must(t, all.Wait())
	}
	c.server = hub.Of(t, o.URL(), parts...)
	return c
}

// end kills what runs, and shows the logs of the roles if something failed.
func (c *stand) end(t *testing.T) {
	for i := len(c.Stages) - 1; i >= 0; i-- {
		for _, p := range c.Stages[i].Processes {
			if p.Running() && t.Failed() && i > 0 {
				t.Logf("%s:\n%s", p.Name, p.Log())
			}
			if err := p.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
}

// process returns one by name.
func (c *stand) process(t *testing.T, name string) *cluster.Process {
	t.Helper()
	for _, stage := range c.Stages {
		for _, p := range stage.Processes {
			if p.Name == name {
				return p
			}
		}
	}
	t.Fatalf("there is no process %s", name)
	return nil
}

// named finds a process by its name.
func (c *stand) named(name string) func(*testing.T) *cluster.Process {
	return func(t *testing.T) *cluster.Process { t.Helper(); return c.process(t, name) }
}

// A row of the matrix is a part with what is done to it.
type row struct {
	part   string
	find   func(t *testing.T) *cluster.Process
	faults []fault
}

// A fault is done to a process, which is well again when it returns.
type fault struct {
	name  string
	does  func(ctx context.Context, p *cluster.Process) error
	waits time.Duration // that nobody may wait longer than; 0: whatever it takes
}

var (
	killing = fault{name: "SIGKILL", does: func(ctx context.Context, p *cluster.Process) error {
		if err := p.Kill(); err != nil {
			return err
		}
		time.Sleep(time.Second) // it is gone for a moment
		return p.Start(ctx)
	}}
	stopping = fault{name: "SIGSTOP for 20 s", does: func(_ context.Context, p *cluster.Process) error {
		if err := p.Freeze(); err != nil {
			return err
		}
		time.Sleep(20 * time.Second)
		return p.Thaw()
	}}
	restarting = fault{name: "restart", does: func(ctx context.Context, p *cluster.Process) error {
		return errors.Join(p.Stop(ctx), p.Start(ctx))
	}}
)

// matrix is what is done to what.
func (c *stand) matrix() []row {
	controller := func(t *testing.T) *cluster.Process {
		t.Helper()
		p, err := c.Engines.Kafka.Controller(t.Context())
		must(t, err)
		return p
	}
	broker := func(t *testing.T) *cluster.Process { // one that is not the controller
		t.Helper()
		if first := c.Engines.Kafka.Node(1); first != controller(t) {
			return first
		}
		return c.Engines.Kafka.Node(2)
	}
	every := []fault{killing, stopping, restarting}
	if os.Getenv("HUBBUB_FULL") == "" {
		return []row{
			{"broker", broker, every[:1]}, {"chat", c.named("chat-1"), every[:1]},
			{"archive", c.named("archive"), every[:1]}, {"analysis", c.named("analysis"), every[:2]},
		}
	}
	return []row{
		{"chat", c.named("chat-1"), every}, {"relay", c.named("relay-1"), every}, {"archive", c.named("archive"), every},
		{"analysis", c.named("analysis"), every}, {"broker", broker, every}, {"controller", controller, every},
		{"Redis master", c.named("redis-master"), every}, {"Redis replica", c.named("redis-replica-1"), every},
		{"Cassandra", c.named("cassandra"), every}, {"MySQL", c.named("mysql"), every},
		{"two brokers", broker, []fault{{name: "SIGKILL for 10 s", does: c.withoutMajority}}},
	}
}

// withoutMajority kills two of three brokers, looks what a SEND is told, and starts them
// again.
func (c *stand) withoutMajority(ctx context.Context, _ *cluster.Process) error {
	nodes := c.Engines.Kafka.Processes()[:2]
	for _, p := range nodes {
		if err := p.Kill(); err != nil {
			return err
		}
	}
	told := c.saysWithoutMajority(ctx)
	var all errgroup.Group
	for _, p := range nodes {
		all.Go(func() error { return p.Start(ctx) })
	}
	return errors.Join(told, all.Wait())
}

// saysWithoutMajority sends for 10 s; each SEND has to be answered, with a code.
func (c *stand) saysWithoutMajority(ctx context.Context) error {
	guest, err := c.server.Guest(ctx, "impatient")
	if err != nil {
		return err
	}
	conn, err := c.server.Dial(ctx, client.Options{Token: guest.Token})
	if err != nil {
		return err
	}
	defer conn.Close()
	within, cancel := context.WithTimeout(ctx, 15*time.Second) // longer than any answer
	defer cancel()
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Second) {
		_, err := conn.Send(within, client.Post{Stream: "elsewhere", Content: "anybody?"})
		var refusal *hubbub.Error
		if !errors.As(err, &refusal) || within.Err() != nil {
			return fmt.Errorf("a SEND without a majority of brokers: %w", errors.Join(err, within.Err()))
		}
	}
	return nil
}

// rollingRestart restarts all processes of hubbub, one after the other.
func (c *stand) rollingRestart(ctx context.Context, _ *cluster.Process) error {
	for _, stage := range c.Stages {
		if stage.Errand == nil {
			continue // engines, and what is before the roles
		}
		for _, p := range stage.Processes {
			if err := errors.Join(p.Stop(ctx), p.Start(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// suffers is one cell: people talk while it happens, and then all is accounted for.
func (c *stand) suffers(t *testing.T, of row, f fault) {
	ctx, cancel := context.WithTimeout(t.Context(), clusterPatience)
	defer cancel()
	c.cells++
	stream := c.stream()
	people, err := newCrowd(ctx, c.server, 50, stream)
	must(t, err)
	defer people.leave()
	viewers, following := []*viewer{}, sync.WaitGroup{}
	watching, leave := context.WithCancel(ctx)
	defer following.Wait()
	defer leave()
	for i := range c.viewers {
		v := &viewer{name: fmt.Sprint("viewer ", i), stream: stream, options: client.Options{URL: c.server.WS()}, again: pageWaits}
		viewers = append(viewers, v)
		following.Go(func() { v.follow(watching) })
	}
	talk := startTalk(ctx, people)
	must(t, people.heard(ctx, 500))

	process := of.find(t)
	logs := c.logs(t)
	before := people.acknowledged()
	began := time.Now()
	talk.gap.Store(0)
	talk.pause.Store(0)
	must(t, f.does(ctx, process))
	well := time.Now()
	must(t, people.heard(ctx, 500))
	during := people.acknowledged() - before
	talk.stop()
	must(t, people.settled())
	i := newInspector(people)
	i.others = c.inspected
	must(t, i.inspect(ctx))
	caughtUp := time.Since(well)
	c.inspected = i.total
	catchUp(t, ctx, people, viewers)
	must(t, c.server.AwaitSettled(ctx))
	must(t, i.inspect(ctx))
	c.inspected = i.total
	leave()
	following.Wait()
	log := i.history[stream]
	var tallies []tally
	var longest time.Duration
	for _, v := range viewers {
		sum, err := v.check(log)
		if err != nil {
			t.Error(err)
		}
		tallies = append(tallies, sum)
		longest = max(longest, v.longestWait(log, began))
	}
	t.Logf("%s of %s (%s): longest without a receipt %v, for one person %v; longest that a viewer waited for a message %v; %d acknowledged meanwhile; all caught up %v after",
		f.name, of.part, process.Name, rounded(talk.gap.Load()), rounded(talk.pause.Load()), rounded(int64(longest)), during, rounded(int64(caughtUp)))
	if waited := max(longest, time.Duration(talk.pause.Load())); f.waits > 0 && waited > f.waits {
		t.Errorf("somebody waited %v, and nobody is to wait over %v", waited, f.waits)
	}
	said := c.said(t, logs)
	for role, lines := range said {
		if len(lines) > mostLines {
			t.Errorf("%s has %d lines in its log, such as %s", role, len(lines), lines[len(lines)/2])
		}
	}
	writeCell(t, of.part, f.name, map[string]any{
		"said":    said,
		"silence": time.Duration(talk.gap.Load()).Seconds(), "caughtUp": caughtUp.Seconds(),
		"waited": max(longest, time.Duration(talk.pause.Load())).Seconds(),
	})
	promise.Tried(t, "G1", fmt.Sprintf("cluster: %s of %s", f.name, of.part), 1, i.counted()...)
	promise.Tried(t, "G3", fmt.Sprintf("cluster: %s of %s", f.name, of.part), 1, accounts(len(log), tallies...)...)
}

// writeCell adds a line of JSON to the file that HUBBUB_CELLS names, from which make
// bench-cluster has its figures, in seconds. Failed: something was lost, missing or
// there twice, or took too long.
func writeCell(t *testing.T, part, fault string, cell map[string]any) {
	t.Helper()
	path := os.Getenv("HUBBUB_CELLS")
	if path == "" {
		return
	}
	cell["part"], cell["fault"], cell["failed"] = part, fault, t.Failed()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	must(t, errors.Join(json.NewEncoder(file).Encode(cell), file.Close()))
}

// mostLines is more than a role may write of one fault: what happened has to be found.
const mostLines = 100

// logs are how much each role has written, by name.
func (c *stand) logs(t *testing.T) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	for _, p := range c.Stages[1].Processes {
		info, err := os.Stat(filepath.Join(p.Dir, p.Name+".log"))
		must(t, err)
		sizes[p.Name] = info.Size()
	}
	return sizes
}

// said is what roles have written since, by name.
func (c *stand) said(t *testing.T, since map[string]int64) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for _, p := range c.Stages[1].Processes {
		text, err := os.ReadFile(filepath.Join(p.Dir, p.Name+".log"))
		must(t, err)
		lines[p.Name] = strings.Split(strings.TrimSpace(string(text[since[p.Name]:])), "\n")
	}
	return lines
}

// pageWaits is how long the page waits at most before it first connects again.
const pageWaits = 500 * time.Millisecond

func rounded(nanoseconds int64) time.Duration {
	return time.Duration(nanoseconds).Round(10 * time.Millisecond)
}

// stream is that of the cell under way.
func (c *stand) stream() hubbub.StreamID { return hubbub.StreamID(fmt.Sprintf("cell-%d", c.cells)) }

// A talk is a crowd that talks whatever happens: who loses the connection connects
// again and repeats what is open.
type talk struct {
	stopped chan struct{}
	all     sync.WaitGroup
	last    atomic.Int64 // when somebody was last acknowledged, Unix ns
	gap     atomic.Int64 // the longest time without, ns
	pause   atomic.Int64 // the longest time in which one of them was not, ns
}

// talkEvery makes 250 messages a second of fifty people.
const talkEvery = 200 * time.Millisecond

func startTalk(ctx context.Context, people *crowd) *talk {
	k := &talk{stopped: make(chan struct{})}
	k.last.Store(time.Now().UnixNano())
	for _, chatter := range people.chatters {
		k.all.Go(func() { k.run(ctx, people.server, chatter) })
	}
	return k
}

func (k *talk) run(ctx context.Context, server *hub.Server, c *chatter) {
	tick := time.NewTicker(talkEvery)
	defer tick.Stop()
	heard := time.Now()
	for ctx.Err() == nil {
		select {
		case <-k.stopped:
			if c.open == "" {
				return
			}
		default:
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if !k.once(ctx, server, c) {
			continue
		}
		now := time.Now()
		raise(&k.pause, int64(now.Sub(heard)))
		raise(&k.gap, now.UnixNano()-k.last.Swap(now.UnixNano()))
		heard = now
	}
}

// once says the next, or what is open again, and tells whether it was acknowledged.
func (k *talk) once(ctx context.Context, server *hub.Server, c *chatter) bool {
	within, cancel := context.WithTimeout(ctx, 15*time.Second) // longer than any answer
	defer cancel()
	if c.conn == nil {
		if c.connect(within, server); c.conn == nil {
			return false
		}
	}
	if c.open != "" {
		c.settle(within)
	} else {
		c.sayNext(within)
	}
	if c.open == "" {
		return true
	}
	select {
	case <-c.conn.Done():
		c.leave()
	default: // it was refused, or took too long
	}
	return false
}

// raise makes most at least n.
func raise(most *atomic.Int64, n int64) {
	for {
		was := most.Load()
		if n <= was || most.CompareAndSwap(was, n) {
			return
		}
	}
}

// stop ends the talk, with everything that was said acknowledged.
func (k *talk) stop() {
	close(k.stopped)
	k.all.Wait()
}

// longestWait is the longest time that a message of the log took to it, from the instant at
// which a server had it, of those that were said after another instant.
func (v *viewer) longestWait(log []api.Entry, after time.Time) (longest time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	said := make(map[hubbub.Position]time.Time, len(log))
	for _, e := range log {
		said[e.Position] = e.CreatedAt
	}
	for _, s := range v.steps {
		if at := said[s.to]; at.After(after) {
			longest = max(longest, s.arrived.Sub(at))
		}
	}
	return longest
}
