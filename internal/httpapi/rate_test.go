package httpapi

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func address(s string) netip.Prefix { return clientaddr.Network(netip.MustParseAddr(s)) }

func TestRate(t *testing.T) {
	r, a := newRate[netip.Prefix](6), address("203.0.113.9")
	for i := range 6 {
		if wait := r.take(a, noon); wait != 0 {
			t.Fatalf("number %d of six at once waits %v", i+1, wait)
		}
	}
	for range 2 { // a refusal is not counted
		if wait := r.take(a, noon); wait != 10*time.Second {
			t.Errorf("the seventh waits %v", wait)
		}
	}
	if wait := r.take(a, noon.Add(10*time.Second-1)); wait != 1 {
		t.Errorf("too early by a nanosecond: %v", wait)
	}
	if wait := r.take(a, noon.Add(10*time.Second)); wait != 0 {
		t.Errorf("after as long as it said: %v", wait)
	}
	if wait := r.take(a, noon.Add(-time.Hour)); wait <= 0 {
		t.Error("a clock that steps back forgives")
	}
}

func TestRateWithoutAddresses(t *testing.T) {
	r := newRate[netip.Prefix](1)
	if r.take(clientaddr.Network(netip.Addr{}), noon) != 0 || r.take(clientaddr.Network(netip.Addr{}), noon) == 0 {
		t.Error("requests without an address are not limited together")
	}
}

func TestNoRate(t *testing.T) {
	r := newRate[netip.Prefix](0)
	for range 1000 {
		if r.take(address("203.0.113.9"), noon) != 0 {
			t.Fatal("0 is no limit")
		}
	}
}

func TestRateGivesBack(t *testing.T) {
	r, a := newRate[string](2), "mina"
	for i := range 100 { // whoever is right each time is never told to wait
		if wait := r.take(a, noon); wait != 0 {
			t.Fatalf("number %d waits %v", i+1, wait)
		}
		r.giveBack(a)
	}
	r.giveBack("nobody")
	for i, limited := range []bool{false, false, true} {
		if wait := r.take(a, noon); (wait > 0) != limited {
			t.Errorf("number %d of those that count waits %v", i+1, wait)
		}
	}
}

// TestRateHolds: in no minute do more than twice the rate get through, the
// burst and what is due since; and who waits as long as it says, gets through.
func TestRateHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 20).Draw(t, "rate")
		r, now := newRate[netip.Prefix](rate), noon
		var passed []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			wait := r.take(address("203.0.113.9"), now)
			if wait > 0 {
				if rapid.Bool().Draw(t, "impatient") {
					continue
				}
				now = now.Add(wait)
				if again := r.take(address("203.0.113.9"), now); again != 0 {
					t.Fatalf("waited %v, and is to wait %v more", wait, again)
				}
			}
			passed = append(passed, now)
		}
		for i, first := range passed {
			n := 0
			for _, at := range passed[i:] {
				if at.Sub(first) < time.Minute {
					n++
				}
			}
			if n > 2*rate {
				t.Fatalf("%d within a minute at a rate of %d", n, rate)
			}
		}
	})
}

func TestRateIsBounded(t *testing.T) {
	r := newRate[netip.Prefix](1)
	flood := func(from uint32, at time.Time) {
		for i := range uint32(remembered + 10) {
			n := from + i
			r.take(clientaddr.Network(netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})), at)
		}
	}
	flood(0, noon)
	if n := len(r.due); n > remembered {
		t.Errorf("%d addresses are remembered", n)
	}
	flood(1<<24, noon.Add(time.Hour))
	if n := len(r.due); n > remembered {
		t.Errorf("%d addresses are remembered", n)
	}
}
