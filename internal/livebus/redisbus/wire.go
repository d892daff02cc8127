package redisbus

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// version is the first byte of a batch on its way. Another is dropped: while processes
// of two versions run, rooms fetch what they cannot read.
const version = 1

// appendBatch adds a batch, without its stream, which the channel names: numbers are
// varints, and texts have their length before them.
func appendBatch(dst []byte, b *livebus.Batch) []byte {
	dst = append(dst, version)
	dst = appendPosition(dst, b.Newest)
	dst = binary.AppendUvarint(dst, uint64(len(b.Events)))
	for i := range b.Events {
		e := &b.Events[i]
		dst = append(dst, byte(e.Channel))
		dst = appendText(dst, e.ID)
		dst = appendPosition(dst, e.Position)
		dst = appendPosition(dst, e.Prev)
		millis := int64(0)
		if !e.Time.IsZero() {
			millis = e.Time.UnixMilli()
		}
		dst = binary.AppendVarint(dst, millis)
		dst = appendText(dst, e.Kind)
		dst = appendText(dst, e.Value)
	}
	return dst
}

func appendPosition(dst []byte, p hubbub.Position) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(p.Epoch)), p.N)
}

func appendText[T string | []byte](dst []byte, text T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

var errBatch = errors.New("this is not a batch")

// parseBatch reads what appendBatch wrote. The batch's values are parts of text.
func parseBatch(text []byte) (livebus.Batch, error) {
	if len(text) == 0 || text[0] != version {
		return livebus.Batch{}, errBatch
	}
	r := reader{rest: text[1:]}
	b := livebus.Batch{Newest: r.position()}
	count := r.number()
	const least = 9 // bytes of an event
	if count > uint64(len(r.rest)/least) {
		return livebus.Batch{}, errBatch
	}
	if count > 0 {
		b.Events = make([]livebus.Event, count)
	}
	for i := range b.Events {
		b.Events[i] = r.event()
	}
	if r.broken || len(r.rest) > 0 {
		return livebus.Batch{}, errBatch
	}
	return b, nil
}

// A reader reads on; once something is not there, all that follows is nothing.
type reader struct {
	rest   []byte
	broken bool
}

func (r *reader) event() livebus.Event {
	e := livebus.Event{Channel: r.channel(), ID: string(r.text()), Position: r.position(), Prev: r.position()}
	if millis := r.signed(); millis != 0 {
		e.Time = time.UnixMilli(millis).UTC()
	}
	e.Kind, e.Value = string(r.text()), r.text()
	return e
}

func (r *reader) channel() hubbub.Channel {
	if len(r.rest) == 0 || int(r.rest[0]) >= hubbub.Channels {
		r.broken = true
		return 0
	}
	c := hubbub.Channel(r.rest[0])
	r.skip(1, true)
	return c
}

func (r *reader) position() hubbub.Position {
	epoch := r.number()
	if epoch > 1<<32-1 {
		r.broken = true
	}
	return hubbub.Position{Epoch: uint32(epoch), N: r.number()} //nolint:gosec // broken if it is not
}

func (r *reader) number() uint64 {
	value, n := binary.Uvarint(r.rest)
	r.skip(n, n > 0)
	return value
}

func (r *reader) signed() int64 {
	value, n := binary.Varint(r.rest)
	r.skip(n, n > 0)
	return value
}

func (r *reader) text() []byte {
	size := r.number()
	if size > uint64(len(r.rest)) {
		r.broken, size = true, 0
	}
	text := r.rest[:size:size]
	r.skip(int(size), true) //nolint:gosec // at most the rest
	return text
}

// skip goes on by n bytes, unless there was not what was read.
func (r *reader) skip(n int, ok bool) {
	if !ok || r.broken {
		r.broken, r.rest = true, nil
		return
	}
	r.rest = r.rest[n:]
}
