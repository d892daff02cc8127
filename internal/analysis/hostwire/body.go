package hostwire

import "encoding/binary"

// A body is read from its front; after a failure it gives zeros.
type body struct {
	rest   []byte
	failed bool
}

func (b *body) take(n int) []byte {
	if b.failed || n > len(b.rest) {
		b.failed, b.rest = true, nil
		return nil
	}
	taken := b.rest[:n:n]
	b.rest = b.rest[n:]
	return taken
}

func (b *body) u8() byte {
	if taken := b.take(1); taken != nil {
		return taken[0]
	}
	return 0
}

func (b *body) u16() uint16 {
	if taken := b.take(2); taken != nil {
		return binary.BigEndian.Uint16(taken)
	}
	return 0
}

func (b *body) u32() uint32 {
	if taken := b.take(4); taken != nil {
		return binary.BigEndian.Uint32(taken)
	}
	return 0
}

func (b *body) i64() int64 {
	if taken := b.take(8); taken != nil {
		return int64(binary.BigEndian.Uint64(taken)) //nolint:gosec // as it was written
	}
	return 0
}

// count is how many of something follow that have at least so many octets each.
func (b *body) count(most, least int) int {
	n := b.u32()
	if n > uint32(most) || int(n)*least > len(b.rest) { //nolint:gosec // a bound
		b.failed, b.rest = true, nil
		return 0
	}
	return int(n)
}

// octets are a length in four octets and so many.
func (b *body) octets() []byte {
	n := b.u32()
	if n > MaxFrame {
		b.failed, b.rest = true, nil
		return nil
	}
	return b.take(int(n))
}

// text is a length in two octets and so many.
func (b *body) text() string { return string(b.take(int(b.u16()))) }

func putOctets(dst, octets []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(octets))) //nolint:gosec // a frame is bounded
	return append(dst, octets...)
}

func putText(dst []byte, text string) []byte {
	text = text[:min(len(text), 1<<16-1)]
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(text))) //nolint:gosec // cut
	return append(dst, text...)
}

func putI64(dst []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(n)) //nolint:gosec // as it is read
}
