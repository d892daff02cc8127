package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// A member is a viewer of the property test with what it asked for.
type member struct {
	*viewer
	name    string
	channel hubbub.Channel
	sub     *Subscription
	start   hubbub.Position // its subscription's, from the receipt
	history int             // asked for; -1: it resumed
	before  int             // logged when it joined
	gone    bool            // it left
}

// world of the property test.
type scene struct {
	*world
	members  []*member
	dirty    bool // history failed for good once, so gaps are allowed
	deleted  map[string]hubbub.Position
	cleared  hubbub.Position
	latest   string
	messages int
}

// Whatever happens between log and viewers, every viewer gets what was logged
// after its subscription's position, in order, each once, or is told what it
// did not get.
func TestProperty(t *testing.T) {
	p := openPast(t)
	rapid.Check(t, func(t *rapid.T) {
		p.fail.Store(nil)
		s := &scene{world: newWorld(t, p, time.Millisecond), deleted: map[string]hubbub.Position{}}
		defer s.close()
		for range rapid.IntRange(0, 4).Draw(t, "rounds before") {
			s.say(t)
			s.publish(true) // there is no room yet
		}
		for range rapid.IntRange(0, 3).Draw(t, "joins before") {
			s.join(t)
		}
		lose := func(t *rapid.T) { s.say(t); s.publish(true) }
		speak := func(t *rapid.T) { s.say(t); s.publish(false) }
		t.Repeat(map[string]func(*rapid.T){ // what is named twice happens more often
			"say":      s.say,
			"speak":    speak,
			"speak on": speak,
			"lose":     lose,
			"rejoin":   s.join,
			"relay":    s.relay,
			"announce": func(*rapid.T) { s.announce() },
			"missed":   func(*rapid.T) { s.deliver(livebus.Batch{Missed: true}) },
			"analysis": s.analysis,
			"join":     s.join,
			"leave":    s.leave,
			"fill":     s.fill,
			"drain":    s.drain,
			"upkeep":   func(*rapid.T) { s.hub.upkeep(p.now()) },
			"evict":    s.evict,
			"fail":     s.fails,
			"pause":    func(*rapid.T) { time.Sleep(2 * time.Millisecond) },
		})
		s.finish()
	})
}

// say logs a few messages and controls.
func (s *scene) say(t *rapid.T) {
	var records []eventlog.Record
	var did []func(hubbub.Position)
	for range rapid.SampledFrom([]int{1, 1, 2, 3, 8, 40}).Draw(t, "how many") {
		id := "m" + itoa(int64(s.messages))
		switch rapid.SampledFrom([]string{"message", "message", "message", "nonce", "delete", "clear", "ban"}).Draw(t, "what") {
		case "message":
			records = append(records, s.message(id, ""))
			s.messages++
		case "nonce":
			records = append(records, s.message(id, "n"+id))
			s.messages++
		case "delete":
			if s.messages == 0 {
				continue
			}
			victim := "m" + itoa(int64(rapid.IntRange(0, s.messages-1).Draw(t, "victim")))
			records = append(records, s.control(hubbub.Control{ID: hubbub.MessageID("c" + id), Action: hubbub.ActionDelete, MessageID: hubbub.MessageID(victim)}))
			n := len(s.logged) + len(records) - 1
			did = append(did, func(hubbub.Position) {
				if _, ok := s.deleted[victim]; !ok {
					s.deleted[victim] = s.logged[n].Position
				}
			})
		case "clear":
			if rapid.IntRange(0, 9).Draw(t, "really") > 0 {
				continue
			}
			records = append(records, s.control(hubbub.Control{ID: "c", Action: hubbub.ActionClear}))
			n := len(s.logged) + len(records) - 1
			did = append(did, func(hubbub.Position) { s.cleared = s.logged[n].Position })
		case "ban":
			records = append(records, s.control(hubbub.Control{ID: "c", Action: hubbub.ActionBan, UserID: "eve"}))
		}
	}
	s.append(records...)
	for _, do := range did {
		do(hubbub.Position{})
	}
}

