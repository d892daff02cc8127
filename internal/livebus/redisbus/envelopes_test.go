package redisbus

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/redis/rueidis"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

var update = flag.Bool("update", false, "write the golden files anew")

// whole is a batch with an event of every channel.
func whole() livebus.Batch {
	message := hubbub.Message{
		ID: "01900000-0000-7000-8000-000000000001", StreamID: "room", Content: `안녕 "친구" \o/ <b>`,
		Sender: hubbub.Sender{ID: "u-1", Name: "미나", ProfileImageURL: "https://a.example/1.png"},
	}
	return livebus.Batch{Stream: "room", Events: []livebus.Event{
		{Channel: hubbub.MessageChannel, ID: string(message.ID), Value: message.AppendJSON(nil)},
		{Channel: hubbub.EventChannel, Value: []byte(`{"action":"clear"}`)},
		{Channel: hubbub.AnalysisChannel, Value: []byte(`{"streamId":"room","totalCount":3,"ratios":{"praise":0.6667,"other":0.3333}}`)},
		{Channel: hubbub.SummaryChannel, Value: []byte(`{"streamId":"room","summary":"Much was praised."}`)},
	}}
}

// The bytes that the reference's subscribers read.
func TestEnvelopesGolden(t *testing.T) {
	var got []byte
	b := whole()
	for i := range b.Events {
		if text := appendEnvelope(nil, &b.Events[i]); text != nil {
			got = append(append(got, text...), '\n')
		}
	}
	path := filepath.Join("testdata", "envelopes.jsonl")
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("they are\n%swant\n%s", got, want)
	}
}

// listen passes on what comes to a channel of Redis, as anybody's client hears it.
func listen(t *testing.T, b *Bus, address, channel string) <-chan string {
	t.Helper()
	client, err := b.connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c, release := client.Dedicate()
	t.Cleanup(release)
	got, ready := make(chan string, 100), make(chan struct{}, 1)
	c.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      func(m rueidis.PubSubMessage) { got <- m.Message },
		OnSubscription: func(rueidis.PubSubSubscription) { ready <- struct{}{} },
	})
	if err := c.Do(t.Context(), c.B().Subscribe().Channel(channel).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	<-ready
	return got
}

// count is how many envelopes came to what.
func count(t *testing.T, e *envelopes, result string) float64 {
	t.Helper()
	var m dto.Metric
	if err := e.results.WithLabelValues(result).Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

// next reads an envelope as the reference does: the payload is JSON once more.
func next(t *testing.T, got <-chan string) (kind string, payload map[string]any) {
	t.Helper()
	select {
	case text := <-got:
		var envelope struct{ Type, Payload string }
		if err := json.Unmarshal([]byte(text), &envelope); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if err := json.Unmarshal([]byte(envelope.Payload), &payload); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return envelope.Type, payload
	case <-time.After(patience):
		t.Fatal("no envelope came")
	}
	return "", nil
}

// With envelopes, subscribers of the reference's channel get everything that it has,
// at the master and at replicas, beside what the bus' own get; without, nothing.
func TestEnvelopes(t *testing.T) {
	o := options()
	without := open(t, o)
	o.Envelopes, o.Metrics = true, prometheus.NewRegistry()
	b := open(t, o)
	own := subscribe(t, b, "room")
	for _, at := range []string{redis.Master.Address(), redis.Replicas[1].Address()} {
		got := listen(t, b, at, o.Prefix+"broadcast:room")
		if err := without.Publish(t.Context(), whole()); err != nil {
			t.Fatal(err)
		}
		without.BroadcastCount("room", 1)
		if err := b.Publish(t.Context(), whole()); err != nil {
			t.Fatal(err)
		}
		b.BroadcastCount("room", 7)
		if err := b.Publish(t.Context(), livebus.Batch{Stream: "room", Newest: hubbub.Position{Epoch: 1, N: 1}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct{ kind, field, value string }{
			{"chat", "content", `안녕 "친구" \o/ <b>`}, {"analysis", "streamId", "room"},
			{"summary", "summary", "Much was praised."}, {"stream-update", "streamId", "room"},
		} {
			kind, payload := next(t, got)
			if kind != want.kind || payload[want.field] != want.value {
				t.Errorf("%s: %s %v, want %+v", at, kind, payload, want)
			}
			if kind == "stream-update" && payload["userCount"] != 7.0 {
				t.Errorf("the count is %v", payload)
			}
		}
		for range 3 { // of both, and the announcement
			if batch := <-own; batch.Missed {
				t.Errorf("the bus' own subscriber got %+v", batch)
			}
		}
	}
	await(t, "all counted as sent", func() bool { return count(t, b.envelopes, "sent") == 8 })
}

// Who publishes never waits for envelopes: what finds no room is dropped and counted.
func TestEnvelopesDoNotHoldUp(t *testing.T) {
	e := newEnvelopes(Options{}) // nobody takes anything from it
	many := livebus.Batch{Events: make([]livebus.Event, 900)}
	for range 2 * mostBatches {
		e.put(many)
	}
	kept := mostWaiting / 900 * 900
	if n := count(t, e, "dropped"); n != float64(2*mostBatches*900-kept) || e.waiting.Load() != int64(kept) {
		t.Errorf("%v were dropped, %d wait", n, e.waiting.Load())
	}
	e = newEnvelopes(Options{})
	for range mostBatches + 5 {
		e.put(livebus.Batch{Events: make([]livebus.Event, 1)})
	}
	if n := count(t, e, "dropped"); n != 5 {
		t.Errorf("%v were dropped", n)
	}
}

// A master that is gone for a while takes its envelopes with it, and nothing else.
func TestEnvelopesOfAMasterThatIsAway(t *testing.T) {
	o := options()
	o.Envelopes = true
	b := open(t, o)
	if err := redis.Master.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range redis.Replicas { // for the tests after this one
		client, err := b.connect(r.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		await(t, "the replicas have their master again", func() bool {
			said, err := client.Do(t.Context(), client.B().Info().Section("replication").Build()).ToString()
			return err == nil && strings.Contains(said, "master_link_status:up")
		})
	}
	got := listen(t, b, redis.Master.Address(), o.Prefix+"broadcast:room")
	await(t, "published again", func() bool {
		if err := b.Publish(t.Context(), whole()); err != nil {
			return false
		}
		select {
		case text := <-got:
			return strings.HasPrefix(text, `{"type":"chat"`)
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
}
