package summary

import (
	"encoding/json"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Why a summary is asked for.
const (
	ReasonMessages = "messages" // there are enough new ones
	ReasonDemand   = "demand"   // somebody wants it
)

// A room is to be summed up when so many messages were counted, and so much time has
// passed, since it was last.
const (
	EveryMessages = 100
	Every         = 30 * time.Second
)

// A Request asks for a summary of a stream; it is the value of summary-requests.
type Request struct {
	StreamID hubbub.StreamID `json:"streamId"`
	Through  hubbub.Position `json:"through"` // of what was said up to here, not zero
	Reason   string          `json:"reason"`
}

// Value returns the request's JSON.
func (r Request) Value() []byte {
	value, err := json.Marshal(r)
	if err != nil { // texts can be marshalled
		panic(err)
	}
	return value
}