// relay publishes what is due as a real one does: mostly once, sometimes twice,
// in parts, or not at all, or with a prev from before its restart.
func (s *scene) relay(t *rapid.T) {
	from := s.sent
	switch rapid.SampledFrom([]string{"once", "once", "once", "twice", "again", "lost", "restarted"}).Draw(t, "how") {
	case "once":
		s.publish(false)
	case "lost":
		s.publish(true)
	case "twice":
		s.publish(false)
		s.deliver(livebus.Batch{Events: s.logged[from:s.sent]})
	case "again":
		s.publish(false)
		s.deliver(livebus.Batch{Events: s.logged[rapid.IntRange(0, s.sent).Draw(t, "from"):s.sent]})
	case "restarted":
		if from == len(s.logged) {
			return
		}
		batch := slices.Clone(s.logged[from:])
		batch[0].Prev = hubbub.Position{Epoch: batch[0].Position.Epoch, N: batch[0].Position.N - 1}
		s.deliver(livebus.Batch{Events: batch})
		s.sent = len(s.logged)
	}
	if rapid.Bool().Draw(t, "with an announcement") {
		s.announce()
	}
}

func (s *scene) analysis(*rapid.T) {
	s.latest = fmt.Sprintf(`{"totalCount":%d}`, len(s.logged)*1000+len(s.members)+len(s.latest))
	s.deliver(livebus.Batch{Events: []livebus.Event{{Channel: hubbub.AnalysisChannel, ID: "a", Value: []byte(s.latest)}}})
}

func (s *scene) join(t *rapid.T) {
	channel := rapid.SampledFrom([]hubbub.Channel{hubbub.MessageChannel, hubbub.MessageChannel, hubbub.EventChannel, hubbub.AnalysisChannel}).Draw(t, "channel")
	m := &member{name: fmt.Sprint("viewer ", len(s.members)), channel: channel, before: len(s.logged), viewer: &viewer{
		listens: rapid.Bool().Draw(t, "listens to notices"),
		room:    rapid.IntRange(0, 3).Draw(t, "backlog"),
		full:    rapid.Bool().Draw(t, "full"),
		format: Format{
			Transport:    transport.Transport(rapid.IntRange(0, 1).Draw(t, "transport")),
			Dialect:      stomp.Version(rapid.IntRange(int(stomp.V10), int(stomp.V12)).Draw(t, "dialect")),
			Subscription: rapid.SampledFrom([]string{"sub-0", "sub-0", "sub-1"}).Draw(t, "id"),
		}}}
	j := Join{Channel: channel, Format: m.format, Viewer: m.viewer, Catch: m.catch, Receipt: m.receiptFrame}
	if channel.Positioned() {
		j.After, j.History = s.from(t)
	}
	if m.history = j.History; j.After != nil {
		m.history = -1
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	sub, err := s.hub.Join(ctx, s.stream, j)
	var refusal *hubbub.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == hubbub.CodeUnavailable && s.past.fail.Load() != nil:
		return
	case err != nil:
		t.Fatalf("join: %v", err)
	}
	m.sub = sub
	s.members = append(s.members, m)
}

// from draws from where to begin.
func (s *scene) from(t *rapid.T) (after *hubbub.Position, history int) {
	var p hubbub.Position
	if n := len(s.logged); n > 0 {
		p = s.logged[rapid.IntRange(0, n-1).Draw(t, "of")].Position
	}
	switch rapid.SampledFrom([]string{"live", "history", "history", "resume", "resume", "another life", "newer", "nothing there"}).Draw(t, "from") {
	case "history":
		return nil, rapid.SampledFrom([]int{1, 5, 200}).Draw(t, "history")
	case "resume":
		return &p, 0
	case "nothing there": // a receipt's position need not be an event's
		if p.N > 0 {
			p.N--
		}
		return &p, 0
	case "another life":
		if p.Epoch > 0 {
			p.Epoch--
		}
		return &p, 0
	case "newer":
		p.N += uint64(rapid.IntRange(1, 100).Draw(t, "ahead"))
		return &p, 0
	}
	return nil, 0
}

