package hostwire

import "encoding/binary"

// A Greeting is the engine's first frame.
type Greeting struct {
	Protocol uint32 // the engine's
}

// An Introduction answers a greeting, whatever the engine's protocol is.
type Introduction struct {
	Protocol uint32
	Program  string // its version, for people
	State    byte   // version of the states that it writes; it reads all before
	// SelfTest is of what the program makes of the golden batch: an engine that was
	// made for another one should not go on.
	SelfTest [32]byte
}

// A Batch is records of raw-chats to be tallied, of any partitions and rooms.
type Batch struct{ Records []Record }

// A Record is one of Kafka, as it is there.
type Record struct {
	Partition uint32
	Offset    int64
	Time      int64 // log time, ms
	Key       []byte
	Headers   []Header
	Value     []byte
}

// A Header is one of a record.
type Header struct {
	Key   string
	Value []byte
}

// Tallies answer a batch.
type Tallies struct {
	Skipped  uint32 // records that are no message, or of a newer kind
	Foreign  uint32 // of them, records that hubbub did not write
	Partials []Partial
}

// A Partial is what a batch had of a room: opaque to the engine, which takes it to
// where the room's state is.
type Partial struct {
	Key       []byte // of its records: the stream
	Partition uint32
	Last      int64 // offset of its newest message
	Messages  uint32
	Tally     []byte
}

// A Merging is rooms whose partials are to be added to their states.
type Merging struct{ Rooms []Room }

// A Room is a stream's state and what has come for it. Without partials it is looked at
// again, as at the time that its last answer named.
type Room struct {
	Key      []byte
	State    []byte // empty: there is none yet
	Progress Progress
	Partials [][]byte
}

// Progress is how far the room's partition was read and merged, and how far it goes.
// Offsets are -1 where nothing is known.
type Progress struct {
	Through     int64 // every record up to this offset is in the state and the partials
	ThroughTime int64 // its log time, ms
	End         int64 // offset of the newest record known
	EndTime     int64 // its log time, or when it was first seen, ms
	Now         int64 // ms, by the clock of the engine
}

// A Merger answers a Merging: an Outcome for each room, in the same order.
type Merger struct{ Outcomes []Outcome }

// An Outcome is a room's new state, and what is to be said of it.
type Outcome struct {
	State   []byte
	Outputs []Output
	Due     int64 // when to look at it again though nothing came, ms by the engine's clock; 0: never
}

// A Topic is where an output belongs.
type Topic byte

// The topics.
const (
	AnalysisResult  Topic = 0
	SummaryRequests Topic = 1
)

// An Output is a record for a topic, keyed by the room.
type Output struct {
	Topic Topic
	Value []byte
}

// A Window is what is to be summed up, as JSON (host.Window).
type Window struct{ Value []byte }

// A Summing answers a window, as JSON.
type Summing struct{ Value []byte }

// A Failure answers a request that cannot be met. The host goes on.
type Failure struct {
	Code     string
	Sentence string
}

// Kind implements Message.
func (*Greeting) Kind() Kind { return Hello }

// Kind implements Message.
func (*Introduction) Kind() Kind { return Introduced }

// Kind implements Message.
func (*Batch) Kind() Kind { return Tally }

// Kind implements Message.
func (*Tallies) Kind() Kind { return Tallied }

// Kind implements Message.
func (*Merging) Kind() Kind { return Merge }

// Kind implements Message.
func (*Merger) Kind() Kind { return Merged }

// Kind implements Message.
func (*Window) Kind() Kind { return Summarise }

// Kind implements Message.
func (*Summing) Kind() Kind { return Summarised }

// Kind implements Message.
func (*Failure) Kind() Kind { return Failed }

func (m *Greeting) appendTo(dst []byte) []byte { return binary.BigEndian.AppendUint32(dst, m.Protocol) }

func (m *Greeting) readFrom(b *body) { m.Protocol = b.u32() }

func (m *Introduction) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, m.Protocol)
	dst = putText(dst, m.Program)
	return append(append(dst, m.State), m.SelfTest[:]...)
}

func (m *Introduction) readFrom(b *body) {
	m.Protocol, m.Program, m.State = b.u32(), b.text(), b.u8()
	copy(m.SelfTest[:], b.take(len(m.SelfTest)))
}

func (m *Batch) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Records))) //nolint:gosec // bounded
	for i := range m.Records {
		r := &m.Records[i]
		dst = binary.BigEndian.AppendUint32(dst, r.Partition)
		dst = putI64(putI64(dst, r.Offset), r.Time)
		dst = putOctets(dst, r.Key)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Headers))) //nolint:gosec // few
		for _, h := range r.Headers {
			dst = putOctets(putText(dst, h.Key), h.Value)
		}
		dst = putOctets(dst, r.Value)
	}
	return dst
}

