package summariser

import (
	"encoding/json"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Why a summary is asked for.
const (
	ReasonMessages = "messages" // there are enough new ones
	ReasonDemand   = "demand"   // somebody wants it
)

// A Request asks for a summary of a stream; it is the value of summary-requests.
type Request struct {
	StreamID hubbub.StreamID `json:"streamId"`
	Through  hubbub.Position `json:"through"` // of what was said up to here, not zero
	Reason   string          `json:"reason"`
}

// Record returns the record that is appended to summary-requests.
func (r Request) Record() eventlog.Record {
	value, err := json.Marshal(r)
	if err != nil { // texts can be marshalled
		panic(err)
	}
	return eventlog.Record{Stream: r.StreamID, Version: eventlog.Version, Value: value}
}

// read reads a record; ok is false for what is no request that this program knows.
func read(r *eventlog.Record) (request Request, ok bool) {
	if r.Kind != "" || r.Version > eventlog.Version || json.Unmarshal(r.Value, &request) != nil {
		return Request{}, false
	}
	return request, request.StreamID == r.Stream && r.Stream.Valid() && !request.Through.IsZero()
}