func (s *scene) one(t *rapid.T) *member {
	if len(s.members) == 0 {
		t.Skip("nobody is here")
	}
	return rapid.SampledFrom(s.members).Draw(t, "viewer")
}

func (s *scene) leave(t *rapid.T) {
	m := s.one(t)
	m.sub.Leave()
	m.gone = true
	if rapid.Bool().Draw(t, "twice") {
		m.sub.Leave()
	}
}

func (s *scene) fill(t *rapid.T) {
	m := s.one(t)
	m.mu.Lock()
	m.full = true
	m.mu.Unlock()
}

func (s *scene) drain(t *rapid.T) { s.one(t).drain() }

// evict lets all leave and time pass, so that the room is made anew.
func (s *scene) evict(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "really") > 0 {
		return
	}
	for _, m := range s.members {
		m.sub.Leave()
		m.gone = true
	}
	s.past.clock.Add(120)
	s.hub.upkeep(s.past.now())
}

// fails makes history fail, for a while or for good.
func (s *scene) fails(t *rapid.T) {
	err := rapid.SampledFrom([]error{nil, nil, errors.New("the disk is busy"), eventlog.ErrGone}).Draw(t, "how")
	if err == nil {
		s.past.fail.Store(nil)
		return
	}
	s.dirty = s.dirty || errors.Is(err, eventlog.ErrGone)
	s.past.fail.Store(&err)
}

// finish lets everything come to rest and looks at every view.
func (s *scene) finish() {
	s.past.fail.Store(nil)
	for _, m := range s.members {
		m.drain()
	}
	s.publish(false)
	s.announce()
	s.append(s.message("the last", ""), s.control(hubbub.Control{ID: "the last", Action: hubbub.ActionBan, UserID: "x"}))
	s.publish(false)
	s.analysis(nil)
	for _, m := range s.members {
		if m.gone {
			continue
		}
		s.until("the end has reached "+m.name, func() bool {
			s.hub.upkeep(s.past.now())
			return s.complete(m)
		})
	}
	for _, m := range s.members {
		s.judge(m)
	}
}

func (s *scene) complete(m *member) bool {
	seen := m.seen()
	if len(seen) == 0 {
		return false
	}
	if !m.channel.Positioned() {
		return seen[len(seen)-1].body == s.latest
	}
	reached := later(seen[0].position, m.last())
	return !slices.ContainsFunc(s.logged, func(e livebus.Event) bool { return e.Channel == m.channel && reached.Before(e.Position) })
}

// judge checks one view against the log.
func (s *scene) judge(m *member) {
	if m.drain(); m.trouble != nil {
		s.t.Fatalf("%s: the octets: %v", m.name, m.trouble)
	}
	if err := s.verdict(m); err != nil {
		var story strings.Builder
		for _, f := range m.seen() {
			fmt.Fprintf(&story, "\n  %s %s prev %s id %s replay %v skipped %d gap %s..%s", f.command, f.position, f.prev, f.id, f.replay, f.skipped, f.gap.from, f.gap.to)
		}
		s.t.Fatalf("%s on %s (history %d, listens %v, left %v): %v; it was told:%s\nlogged: %v", m.name, m.channel, m.history, m.listens, m.gone, err, story.String(), s.positions(m.channel))
	}
}

func (s *scene) positions(c hubbub.Channel) (all []string) {
	for _, e := range s.logged {
		if e.Channel == c {
			all = append(all, e.Position.String())
		}
	}
	return all
}

func (s *scene) verdict(m *member) error {
	seen := m.seen()
	if len(seen) == 0 || seen[0].command != stomp.Receipt {
		return errors.New("the receipt did not come first")
	}
	if !m.channel.Positioned() {
		return nil
	}
	m.start = seen[0].position
	var chain []livebus.Event // of the channel
	for _, e := range s.logged {
		if e.Channel == m.channel {
			chain = append(chain, e)
		}
	}
	next := slices.IndexFunc(chain, func(e livebus.Event) bool { return m.start.Before(e.Position) })
	if next < 0 {
		next = len(chain)
	}
	if m.history > 0 {
		next = max(0, next-m.history)
		if first := slices.IndexFunc(chain, func(e livebus.Event) bool { return len(seen) > 1 && e.Position == seen[1].position }); s.dirty && first >= 0 {
			next = min(next, first) // some of the newest were lost: older ones stand in
		}
	}
	return s.follow(m, seen[1:], chain, next)
}

