package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/token"
	"github.com/hubbub-live/hubbub/test/api"
)

const (
	viewers = 500
	pace    = 4 * time.Millisecond // between two messages: the reference load's
	rounds  = 5
	show    = hubbub.StreamID("show")
)

// moderation takes the longest time from a moderator's request until the last
// viewer of a room under the reference load has the event.
func (p program) moderation(ctx context.Context) []figure {
	figures := []figure{
		{what: "a delete reaches the last of 500 viewers", required: 1, unit: "s"},
		{what: "a timeout reaches them", required: 1, unit: "s"},
		{what: "a ban reaches them", required: 1, unit: "s"},
		{what: "messages taken after a ban was answered", required: 0},
	}
	return either(figures, p.fresh(ctx, func(server *process) error {
		h, err := openHouse(ctx, server.url)
		if err != nil {
			return err
		}
		defer h.close()
		ctx, cancel := context.WithCancel(ctx)
		talking := make(chan error, 1)
		go func() { talking <- h.talk(ctx) }()
		err = h.raid(ctx, figures)
		cancel()
		return errors.Join(err, <-talking)
	}))
}

// A house is a full room.
type house struct {
	url, host string // the host's token
	keys      *token.Keys
	seats     [viewers]seat
	delivered atomic.Int64
}

// A seat is a viewer's.
type seat struct {
	conn   *client.Conn
	events *client.Subscription
}

func openHouse(ctx context.Context, url string) (h *house, err error) {
	h = &house{url: url}
	if h.keys, err = token.FromSecret([]byte(secret)); err != nil {
		return nil, err
	}
	if h.host, err = h.keys.Mint(token.Identity{User: "host"}, time.Hour); err != nil {
		return nil, err
	}
	err = api.At(url).CallAs(ctx, h.host, http.MethodPost, "/api/v1/streams", map[string]any{"id": show, "title": "The show"}, nil)
	if err == nil {
		err = each(viewers, func(i int) error { return h.sit(ctx, i) })
	}
	if err != nil {
		h.close()
	}
	return h, err
}

func (h *house) dial(ctx context.Context, user hubbub.UserID) (*client.Conn, error) {
	access, err := h.keys.Mint(token.Identity{User: user}, time.Hour)
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, client.Options{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/chat/ws", Token: access})
}

func (h *house) sit(ctx context.Context, i int) (err error) {
	s := &h.seats[i]
	if s.conn, err = h.dial(ctx, hubbub.UserID(fmt.Sprintf("viewer-%d", i))); err != nil {
		return err
	}
	if s.events, err = s.conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(show, hubbub.EventChannel)}); err != nil {
		return err
	}
	_, err = s.conn.Subscribe(ctx, client.Topic{
		Destination: client.MessagesOf(show, hubbub.MessageChannel),
		Watch:       func(batch []client.Delivery) { h.delivered.Add(int64(len(batch))) },
	})
	return err
}

func (h *house) close() {
	for i := range h.seats {
		if c := h.seats[i].conn; c != nil {
			_ = c.Close() // nothing is expected of it any more
		}
	}
}

// talk has the viewers send in turns until ctx ends.
func (h *house) talk(ctx context.Context) error {
	due, refused, began := time.NewTicker(pace), make(chan error, 1), time.Now()
	defer due.Stop()
	for sent := 0; ; sent++ {
		select {
		case <-ctx.Done():
			fmt.Fprintf(os.Stderr, "%.0f messages and %.0f deliveries a second\n",
				float64(sent)/time.Since(began).Seconds(), float64(h.delivered.Load())/time.Since(began).Seconds())
			return nil
		case err := <-refused:
			return fmt.Errorf("a viewer's message: %w", err)
		case <-due.C:
		}
		h.seats[sent%viewers].conn.SendAsync(client.Post{Stream: show, Content: "a message of the usual length, which says nothing new at all"}, func(err error) {
			if err != nil {
				select {
				case refused <- err:
				default:
				}
			}
		})
	}
}

// raid has one troll after the other deleted, timed out and banned, half a second
// apart.
func (h *house) raid(ctx context.Context, figures []figure) error {
	time.Sleep(2 * time.Second) // the load runs evenly
	for i := range rounds {
		user := hubbub.UserID(fmt.Sprintf("troll-%d", i))
		troll, err := h.dial(ctx, user)
		if err != nil {
			return err
		}
		defer troll.Close()
		rude, err := troll.Send(ctx, client.Post{Stream: show, Content: "something rude"})
		if err != nil {
			return err
		}
		for n, order := range []map[string]any{
			{"action": hubbub.ActionDelete, "messageId": rude.Headers["message-id"]},
			{"action": hubbub.ActionTimeout, "userId": user, "seconds": 600},
			{"action": hubbub.ActionBan, "userId": user},
		} {
			took, err := h.order(ctx, order, func() {
				if order["action"] != hubbub.ActionBan {
					return
				}
				var refusal *hubbub.Error
				if _, err := troll.Send(ctx, client.Post{Stream: show, Content: "me again"}); !errors.As(err, &refusal) || refusal.Code != hubbub.CodeBanned {
					figures[3].measured++
				}
			})
			if err != nil {
				return fmt.Errorf("%v: %w", order["action"], err)
			}
			figures[n].measured = max(figures[n].measured, took.Seconds())
			time.Sleep(500 * time.Millisecond)
		}
	}
	return nil
}

// order sends a moderator's order, calls answered at once when it is answered, and
// returns the time until the last viewer had the event.
func (h *house) order(ctx context.Context, order map[string]any, answered func()) (time.Duration, error) {
	var heard [viewers]time.Time
	g, ctx := errgroup.WithContext(ctx)
	for i := range h.seats {
		g.Go(func() error {
			m, err := h.seats[i].events.Next(ctx)
			if err != nil {
				return err
			}
			heard[i] = m.Arrived
			if c, err := hubbub.ParseControl(m.Body); err != nil || c.Action != order["action"] {
				return fmt.Errorf("viewers heard of %q (%v)", c.Action, err)
			}
			return nil
		})
	}
	began := time.Now()
	g.Go(func() error {
		err := api.At(h.url).CallAs(ctx, h.host, http.MethodPost, "/api/v1/streams/"+string(show)+"/moderation", order, nil)
		if err == nil {
			answered()
		}
		return err
	})
	err := g.Wait()
	return slices.MaxFunc(heard[:], time.Time.Compare).Sub(began), err
}
