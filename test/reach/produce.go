package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/token"
	"github.com/hubbub-live/hubbub/test/api"
)

const (
	// talkers are few, so that what is measured is not how busy the machine is.
	talkers = 20
	// settling is what a point of the curve leaves out at its beginning.
	settling = 2 * time.Second
)

// A point is what 250 messages a second of one room cost, with some chat servers and
// a linger.
type point struct {
	chat             int
	linger           time.Duration
	requests         float64 // a second
	messages         float64 // of a request
	p50, p99, lonely time.Duration
}

// produce draws the curve of messages per request against the linger, and prints it.
func (p program) produce(ctx context.Context, each time.Duration) []figure {
	figures := []figure{
		{what: "messages per produce request, 2 chat servers, --linger 20ms", required: 3, least: true},
		{what: "messages per produce request, 1 chat server, --linger 10ms", required: 3, least: true},
	}
	var curve []point
	err := p.onCluster(ctx, func(s *stand) error {
		for _, chat := range []int{1, 2} {
			for _, ms := range []int{0, 2, 5, 10, 20} {
				at, err := s.produce(ctx, chat, time.Duration(ms)*time.Millisecond, each)
				if err != nil {
					return fmt.Errorf("%d chat servers, --linger %dms: %w", chat, ms, err)
				}
				curve = append(curve, at)
			}
		}
		return nil
	})
	printCurve(curve)
	for _, at := range curve {
		switch {
		case at.chat == 2 && at.linger == 20*time.Millisecond:
			figures[0].measured = at.messages
		case at.chat == 1 && at.linger == 10*time.Millisecond:
			figures[1].measured = at.messages
		}
	}
	return either(figures, err)
}

func printCurve(curve []point) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintln(table, "| Chat servers\t| Linger\t| Requests a second\t| Messages a request\t| RECEIPT p50\t| RECEIPT p99\t| alone, p50\t|")
	fmt.Fprintln(table, "| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t| ---\t|")
	ms := func(d time.Duration) string { return number(d.Seconds()*1000) + " ms" }
	for _, at := range curve {
		fmt.Fprintf(table, "| %d\t| %v\t| %s\t| %.2f\t| %s\t| %s\t| %s\t|\n",
			at.chat, at.linger, number(at.requests), at.messages, ms(at.p50), ms(at.p99), ms(at.lonely))
	}
	_ = table.Flush() // a terminal that is gone reads no more
	fmt.Println()
}

// produce measures a point: the chat servers are started again with the linger, and
// talkers spread over them send by turns that chance gives.
func (s *stand) produce(ctx context.Context, chat int, linger, steady time.Duration) (point, error) {
	at := point{chat: chat, linger: linger}
	servers := s.roles("chat-")[:chat]
	for _, server := range servers {
		server.Env = append(server.Env, "HUBBUB_LINGER="+linger.String())
		if err := errors.Join(server.Stop(ctx), server.Start(ctx)); err != nil {
			return at, err
		}
	}
	people, err := s.sit(ctx, servers)
	if err != nil {
		return at, err
	}
	defer leave(people)
	if at.lonely, err = lonely(ctx, people); err != nil {
		return at, err
	}
	if _, err := say(ctx, people, settling); err != nil {
		return at, err
	}
	before, err := requests(ctx, servers)
	if err != nil {
		return at, err
	}
	waits, err := say(ctx, people, steady)
	if err != nil {
		return at, err
	}
	after, err := requests(ctx, servers)
	at.requests = (after - before) / steady.Seconds()
	at.messages = float64(len(waits)) / (after - before)
	at.p50, at.p99 = waits[len(waits)/2], waits[len(waits)*99/100]
	fmt.Fprintf(os.Stderr, "%+v\n", at)
	return at, err
}

// requests are those with records that Kafka has answered the servers.
func requests(ctx context.Context, servers []*cluster.Process) (sum float64, err error) {
	for _, server := range servers {
		samples, err := api.At(address(server)).Metrics(ctx)
		if err != nil {
			return 0, err
		}
		sum += samples["hubbub_log_syncs_total"]
	}
	return sum, nil
}

// sit connects talkers, who also watch the room, to the servers in turns.
func (s *stand) sit(ctx context.Context, servers []*cluster.Process) (people []*client.Conn, err error) {
	keys, err := token.FromSecret([]byte(s.secret))
	if err != nil {
		return nil, err
	}
	for i := range talkers {
		access, err := keys.Mint(token.Identity{User: hubbub.UserID(fmt.Sprintf("talker-%d", i))}, time.Hour)
		if err != nil {
			return people, err
		}
		url := "ws" + strings.TrimPrefix(address(servers[i%len(servers)]), "http") + "/chat/ws"
		conn, err := client.Dial(ctx, client.Options{URL: url, Token: access})
		if err != nil {
			leave(people)
			return nil, err
		}
		people = append(people, conn)
		if _, err := conn.Subscribe(ctx, client.Topic{
			Destination: client.MessagesOf(show, hubbub.MessageChannel), Watch: func([]client.Delivery) {},
		}); err != nil {
			leave(people)
			return nil, err
		}
	}
	return people, nil
}

func leave(people []*client.Conn) {
	for _, conn := range people {
		_ = conn.Close() // nothing is expected of it any more
	}
}

var post = client.Post{Stream: show, Content: "a message of the usual length, which says nothing new at all"}

// lonely is the median time until the receipt of a message that is alone.
func lonely(ctx context.Context, people []*client.Conn) (time.Duration, error) {
	var waits []time.Duration
	for _, conn := range people {
		began := time.Now()
		if _, err := conn.Send(ctx, post); err != nil {
			return 0, err
		}
		waits = append(waits, time.Since(began))
		time.Sleep(100 * time.Millisecond) // and nobody says anything
	}
	slices.Sort(waits)
	return waits[len(waits)/2], nil
}

// say has people send 250 messages a second, each of one that chance picks, the same
// each time: so those of a server come at uneven intervals. It returns the sorted times
// from when a message was due until its receipt.
func say(ctx context.Context, people []*client.Conn, steady time.Duration) ([]time.Duration, error) {
	n := int(steady / pace)
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // to be the same each time
	var mu sync.Mutex
	waits := make([]time.Duration, 0, n)
	var g errgroup.Group
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * pace)
		time.Sleep(time.Until(due))
		conn := people[chance.IntN(len(people))]
		answered := make(chan error, 1)
		conn.SendAsync(post, func(err error) {
			mu.Lock()
			waits = append(waits, time.Since(due))
			mu.Unlock()
			answered <- err
		})
		g.Go(func() error {
			select {
			case err := <-answered:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(waits)
	return waits, nil
}