// follow walks along the view and the log together; next is the first event that
// is due.
func (s *scene) follow(m *member, seen []frame, chain []livebus.Event, next int) error {
	live, due := false, 0 // due: skips declared and not yet used up
	var gap span
	var last hubbub.Position
	for i, f := range seen {
		due += f.skipped
		if gap = gap.and(f.gap); !f.gap.empty() && !s.dirty && m.start.Epoch == chain[0].Position.Epoch {
			return fmt.Errorf("a gap was declared, and nothing was lost")
		}
		if f.command == "notice" {
			continue
		}
		at := slices.IndexFunc(chain, func(e livebus.Event) bool { return e.Position == f.position })
		switch {
		case at < 0 || chain[at].ID != f.id:
			return fmt.Errorf("frame %d was never logged", i)
		case at < next:
			return fmt.Errorf("frame %d came too late, twice, or from before the start", i)
		case f.replay && live:
			return fmt.Errorf("frame %d is of the past and came after one that is live", i)
		case f.replay && m.history == 0:
			return fmt.Errorf("frame %d is of the past, which was not asked for", i)
		}
		missing := 0
		for ; next < at; next++ {
			if p := chain[next].Position; !gap.from.Before(p) || gap.to.Before(p) {
				missing++
			}
		}
		if missing > due {
			return fmt.Errorf("before frame %d are missing %d, and %d were declared", i, missing, due)
		}
		if due -= missing; due > 0 && !s.dirty { // with gaps, what was skipped may lie in one
			return fmt.Errorf("at frame %d more was declared than is missing", i)
		}
		if err := s.frame(m, f, chain, at, last, gap); err != nil {
			return fmt.Errorf("frame %d: %w", i, err)
		}
		live, last, next = !f.replay, f.position, at+1
	}
	if next < len(chain) && !m.gone {
		return fmt.Errorf("the last %d did not come", len(chain)-next)
	}
	if m.history < 0 && m.start.Epoch < chain[0].Position.Epoch && !m.start.IsZero() && gap.empty() && (!m.gone || !last.IsZero()) {
		return errors.New("it resumed from another life of the log and was told of no gap")
	}
	return nil
}

// frame checks what a frame says of itself: its chain, and what is withheld.
func (s *scene) frame(m *member, f frame, chain []livebus.Event, at int, last hubbub.Position, gap span) error {
	var before hubbub.Position
	if at > 0 {
		before = chain[at-1].Position
	}
	resumed := m.history < 0 && last.IsZero() // its prev is where it began, or lies before that
	switch {
	case f.prev == before:
	case resumed && f.prev == m.start && before.Compare(m.start) <= 0:
	case !gap.empty() && f.prev.Compare(before) <= 0 && f.prev.Compare(last) >= 0:
	case !gap.empty() && f.prev == gap.to:
	default:
		return fmt.Errorf("prev is %s, the one before it is %s", f.prev, before)
	}
	if m.channel != hubbub.MessageChannel {
		return nil
	}
	removed, ok := s.deleted[f.id]
	removed2 := !s.cleared.IsZero() && f.position.Before(s.cleared)
	withheld := strings.Contains(f.body, `"deleted":true`)
	switch {
	case withheld && !ok && !removed2:
		return errors.New("a text is withheld that nobody removed")
	case withheld && strings.Contains(f.body, "text of"):
		return errors.New("a text is withheld and there")
	case !withheld && f.body != string(chain[at].Value):
		return errors.New("the body is not the log's")
	case !withheld && f.replay && ok && removed.Compare(m.start) <= 0 && !s.dirty:
		return errors.New("a text was removed before the start, and is there")
	case !withheld && strings.Contains(f.body, `"nonce"`) != (f.nonce != ""):
		return errors.New("the nonce is not in the headers")
	}
	return nil
}