func (m *Batch) readFrom(b *body) {
	n := b.count(MaxRecords, 30)
	m.Records = resize(m.Records, n)
	for i := range m.Records {
		r := &m.Records[i]
		r.Partition, r.Offset, r.Time, r.Key = b.u32(), b.i64(), b.i64(), b.octets()
		r.Headers = r.Headers[:0]
		for range b.u16() {
			if b.failed {
				return
			}
			r.Headers = append(r.Headers, Header{Key: b.text(), Value: b.octets()})
		}
		r.Value = b.octets()
	}
}

func (m *Tallies) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, m.Skipped)
	dst = binary.BigEndian.AppendUint32(dst, m.Foreign)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Partials))) //nolint:gosec // bounded
	for i := range m.Partials {
		p := &m.Partials[i]
		dst = putOctets(dst, p.Key)
		dst = binary.BigEndian.AppendUint32(dst, p.Partition)
		dst = putI64(dst, p.Last)
		dst = binary.BigEndian.AppendUint32(dst, p.Messages)
		dst = putOctets(dst, p.Tally)
	}
	return dst
}

func (m *Tallies) readFrom(b *body) {
	m.Skipped, m.Foreign = b.u32(), b.u32()
	m.Partials = resize(m.Partials, b.count(MaxRecords, 24))
	for i := range m.Partials {
		m.Partials[i] = Partial{Key: b.octets(), Partition: b.u32(), Last: b.i64(), Messages: b.u32(), Tally: b.octets()}
	}
}

func (m *Merging) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Rooms))) //nolint:gosec // bounded
	for i := range m.Rooms {
		r := &m.Rooms[i]
		dst = putOctets(putOctets(dst, r.Key), r.State)
		p := &r.Progress
		for _, n := range [...]int64{p.Through, p.ThroughTime, p.End, p.EndTime, p.Now} {
			dst = putI64(dst, n)
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Partials))) //nolint:gosec // bounded
		for _, partial := range r.Partials {
			dst = putOctets(dst, partial)
		}
	}
	return dst
}

func (m *Merging) readFrom(b *body) {
	m.Rooms = resize(m.Rooms, b.count(MaxRooms, 52))
	for i := range m.Rooms {
		r := &m.Rooms[i]
		r.Key, r.State = b.octets(), b.octets()
		r.Progress = Progress{b.i64(), b.i64(), b.i64(), b.i64(), b.i64()}
		r.Partials = resize(r.Partials, b.count(MaxFrame/4, 4))
		for j := range r.Partials {
			r.Partials[j] = b.octets()
		}
	}
}

func (m *Merger) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Outcomes))) //nolint:gosec // bounded
	for i := range m.Outcomes {
		o := &m.Outcomes[i]
		dst = putOctets(dst, o.State)
		dst = append(dst, byte(len(o.Outputs)))
		for _, out := range o.Outputs {
			dst = putOctets(append(dst, byte(out.Topic)), out.Value)
		}
		dst = putI64(dst, o.Due)
	}
	return dst
}

func (m *Merger) readFrom(b *body) {
	m.Outcomes = resize(m.Outcomes, b.count(MaxRooms, 13))
	for i := range m.Outcomes {
		o := &m.Outcomes[i]
		o.State = b.octets()
		o.Outputs = resize(o.Outputs, int(b.u8()))
		for j := range o.Outputs {
			o.Outputs[j] = Output{Topic: Topic(b.u8()), Value: b.octets()}
		}
		o.Due = b.i64()
	}
}

func (m *Window) appendTo(dst []byte) []byte { return append(dst, m.Value...) }
func (m *Window) readFrom(b *body)           { m.Value = b.take(len(b.rest)) }

func (m *Summing) appendTo(dst []byte) []byte { return append(dst, m.Value...) }
func (m *Summing) readFrom(b *body)           { m.Value = b.take(len(b.rest)) }

func (m *Failure) appendTo(dst []byte) []byte { return putText(putText(dst, m.Code), m.Sentence) }
func (m *Failure) readFrom(b *body)           { m.Code, m.Sentence = b.text(), b.text() }

// resize returns n of what there is room for, so that batch after batch shares memory.
func resize[T any](list []T, n int) []T {
	if n <= cap(list) {
		return list[:n]
	}
	return make([]T, n)
}
