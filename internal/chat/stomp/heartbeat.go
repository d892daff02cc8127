package stomp

import (
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// ParseHeartBeat reads a heart-beat header: how often its sender can send
// something, and how often it wants to hear something; 0 is never, and so is
// both for "", the absent header. The error is a *hubbub.Error with
// CodeHeartBeatInvalid.
func ParseHeartBeat(value string) (can, wants time.Duration, err error) {
	if value == "" {
		return 0, 0, nil
	}
	x, y, _ := strings.Cut(value, ",")
	can, okX := milliseconds(x)
	wants, okY := milliseconds(y)
	if !okX || !okY {
		return 0, 0, hubbub.Refuse(hubbub.CodeHeartBeatInvalid,
			"heart-beat is two numbers of milliseconds such as 10000,10000, not %s", excerpt([]byte(value)))
	}
	return can, wants, nil
}

// milliseconds reads up to nine digits (eleven days).
func milliseconds(s string) (time.Duration, bool) {
	if len(s) == 0 || len(s) > 9 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return time.Duration(n) * time.Millisecond, err == nil
}

// Interval returns how often one side sends to the other: the larger of what
// the sender can and the receiver wants; 0, never, if either is 0.
func Interval(can, wants time.Duration) time.Duration {
	if can == 0 || wants == 0 {
		return 0
	}
	return max(can, wants)
}
