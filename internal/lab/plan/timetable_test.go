package plan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimetable(t *testing.T) {
	tests := []struct {
		why         string
		clients     int
		rate        float64
		duration    time.Duration
		count, last int // messages of the first and of the last client
		total       int
	}{
		{"the reference load: 250 a second for 5 minutes", 500, 0.5, 300 * time.Second, 150, 150, 75000},
		{"a window that is no multiple of the interval cuts late phases", 4, 1, 2500 * time.Millisecond, 3, 2, 10},
		{"a window shorter than the interval: some never send", 10, 0.1, time.Second, 1, 0, 1},
		{"a message due at the very end is not in the window", 1, 1, 3 * time.Second, 3, 3, 3},
		{"a rate that no float holds exactly", 3, 0.3, 10 * time.Second, 3, 3, 9},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			table := (&Plan{Clients: test.clients, Rate: test.rate, Duration: test.duration}).Timetable()
			total := 0
			for c := range test.clients {
				total += table.Count(c)
			}
			if table.Count(0) != test.count || table.Count(test.clients-1) != test.last || total != test.total {
				t.Errorf("first %d, last %d, all %d; want %d, %d, %d",
					table.Count(0), table.Count(test.clients-1), total, test.count, test.last, test.total)
			}
		})
	}
}

// Nothing is due outside of the window, nothing inside is left out, and no two
// messages of the run are closer than evenly spread phases put them.
func TestTimetableIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Plan{
			Clients:  rapid.IntRange(1, 50).Draw(t, "clients"),
			Rate:     rapid.Float64Range(0.01, 20).Draw(t, "rate"),
			Duration: time.Duration(rapid.Int64Range(1, int64(20*time.Second)).Draw(t, "duration")),
		}
		table := p.Timetable()
		spacing := time.Duration(float64(time.Second) / p.OfferedPerSecond())
		var before time.Duration
		for c := range p.Clients {
			n := table.Count(c)
			if n > table.Most() {
				t.Fatalf("client %d sends %d, more than the most", c, n)
			}
			if n > 0 && table.Due(c, n-1) >= p.Duration {
				t.Fatalf("client %d: message %d is due after the window", c, n-1)
			}
			if table.Due(c, n) < p.Duration {
				t.Fatalf("client %d: message %d was left out", c, n)
			}
			if due := table.Due(c, 0); c > 0 && (due-before-spacing).Abs() > 2*time.Nanosecond {
				t.Fatalf("client %d starts %s after the one before, want %s", c, due-before, spacing)
			}
			before = table.Due(c, 0)
		}
	})
}
