package analysis

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/hubbub-live/hubbub"
)

// StateVersion is the version of the states this program writes, their first byte.
// Older ones are read as well. Version 1 has no minutes: that of the newest message
// is in its window, and those before were never kept. Version 2 has no usages of
// terms, which are of the last minute only. Version 3 has no weighing: messages from
// before are weighed in full.
const StateVersion = 4

// Errors of DecodeState.
var (
	// ErrState: the bytes are no state.
	ErrState = errors.New("not a tally's state")
	// ErrNewerState: a newer program wrote it.
	ErrNewerState = errors.New("a tally's state of a newer version")
)

// maxCount bounds counts read from a state, so that sums and ratios cannot
// overflow and JavaScript reads them exactly.
const maxCount = 1 << 49

// AppendState appends the tally in its one binary form: the version, then
// unsigned varints: counts, newest position and time, chatters, buckets of the
// window, minutes, weighing. Equal sets of messages give equal bytes. With one minute, a quiet
// room of a few chatters takes a few hundred bytes, a hot one about 90 KiB, and 240 KiB
// if all its users do their worst.
func (t *Tally) AppendState(dst []byte) []byte { return t.appendState(dst, StateVersion) }

func (t *Tally) appendState(dst []byte, version byte) []byte {
	dst = append(dst, version)
	dst = t.counts.appendState(dst)
	dst = binary.AppendUvarint(dst, uint64(t.last.Epoch))
	dst = binary.AppendUvarint(dst, t.last.N)
	dst = binary.AppendUvarint(dst, uint64(t.lastTime))
	dst = t.chatters.appendState(dst)
	live := 0
	t.window.live(func(*bucket) { live++ })
	dst = binary.AppendUvarint(dst, uint64(live))
	t.window.live(func(b *bucket) {
		dst = binary.AppendUvarint(dst, b.number)
		dst = b.counts.appendState(dst)
		dst = b.chatters.appendState(dst)
		if version >= 3 {
			dst = b.usages.appendState(dst)
		}
	})
	if version >= 2 {
		dst = t.minutes.appendState(dst)
	}
	if version >= 4 {
		dst = t.weighing.appendState(dst)
	}
	return dst
}

// appendState appends the excess, the number of talks, and of each its bucket, counts,
// whether it is settled, its excess if so, its level, and its users.
func (w *weighing) appendState(dst []byte) []byte {
	dst = w.excess.appendState(dst)
	dst = binary.AppendUvarint(dst, uint64(len(w.open)))
	for i := range w.open {
		t := &w.open[i]
		dst = binary.AppendUvarint(dst, t.number)
		dst = t.counts.appendState(dst)
		if t.settled {
			dst = t.excess.appendState(append(dst, 1))
		} else {
			dst = append(dst, 0)
		}
		dst = binary.AppendUvarint(dst, uint64(t.talkers.level))
		dst = binary.AppendUvarint(dst, uint64(len(t.talkers.list)))
		for j := range t.talkers.list {
			dst = t.talkers.list[j].appendState(dst)
		}
	}
	return dst
}

// appendState appends the hash, counts, and number of texts and them.
func (t *talker) appendState(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, t.user)
	dst = t.counts.appendState(dst)
	dst = append(dst, byte(t.kept))
	for i := range t.texts[:t.kept] {
		c := &t.texts[i]
		dst = binary.LittleEndian.AppendUint64(dst, c.text)
		dst = append(dst, byte(c.mood))
		dst = binary.AppendUvarint(dst, c.count)
		dst = binary.AppendUvarint(dst, uint64(c.first.Epoch))
		dst = binary.AppendUvarint(dst, c.first.N)
		dst = append(dst, c.id[:]...)
	}
	return dst
}

// appendState appends level and number of users, and of each the hash, the number of
// terms and them.
func (s *usages) appendState(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.level))
	dst = binary.AppendUvarint(dst, uint64(s.users))
	for rest := s.list; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].user == rest[0].user {
			n++
		}
		dst = binary.LittleEndian.AppendUint64(dst, rest[0].user)
		dst = binary.AppendUvarint(dst, uint64(n))
		for i := range rest[:n] {
			text := rest[i].term.text()
			dst = binary.AppendUvarint(dst, uint64(len(text)))
			dst = append(dst, text...)
		}
		rest = rest[n:]
	}
	return dst
}

func (m Minutes) appendState(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(m)))
	for i := range m {
		dst = binary.AppendUvarint(dst, m[i].Number)
		dst = m[i].Counts.appendState(dst)
	}
	return dst
}

