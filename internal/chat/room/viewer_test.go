package room

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gobwas/ws"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/chat/transport"
)

// A viewer is one at the other end of a subscription whose socket can be full.
// It reads what it gets as a client would.
type viewer struct {
	format  Format
	listens bool // to notices

	mu      sync.Mutex
	full    bool
	room    int // pieces that may wait while full
	waiting [][]byte
	decoder stomp.Decoder
	trouble error // what was wrong with the octets
	got     []frame
}

// A frame is one thing that a viewer was told.
type frame struct {
	command        string
	position, prev hubbub.Position
	id, nonce      string
	replay         bool
	skipped        int
	gap            span
	body           string
}

func (v *viewer) Offer(b []byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.full && len(v.waiting) >= v.room {
		return false
	}
	v.put(b)
	return true
}

func (v *viewer) Send(b []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.put(b)
}

func (v *viewer) put(b []byte) {
	if v.full {
		v.waiting = append(v.waiting, b)
		return
	}
	v.read(b)
}

func (v *viewer) Behind() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.waiting) > 0
}

func (v *viewer) Declare(l Loss) bool {
	if v.listens {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.got = append(v.got, frame{command: "notice", skipped: l.Skipped, gap: span{l.GapFrom, l.GapTo}})
	}
	return v.listens
}

// drain lets the socket take everything again.
func (v *viewer) drain() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.full = false
	for _, b := range v.waiting {
		v.read(b)
	}
	v.waiting = nil
}

// catch is Join.Catch: the viewer takes what waits.
func (v *viewer) catch(context.Context) error {
	v.drain()
	return nil
}

// read takes WebSocket messages apart; v.mu is held.
func (v *viewer) read(b []byte) {
	for r := bytes.NewReader(b); r.Len() > 0 && v.trouble == nil; {
		f, err := ws.ReadFrame(r)
		payload := f.Payload
		if err == nil && v.format.Transport == transport.SockJS {
			var parts []string
			err = json.Unmarshal(payload[1:], &parts)
			payload = []byte(strings.Join(parts, ""))
		}
		if err == nil {
			v.decoder.SetVersion(v.format.Dialect)
			err = v.decoder.Feed(payload, v.take)
		}
		v.trouble = err
	}
}

func (v *viewer) take(f stomp.Frame) error {
	got := frame{command: f.Command, body: string(f.Body)}
	for _, h := range f.Headers {
		value := string(h.Value)
		var err error
		switch string(h.Name) {
		case "subscription":
			if value != v.format.Subscription {
				err = fmt.Errorf("a frame of subscription %q", value)
			}
		case "position":
			got.position, err = hubbub.ParsePosition(value)
		case "prev":
			got.prev, err = hubbub.ParsePosition(value)
		case "message-id":
			got.id = value
		case "nonce":
			got.nonce = value
		case "replay":
			got.replay = true
		case "skipped":
			got.skipped, err = strconv.Atoi(value)
		case "gap":
			from, to, _ := strings.Cut(value, "..")
			if got.gap.from, err = hubbub.ParsePosition(from); err == nil {
				got.gap.to, err = hubbub.ParsePosition(to)
			}
		}
		if err != nil {
			return err
		}
	}
	v.got = append(v.got, got)
	return nil
}

// seen returns a copy of what the viewer was told.
func (v *viewer) seen() []frame {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]frame(nil), v.got...)
}

// last returns the position of the newest message, zero if there is none.
func (v *viewer) last() (p hubbub.Position) {
	for _, f := range v.seen() {
		if f.command == stomp.MessageFrame {
			p = f.position
		}
	}
	return p
}

// receiptFrame is Join.Receipt.
func (v *viewer) receiptFrame(p hubbub.Position) []byte {
	return stomp.AppendFrame(nil, v.format.Dialect, stomp.Receipt, nil, "receipt-id", "r", "position", p.String())
}
