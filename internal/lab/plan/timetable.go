package plan

import (
	"math"
	"time"
)

// A Timetable says when each message of a run is due, in time since the steady
// window began. It is fixed before the run and does not wait for the server: a
// message that is late is late, and its latency counts from when it was due.
//
// Client i of n sends every interval, i/n of an interval after the first client:
// the phases are spread evenly, so the load is the same at every instant.
type Timetable struct {
	clients  int
	interval float64 // ns
	duration time.Duration
}

// Timetable is the plan's.
func (p *Plan) Timetable() Timetable {
	return Timetable{clients: p.Clients, interval: float64(time.Second) / p.Rate, duration: p.Duration}
}

// Due is when message number (from 0) of a client is to be sent.
func (t Timetable) Due(client, number int) time.Duration {
	return time.Duration((float64(number) + float64(client)/float64(t.clients)) * t.interval)
}

// Count is how many messages of a client are due within the window.
func (t Timetable) Count(client int) int {
	n := int(math.Ceil(float64(t.duration)/t.interval - float64(client)/float64(t.clients)))
	for n > 0 && t.Due(client, n-1) >= t.duration { // rounding
		n--
	}
	for t.Due(client, n) < t.duration {
		n++
	}
	return max(n, 0)
}

// Most is the largest Count.
func (t Timetable) Most() int { return t.Count(0) }
