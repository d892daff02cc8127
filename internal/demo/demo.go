// Package demo has chatters that are scripted, so that a first look at hubbub is a
// look at a room that is alive: they watch a show, in one stream, which is a demo
// and says so.
//
// They write as people do, through the sender, with its checks and limits, into the
// log. Their ids begin with "demo-", their role is demo, and the policy lets that
// role write into demo streams alone, so nothing that goes wrong here can put a
// line of theirs into anybody's stream. They subscribe to nothing and so are no
// viewers.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Stream is the only stream that the chatters write into.
const Stream hubbub.StreamID = "demo"

// idPrefix begins the ids of chatters.
const idPrefix = "demo-"

// retry is when the chatters look again whether they may write.
const retry = 5 * time.Second

// Options of a Demo. Post, Find, Load and Save are required.
type Options struct {
	// Post takes messages; (*send.Sender).Post does.
	Post func(ctx context.Context, p send.Post)
	// Find returns a stream or an error.
	Find func(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
	// Load says whether the demo was stopped, and Save keeps that.
	Load func() (stopped bool, err error)
	Save func(stopped bool) error

	Seed   uint64        // of the script
	Pace   time.Duration // between two messages, on average; 0: a second
	Logger *slog.Logger  // nil: nowhere
}

// A Demo is the chatters. Its methods may be called concurrently.
type Demo struct {
	o      Options
	script *script

	mu      sync.Mutex
	stopped bool
	changed chan struct{} // closed and replaced when stopped changes
}

// New makes a demo, which does nothing until Run is called.
func New(o Options) (*Demo, error) {
	if o.Pace == 0 {
		o.Pace = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	script, err := newScript(o.Seed, o.Pace)
	if err != nil {
		return nil, fmt.Errorf("read the script of the demo: %w", err)
	}
	stopped, err := o.Load()
	if err != nil {
		return nil, fmt.Errorf("read whether the demo runs: %w", err)
	}
	return &Demo{o: o, script: script, stopped: stopped, changed: make(chan struct{})}, nil
}

// Stream is the stream that the chatters write into.
func (d *Demo) Stream() hubbub.StreamID { return Stream }

// Running says whether the chatters write, as far as it is up to them.
func (d *Demo) Running() bool {
	stopped, _ := d.state()
	return !stopped
}

// SetRunning starts or stops them, also for later starts of the program.
func (d *Demo) SetRunning(run bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped == !run {
		return nil
	}
	if err := d.o.Save(!run); err != nil {
		return fmt.Errorf("keep whether the demo runs: %w", err)
	}
	d.stopped = !run
	close(d.changed)
	d.changed = make(chan struct{})
	return nil
}

func (d *Demo) state() (stopped bool, changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopped, d.changed
}

// Run says line after line until ctx ends, while the demo is not stopped and its
// stream is live.
func (d *Demo) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		stopped, changed := d.state()
		if stopped {
			wait(ctx, changed, 0)
			continue
		}
		if !d.live(ctx) {
			wait(ctx, changed, retry)
			continue
		}
		c := d.script.next()
		wait(ctx, changed, c.after)
		if !d.Running() || ctx.Err() != nil {
			continue
		}
		if err := d.say(ctx, c); err != nil {
			d.o.Logger.Debug("the demo was not let speak", "err", err)
			wait(ctx, changed, max(err.RetryAfter, time.Second))
		}
	}
	return nil
}

// live says whether there is a stream to write into, and it is the demo's.
func (d *Demo) live(ctx context.Context) bool {
	s, err := d.o.Find(ctx, Stream)
	return err == nil && s.ID == Stream && s.Demo && s.Status == hubbub.StatusLive
}

// say writes a line and waits for what becomes of it.
func (d *Demo) say(ctx context.Context, c cue) *hubbub.Error {
	body, err := json.Marshal(map[string]string{"content": c.text})
	if err != nil { // a string
		panic(err)
	}
	answered := make(chan *hubbub.Error, 1)
	d.o.Post(ctx, send.Post{
		Who:    token.Identity{User: c.who.id, Name: c.who.name, Roles: []string{hubbub.RoleDemo}},
		Stream: Stream, Body: body,
		Answer: func(a send.Answer) { answered <- a.Err },
	})
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return nil
	}
}

// wait waits for a time, 0: for ever, or until something changes or ctx ends.
func wait(ctx context.Context, changed <-chan struct{}, d time.Duration) {
	var passed <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-passed:
	case <-changed:
	case <-ctx.Done():
	}
}
