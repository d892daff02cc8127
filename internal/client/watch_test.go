package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

func frame(subscription string, n uint64, body string) []byte {
	return stomp.AppendMessage(nil, stomp.V12, &stomp.Envelope{Subscription: subscription}, &stomp.Message{
		Destination: "/topic/stream/1/message", ID: "0197f0a4-6f2c-7d31-9c1e-5d2f3a4b5c6d",
		Position: hubbub.Position{Epoch: 1, N: n}, Prev: hubbub.Position{Epoch: 1, N: n - 1}, Nonce: "tag.1.2", Body: []byte(body),
	})
}

const chat = `{"id":"0197f0a4-6f2c-7d31-9c1e-5d2f3a4b5c6d","streamId":"1","sender":{"id":"lab-1","name":"Lab 1","profileImageUrl":"","roles":[]},"content":"what a play, did you all see that one too","createdAt":"2026-01-02T03:04:05.678Z","nonce":"tag.1.2"}`

// Scanning must read what the decoder reads, or leave it to the decoder.
func TestScanReadsWhatTheDecoderReads(t *testing.T) {
	position := rapid.Custom(func(t *rapid.T) hubbub.Position {
		return hubbub.Position{Epoch: rapid.Uint32().Draw(t, "epoch"), N: rapid.Uint64().Draw(t, "n")}
	})
	rapid.Check(t, func(t *rapid.T) {
		e := stomp.Envelope{
			Subscription: rapid.StringMatching(`[a-z:\\]{1,5}`).Draw(t, "subscription"), Replay: rapid.Bool().Draw(t, "replay"),
			Skipped: rapid.IntRange(0, 1000).Draw(t, "skipped"), GapTo: position.Draw(t, "gap"),
		}
		m := stomp.Message{
			Destination: "/topic/stream/1/message", ID: "a", Position: position.Draw(t, "position"), Prev: position.Draw(t, "prev"),
			Nonce: rapid.StringMatching(`[a-z:\\]{0,5}`).Draw(t, "nonce"), Body: []byte(rapid.String().Draw(t, "body") + "x"),
		}
		text := stomp.AppendMessage(nil, stomp.V12, &e, &m)
		var d Delivery
		rest, ok := d.scan(append(bytes.Clone(text), "more"...))
		if !ok {
			if !strings.ContainsAny(e.Subscription+m.Nonce, `:\`) {
				t.Fatalf("left to the decoder: %q", text)
			}
			return
		}
		if string(rest) != "more" {
			t.Fatalf("rest %q", rest)
		}
		var decoder stomp.Decoder
		decoder.SetVersion(stomp.V12)
		err := decoder.Feed(text, func(f stomp.Frame) error {
			want, err := messageFrom(headersOf(f), nil)
			nonce, _ := f.Get("nonce")
			if d.Position != want.Position || d.Prev != want.Prev || d.Skipped != int64(want.Skipped) || string(d.Gap) != want.Gap ||
				d.Replay != want.Replay || string(d.Nonce) != nonce || string(d.subscription) != e.Subscription {
				t.Errorf("scanned %+v, decoded %+v", d, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for cut := range text {
			if _, ok := new(Delivery).scan(text[:cut]); ok {
				t.Fatalf("took half a frame: %q", text[:cut])
			}
		}
	})
}

func TestScanNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		new(Delivery).scan(append([]byte("MESSAGE\n"), rapid.SliceOf(rapid.Byte()).Draw(t, "text")...))
	})
}

// The short way must find what the long way finds, or leave it to that.
func TestUnquotePlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\\\"\n\x00au[],")), rapid.Rune())).Draw(t, "text")
		quoted, err := json.Marshal([]string{text, "more", text}[:rapid.IntRange(1, 3).Draw(t, "strings")])
		if err != nil {
			t.Fatal(err)
		}
		frame := append([]byte("a"), quoted...)
		if rapid.Bool().Draw(t, "spoil") {
			frame = []byte("a[" + rapid.StringOf(rapid.RuneFrom([]rune("\\\"nu0,] "))).Draw(t, "frame"))
		}
		short, ok := unquotePlain([]byte("x"), frame)
		if !ok {
			return
		}
		long, err := sockjs.AppendMessages([]byte("x"), frame[1:])
		if err != nil || !bytes.Equal(short, long) {
			t.Fatalf("%q: short %q, long %q, %v", frame, short, long, err)
		}
	})
}

func BenchmarkUnwrapSockJS(b *testing.B) {
	var texts []string
	for n := range uint64(5) {
		texts = append(texts, string(frame("m", n+1, chat)))
	}
	quoted, err := json.Marshal(texts)
	if err != nil {
		b.Fatal(err)
	}
	wrapped := append([]byte("a"), quoted...)
	var dst []byte
	b.ReportAllocs()
	for i := 0; i < b.N; i += 5 {
		if dst, err = unwrapSockJS(dst[:0], wrapped); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever way frames come in, the watcher gets each message once and in order,
// and everybody else what is theirs.
func TestWatch(t *testing.T) {
	for _, scheme := range []string{"ws", "http"} {
		t.Run(scheme, func(t *testing.T) {
			address := serve(t, func(p *peer) {
				p.welcome("0,0")
				sub := p.next(stomp.Subscribe)
				p.send(stomp.Receipt, "", "receipt-id", sub["receipt"], "position", "1.1")
				id := sub["id"]
				p.raw(string(frame(id, 2, chat)) + string(frame(id, 3, `{"content":"안녕\n"}`)))
				half := string(frame(id, 4, chat))
				p.raw(half[:100])
				p.raw(half[100:] + string(frame(id, 5, chat)) + string(frame("s9", 6, chat)) + string(frame(id, 7, chat)))
				p.raw("\n")
				p.raw(string(frame(id, 8, chat)) + "\n" + string(frame(id, 9, chat)))
				p.send(stomp.MessageFrame, `{"code":"skipped","skipped":3}`, "subscription", "s1", "message-id", "n", "destination", notices, "skipped", "3")
				first, second := p.next(stomp.Send), p.next(stomp.Send)
				p.send(stomp.Receipt, "", "receipt-id", second["receipt"])
				p.send(stomp.MessageFrame, `{"code":"rate_limited","receipt":"`+first["receipt"]+`"}`,
					"subscription", "s1", "message-id", "n", "destination", notices)
				p.next(stomp.Send)
				p.conn.Close()
			})
			var got []uint64
			var skipped int64
			c := dial(t, Options{URL: scheme + "://" + address + "/ws", OnNotice: func(n Notice) { skipped += n.Skipped }})
			s, err := c.Subscribe(limited(t), Topic{Destination: MessagesOf("1", hubbub.MessageChannel), Watch: func(batch []Delivery) {
				for _, d := range batch {
					if string(d.Nonce) != "tag.1.2" || d.Arrived.IsZero() || d.Prev.N+1 != d.Position.N {
						t.Errorf("delivered %+v", d)
					}
					got = append(got, d.Position.N)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if s.Position.N != 1 {
				t.Errorf("it starts at %s", s.Position)
			}
			outcomes := make(chan error, 3)
			for range 3 {
				c.SendAsync(Post{Stream: "1", Content: "x"}, func(err error) { outcomes <- err })
			}
			var codes []hubbub.Code
			for range 3 {
				err := <-outcomes
				var refused *hubbub.Error
				if errors.As(err, &refused) {
					codes = append(codes, refused.Code)
				}
			}
			if len(codes) != 2 || codes[0] != hubbub.CodeRateLimited || codes[1] != hubbub.CodeOutcomeUnknown {
				t.Errorf("outcomes of one taken, one refused, one unanswered: %v", codes)
			}
			<-c.Done()
			c.SendAsync(Post{Stream: "1"}, func(err error) { outcomes <- err })
			if err := <-outcomes; hubbub.AsError(err).Code != hubbub.CodeOutcomeUnknown {
				t.Errorf("a SEND after the end: %v", err)
			}
			want := []uint64{2, 3, 4, 5, 7, 8, 9}
			if len(got) != len(want) || skipped != 3 {
				t.Fatalf("got %v and %d skipped, want %v and 3", got, skipped, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("got %v, want %v", got, want)
				}
			}
		})
	}
}

// What a viewer costs per message, batches of five as at the reference load.
func BenchmarkScan(b *testing.B) {
	var text []byte
	for n := range uint64(5) {
		text = append(text, frame("m", n+1, chat)...)
	}
	b.SetBytes(int64(len(text)) / 5)
	b.ReportAllocs()
	for i := 0; i < b.N; i += 5 {
		for rest := text; len(rest) > 0; {
			var d Delivery
			var ok bool
			if rest, ok = d.scan(rest); !ok {
				b.Fatal("not scanned")
			}
		}
	}
}
