//go:build cluster

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/promise"
)

// foreign is what a stranger may write into raw-chats, where nobody should: passed over
// by every reader. unknown is what a later version may write: the archive keeps it.
var (
	foreign = []cluster.KafkaRecord{
		{Value: []byte("hello")},
		{},
		{Key: []byte("1")},
		{Key: []byte("1"), Value: []byte("hello")},
		{Key: []byte("1"), Value: []byte(`{"id":"x","content":`)},
		{Key: []byte("1"), Value: []byte(`{"text":"other fields"}`)},
		{Key: []byte("1"), Value: []byte("{\"id\":\"caf\xe9\"}")},
		{Key: []byte("1"), Value: []byte(`{"id":"` + strings.Repeat("x", 10_000) + `"}`)},
		{Key: []byte("1"), Value: bytes.Repeat([]byte("x"), 1_000_000)},
		{Key: []byte("1"), Value: []byte("nonsense"), Headers: map[string]string{"kind": "control"}},
		{Key: []byte("1"), Value: []byte(`{}`), Headers: map[string]string{"kind": "caf\xe9"}},
		{Key: []byte("a.b/c\x00"), Value: []byte(`{"id":"x","content":"not a stream"}`)},
		{Key: bytes.Repeat([]byte("k"), 5000), Value: []byte(`{"id":"x","content":"not a stream"}`)},
		{Key: []byte("caf\xe9"), Value: []byte(`{"id":"x","content":"not a stream"}`)},
	}
	unknown = []cluster.KafkaRecord{
		{Key: []byte("1"), Value: []byte(`{"id":"p","question":"?"}`), Headers: map[string]string{"kind": "poll"}},
		{Key: []byte("1"), Value: []byte(`{"words":"of tomorrow"}`), Headers: map[string]string{"v": "9"}},
	}
)

// TestForeignRecords writes what is no record of hubbub's into raw-chats, between what
// people say: it stops nobody, nobody sees it, and it is counted and said where it is.
func TestForeignRecords(t *testing.T) {
	onEngines(t)
	ctx := within(t)
	c := startCrowd(t, ctx, 10, "1", "2")
	server := c.server
	v := &viewer{name: "viewer", stream: "1", options: client.Options{URL: server.WS()}}
	watching, leave := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() { v.follow(watching) })
	defer following.Wait()
	defer leave()

	records := append(append([]cluster.KafkaRecord{}, foreign...), unknown...)
	for i := range records {
		records[i].Topic = server.Prefix() + "raw-chats"
	}
	c.begin(ctx)
	for _, r := range records {
		c.talk(ctx)
		must(t, c.heard(ctx, 20))
		c.stop()
		must(t, engines.Kafka.Write(ctx, r)) // at the end, for now
		must(t, server.AwaitSettled(ctx))
	}
	catchUp(t, ctx, c, []*viewer{v})
	must(t, engines.Kafka.Write(ctx, records...)) // many at once, and the last of all
	must(t, server.AwaitSettled(ctx))

	said := 0
	for stream, book := range c.books {
		history, err := server.History(ctx, stream, hubbub.Position{})
		must(t, err)
		must(t, book.check(history))
		must(t, expectTotal(ctx, server, stream, len(history)))
		said += len(history)
		if stream == v.stream {
			sum, err := v.check(history)
			must(t, err)
			if sum.skipped+sum.gone > 0 {
				t.Errorf("the viewer was told of %d skipped and %d gone", sum.skipped, sum.gone)
			}
			promise.Tried(t, "G4", "foreign records in raw-chats", 2*len(foreign), accounts(len(history), sum)...)
		}
	}
	metrics, err := server.Metrics(ctx)
	must(t, err)
	for name, want := range map[string]int{
		"hubbub_archived_total": said + 2*len(unknown), "hubbub_analysed_total": said,
		`hubbub_kafka_foreign_total{group="relay",topic="raw-chats"}`:    2 * len(foreign),
		`hubbub_kafka_foreign_total{group="archive",topic="raw-chats"}`:  2 * len(foreign),
		`hubbub_kafka_foreign_total{group="analysis",topic="raw-chats"}`: 2 * len(foreign),
	} {
		if metrics[name] != float64(want) {
			t.Errorf("%s is %v, not %d", name, metrics[name], want)
		}
	}
	for _, want := range []string{"a record that somebody else wrote is passed over", "partition=", "position=", "no JSON object"} {
		if !strings.Contains(server.Log(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}

	// Who comes only now reads the past, from the archive and, without that, from the log.
	for i := range 2 {
		conn, err := server.Dial(ctx, client.Options{})
		must(t, err)
		sub, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel), ID: "sub-0", History: 50})
		must(t, err)
		for range 50 {
			m, err := sub.Next(ctx)
			if err != nil {
				t.Fatalf("round %d: %v", i, err)
			}
			if !bytes.HasPrefix(m.Body, []byte(`{"id":"`)) {
				t.Fatalf("round %d: somebody who comes late gets %.100s", i, m.Body)
			}
		}
		conn.Close()
		must(t, server.Kill())
		must(t, server.Run())
	}
	fmt.Fprintln(t.Output(), said, "messages,", 2*len(foreign), "foreign records")
}
