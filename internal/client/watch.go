package client

import (
	"bytes"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A Delivery is what a MESSAGE frame says of itself, its body left aside. Its
// slices are the connection's and change with the next piece read.
type Delivery struct {
	Position hubbub.Position
	Prev     hubbub.Position
	Nonce    []byte // the sender's
	Gap      []byte // "from..to" that the server could not give; empty: none
	Skipped  int64  // messages that the server left out before this one
	Replay   bool
	Arrived  time.Time // when the piece that held it had been read

	subscription []byte
	length       int // of the body; -1: not said
}

// watchedBatch is beyond what rooms send in one piece; more is for replays.
const watchedBatch = 1 << 10

// scan hands the watched messages at the front of text to their subscription and
// returns what is left, from the first frame on that is something else.
//
// A room's batch reaches every viewer, so this is the one place of the client
// where nanoseconds count: lines are found by their ends, nothing is copied, and
// the body is jumped over. Whatever is not in the plain shape in which servers
// write is left to the decoder, which knows all shapes.
func (c *Conn) scan(text []byte) []byte {
	s := c.watched.Load()
	if s == nil {
		return text
	}
	batch := c.batch[:0]
	for len(text) > 0 {
		batch = append(batch, Delivery{Arrived: c.transport.arrived})
		rest, ok := batch[len(batch)-1].scan(text)
		if !ok || string(batch[len(batch)-1].subscription) != s.ID {
			batch = batch[:len(batch)-1]
			break
		}
		text = rest
	}
	if c.batch = batch; cap(batch) > watchedBatch {
		c.batch = nil
	}
	if len(batch) > 0 {
		s.watch(batch)
	}
	return text
}

var plainMessage = []byte(stomp.MessageFrame + "\n")

// scan reads the frame at the front of text and returns what follows it; ok is
// false if it is no whole MESSAGE in plain shape.
func (d *Delivery) scan(text []byte) (rest []byte, ok bool) {
	d.length = -1
	if text, ok = bytes.CutPrefix(text, plainMessage); !ok {
		return nil, false
	}
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			return nil, false
		}
		line := text[:end]
		text = text[end+1:]
		if len(line) == 0 {
			break
		}
		if !d.take(line) {
			return nil, false
		}
	}
	if d.length < 0 || len(text) <= d.length || text[d.length] != 0 {
		return nil, false
	}
	return text[d.length+1:], true
}

// take keeps a header if it is one that counts; ok is false if it makes no sense.
func (d *Delivery) take(line []byte) (ok bool) {
	var err error
	switch line[0] { // most lines are none of ours, and told apart by less than their names
	case 'p':
		if value, found := bytes.CutPrefix(line, []byte("position:")); found {
			d.Position, err = hubbub.ParsePosition(string(value))
		} else if value, found := bytes.CutPrefix(line, []byte("prev:")); found {
			d.Prev, err = hubbub.ParsePosition(string(value))
		}
	case 'c':
		if value, found := bytes.CutPrefix(line, []byte("content-length:")); found {
			d.length, err = strconv.Atoi(string(value))
		}
	case 's':
		if value, found := bytes.CutPrefix(line, []byte("subscription:")); found {
			d.subscription = value
			return bytes.IndexByte(value, '\\') < 0
		} else if value, found := bytes.CutPrefix(line, []byte("skipped:")); found {
			d.Skipped, err = strconv.ParseInt(string(value), 10, 64)
		}
	case 'n':
		if value, found := bytes.CutPrefix(line, []byte("nonce:")); found {
			d.Nonce = value
			return bytes.IndexByte(value, '\\') < 0
		}
	case 'g':
		if value, found := bytes.CutPrefix(line, []byte("gap:")); found {
			d.Gap = value
		}
	case 'r':
		d.Replay = d.Replay || string(line) == "replay:true"
	}
	return err == nil
}

// watchFrame is scan for a frame that the decoder has read.
func (c *Conn) watchFrame(s *Subscription, f stomp.Frame) error {
	m, err := messageFrom(headersOf(f), nil)
	if err != nil {
		return err
	}
	nonce, _ := f.Value("nonce")
	s.watch([]Delivery{{
		Position: m.Position, Prev: m.Prev, Nonce: nonce, Gap: []byte(m.Gap), Skipped: int64(m.Skipped),
		Replay: m.Replay, Arrived: c.transport.arrived,
	}})
	return nil
}

func isOf(f stomp.Frame, s *Subscription) bool {
	id, _ := f.Value("subscription")
	return string(id) == s.ID
}
