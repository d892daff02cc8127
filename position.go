package hubbub

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// A Position is a place in a room's order. Epoch counts the lives of the log
// (raised on create, restore, import and repartitioning); N is the record's
// number in its partition, so the positions of one room grow but are not
// consecutive. The zero Position is before everything.
type Position struct {
	Epoch uint32
	N     uint64
}

// ErrPosition is returned for text that is no position.
var ErrPosition = errors.New("hubbub: a position is written epoch.number, such as 1.42")

// IsZero says whether p is before everything.
func (p Position) IsZero() bool { return p == Position{} }

// Compare orders positions by epoch, then number.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.Epoch, q.Epoch); c != 0 {
		return c
	}
	return cmp.Compare(p.N, q.N)
}

// Before says whether p comes before q.
func (p Position) Before(q Position) bool { return p.Compare(q) < 0 }

// String prints the position as "e.n", and the zero position as "".
func (p Position) String() string { return string(p.Append(nil)) }

// Append appends what String returns to dst.
func (p Position) Append(dst []byte) []byte {
	if p.IsZero() {
		return dst
	}
	dst = strconv.AppendUint(dst, uint64(p.Epoch), 10)
	dst = append(dst, '.')
	return strconv.AppendUint(dst, p.N, 10)
}

// ParsePosition reads what String prints; "" is the zero position. Signs,
// spaces and leading zeros are refused, so that equal positions are equal text.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	epoch, n, ok := strings.Cut(s, ".")
	if !ok || !plainDigits(epoch) || !plainDigits(n) {
		return Position{}, ErrPosition
	}
	e, err := strconv.ParseUint(epoch, 10, 32)
	if err != nil {
		return Position{}, ErrPosition
	}
	number, err := strconv.ParseUint(n, 10, 64)
	if err != nil {
		return Position{}, ErrPosition
	}
	return Position{Epoch: uint32(e), N: number}, nil
}

func plainDigits(s string) bool {
	if s == "" || (len(s) > 1 && s[0] == '0') {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// MarshalText prints the position for JSON.
func (p Position) MarshalText() ([]byte, error) { return p.Append(nil), nil }

// UnmarshalText reads the position from JSON.
func (p *Position) UnmarshalText(text []byte) error {
	q, err := ParsePosition(string(text))
	if err != nil {
		return err
	}
	*p = q
	return nil
}