func (c *Counts) appendState(dst []byte) []byte {
	for _, n := range c {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

// appendState appends the number of hashes and them; dense, fewChatters+1 and
// the registers.
func (c *Chatters) appendState(dst []byte) []byte {
	if c.dense {
		dst = binary.AppendUvarint(dst, fewChatters+1)
		return append(dst, c.ranks...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.few)))
	for _, hash := range c.few {
		dst = binary.LittleEndian.AppendUint64(dst, hash)
	}
	return dst
}

// DecodeState reads what AppendState wrote, in this version or an older one. It takes
// the canonical form alone and allocates in proportion to what is there.
func DecodeState(state []byte) (*Tally, error) {
	if len(state) == 0 {
		return nil, ErrState
	}
	version := state[0]
	switch {
	case version == 0:
		return nil, ErrState
	case version > StateVersion:
		return nil, fmt.Errorf("%w: %d, this program knows %d", ErrNewerState, version, StateVersion)
	}
	most := sampledUsers
	if version == 3 {
		most = sampledUsersThen
	}
	d := decoder{rest: state[1:]}
	t := &Tally{counts: d.counts()}
	t.last = hubbub.Position{Epoch: uint32(d.number(math.MaxUint32)), N: d.number(math.MaxUint64)}
	t.lastTime = int64(d.number(math.MaxInt64))
	t.chatters = d.chatters()
	for range d.number(windowBuckets) {
		read := bucket{number: d.number(math.MaxInt64 / bucketMillis), counts: d.counts(), chatters: d.chatters()}
		if version >= 3 {
			read.usages = d.usages(most)
		}
		if b := t.window.at(read.number); b != nil {
			*b = read
		}
	}
	if version >= 2 {
		t.minutes = d.minutes()
	} else {
		t.minutes = t.window.minutes()
	}
	if version >= 4 {
		t.weighing = d.weighing()
	}
	// What is read and written again must be the same: one check for trailing
	// bytes, long varints, unsorted hashes and buckets outside of the window.
	// But for version 3, of whose sample only half is kept.
	if d.failed || len(d.rest) > 0 || version != 3 && !bytes.Equal(t.appendState(make([]byte, 0, len(state)), version), state) {
		return nil, ErrState
	}
	return t, nil
}

const sampledUsersThen = 64 // sampledUsers in version 3

// A decoder reads from the front of rest; after a failure it reads zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number(highest uint64) uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 || n > highest {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.rest) {
		d.failed, d.rest = true, nil
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) counts() (c Counts) {
	for i := range c {
		c[i] = d.number(maxCount)
	}
	return c
}

func (d *decoder) chatters() (c Chatters) {
	n := d.number(fewChatters + 1)
	if n == fewChatters+1 {
		c.ranks, c.dense = bytes.Clone(d.bytes(registers)), true
		for _, rank := range c.ranks {
			d.failed = d.failed || rank > maxRank
		}
		return c
	}
	hashes := d.bytes(int(n) * 8)
	for ; len(hashes) > 0; hashes = hashes[8:] {
		c.Add(binary.LittleEndian.Uint64(hashes))
	}
	return c
}

func (d *decoder) minutes() (m Minutes) {
	for range d.number(math.MaxInt64) {
		read := Minute{Number: d.number(math.MaxInt64 / minuteMillis), Counts: d.counts()}
		if n := len(m); read.Counts == (Counts{}) || n > 0 && m[n-1].Number >= read.Number {
			d.failed = true
		}
		if d.failed {
			return nil
		}
		m = append(m, read)
	}
	return m
}

func (d *decoder) usages(most int) (s usages) {
	level := int(d.number(64))
	s.level = level
	for range d.number(uint64(most)) {
		hash := d.bytes(8)
		for range d.number(userTerms) {
			text := d.bytes(int(d.number(maxTerm)))
			if d.failed || len(text) == 0 || binary.LittleEndian.Uint64(hash)>>(64-level) != 0 {
				d.failed = true
				return usages{}
			}
			var t term
			copy(t[:], text)
			u := newUsage(binary.LittleEndian.Uint64(hash), &t)
			if !s.sampled(u.user) { // it was thinned by those before
				continue
			}
			s.put(s.find(u.user), &u)
		}
	}
	return s
}

func (d *decoder) weighing() (w weighing) {
	w.excess = d.counts()
	for range d.number(math.MaxInt64) {
		t := talk{number: d.number(math.MaxInt64 / bucketMillis), counts: d.counts(), settled: d.number(1) == 1}
		if t.settled {
			t.excess = d.counts()
		}
		t.talkers = d.talkers()
		if n := len(w.open); d.failed || n > 0 && w.open[n-1].number >= t.number {
			d.failed = true
			return weighing{}
		}
		w.open = append(w.open, t)
	}
	return w
}

func (d *decoder) talkers() (s talkers) {
	s.level = int(d.number(64))
	for range d.number(sampledTalkers) {
		hash := d.bytes(8)
		if d.failed || !sampled(binary.LittleEndian.Uint64(hash), s.level) {
			d.failed = true
			return talkers{}
		}
		t := s.at(binary.LittleEndian.Uint64(hash))
		t.counts = d.counts()
		for range d.number(talkerTexts) {
			c := d.textCopy(&t.counts)
			t.say(&c)
		}
	}
	return s
}

// textCopy reads a text of somebody who said so much.
func (d *decoder) textCopy(of *Counts) (c textCopy) {
	text := d.bytes(8)
	if d.failed {
		return c
	}
	c.text = binary.LittleEndian.Uint64(text)
	c.mood = hubbub.Mood(d.number(uint64(hubbub.Moods - 1)))
	c.count = d.number(of[c.mood])
	c.first = hubbub.Position{Epoch: uint32(d.number(math.MaxUint32)), N: d.number(math.MaxUint64)}
	copy(c.id[:], d.bytes(len(c.id)))
	d.failed = d.failed || c.text == 0 || c.count == 0
	return c
}
