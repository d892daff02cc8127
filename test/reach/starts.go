package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/token"
)

const (
	stream  = hubbub.StreamID("1") // made at the first start
	senders = 20
	// underWay bounds the SENDs of one sender that wait for their receipts.
	underWay = 50
)

// starts measures how long starts take on a folder with many messages.
func (p program) starts(ctx context.Context, messages int) []figure {
	clean := figure{what: fmt.Sprintf("start on a folder with %d messages", messages), required: 2, unit: "s"}
	crash := figure{what: "start after SIGKILL under load", required: 5, unit: "s"}
	clean.measured, crash.measured, clean.err = p.timeStarts(ctx, messages)
	crash.err = clean.err
	return []figure{clean, crash}
}

func (p program) timeStarts(ctx context.Context, messages int) (clean, crash float64, err error) {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(folder)
	data := folder + "/data"
	server, err := p.start(ctx, data)
	if err != nil {
		return 0, 0, err
	}
	if err := fill(ctx, server.url, messages); err != nil {
		server.kill()
		return 0, 0, fmt.Errorf("fill the folder: %w", err)
	}
	if err := server.stop(); err != nil {
		return 0, 0, err
	}
	if server, err = p.start(ctx, data); err != nil {
		return 0, 0, err
	}
	clean = server.took.Seconds()
	loaded, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	_ = fill(loaded, server.url, 1<<30) // until time is up
	server.kill()
	if server, err = p.start(ctx, data); err != nil {
		return 0, 0, err
	}
	return clean, server.took.Seconds(), server.stop()
}

// fill sends messages and waits for all receipts.
func fill(ctx context.Context, url string, messages int) error {
	keys, err := token.FromSecret([]byte(secret))
	if err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(messages))
	g, ctx := errgroup.WithContext(ctx)
	for i := range senders {
		g.Go(func() error {
			access, err := keys.Mint(token.Identity{User: hubbub.UserID(fmt.Sprintf("filler-%d", i))}, time.Hour)
			if err != nil {
				return err
			}
			return send(ctx, url, access, &left)
		})
	}
	return g.Wait()
}

// send takes messages from left until there are none.
func send(ctx context.Context, url, access string, left *atomic.Int64) error {
	conn, err := client.Dial(ctx, client.Options{URL: "ws" + strings.TrimPrefix(url, "http") + "/chat/ws", Token: access})
	if err != nil {
		return err
	}
	defer conn.Close()
	places, failed := make(chan struct{}, underWay), make(chan error, 1)
	for left.Add(-1) >= 0 {
		select {
		case places <- struct{}{}:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		conn.SendAsync(client.Post{Stream: stream, Content: "a message of the usual length, which says nothing new at all"}, func(err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			<-places
		})
	}
	for range underWay {
		select {
		case places <- struct{}{}:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
