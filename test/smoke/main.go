// Command smoke sends a message to a running server over the real wire, and
// checks that it is delivered, kept and counted. `make run` with RUN_FOR uses it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
)

const stream = hubbub.StreamID("1") // made at the first start

func main() {
	url := flag.String("url", "http://127.0.0.1:8080", "of the server")
	patience := flag.Duration("patience", 20*time.Second, "for all of it")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *patience)
	defer cancel()
	if err := smoke(ctx, strings.TrimSuffix(*url, "/")); err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
}

// smoke follows one message all the way.
func smoke(ctx context.Context, url string) error {
	server := api.At(url)
	if err := awaitReady(ctx, server); err != nil {
		return err
	}
	fmt.Println("  ready")
	guest, err := server.Guest(ctx, "smoke")
	if err != nil {
		return err
	}
	fmt.Println("  signed in as a guest")
	conn, err := client.Dial(ctx, client.Options{URL: "ws" + strings.TrimPrefix(url, "http") + "/chat/ws", Token: guest.Token})
	if err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	defer conn.Close()
	text := "hello, this is a test " + rand.Text()
	message, err := say(ctx, conn, text)
	if err != nil {
		return err
	}
	fmt.Println("  sent, acknowledged and delivered at", message.Position)
	if err := awaitHistory(ctx, server, text); err != nil {
		return err
	}
	fmt.Println("  in the history")
	total, err := awaitMood(ctx, conn, message.Position)
	if err != nil {
		return err
	}
	fmt.Printf("  counted in the mood of the room, of %d messages\n", total)
	return nil
}

func awaitReady(ctx context.Context, server api.At) error {
	return api.Until(ctx, "wait until the server is ready", func() error {
		r, err := server.Readiness(ctx)
		if err == nil && !r.Ready {
			err = fmt.Errorf("it is not: %v", r.Checks)
		}
		return err
	})
}

// say sends text and waits until it comes back.
func say(ctx context.Context, conn *client.Conn, text string) (client.Message, error) {
	room, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(stream, hubbub.MessageChannel)})
	if err != nil {
		return client.Message{}, fmt.Errorf("subscribe to the room: %w", err)
	}
	if _, err := conn.Send(ctx, client.Post{Stream: stream, Content: text}); err != nil {
		return client.Message{}, fmt.Errorf("send: %w", err)
	}
	for {
		m, err := room.Next(ctx)
		if err != nil {
			return client.Message{}, fmt.Errorf("wait for the message: %w", err)
		}
		if chat, err := m.Chat(); err == nil && chat.Content == text {
			return m, nil
		}
	}
}

func awaitHistory(ctx context.Context, server api.At, text string) error {
	return api.Until(ctx, "look for the message in the history", func() error {
		page, err := server.Page(ctx, stream, "before", hubbub.Position{}, 200)
		if err == nil && !slices.ContainsFunc(page, func(e api.Entry) bool { return e.Content == text }) {
			err = fmt.Errorf("it is not among the last %d", len(page))
		}
		return err
	})
}

// awaitMood waits for an analysis that is complete up to a position.
func awaitMood(ctx context.Context, conn *client.Conn, at hubbub.Position) (total int, err error) {
	mood, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(stream, hubbub.AnalysisChannel)})
	if err != nil {
		return 0, fmt.Errorf("subscribe to the analysis: %w", err)
	}
	for {
		m, err := mood.Next(ctx)
		if err != nil {
			return 0, fmt.Errorf("wait for an analysis that counts the message: %w", err)
		}
		var result struct {
			TotalCount int
			Through    hubbub.Position
		}
		if err := json.Unmarshal(m.Body, &result); err != nil {
			return 0, fmt.Errorf("read the analysis %s: %w", m.Body, err)
		}
		if !result.Through.Before(at) && result.TotalCount > 0 {
			return result.TotalCount, nil
		}
	}
}
