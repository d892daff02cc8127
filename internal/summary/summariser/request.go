package summariser

import (
	"encoding/json"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// read reads a record; ok is false for what is no request that this program knows.
func read(r *eventlog.Record) (request summary.Request, ok bool) {
	if r.Foreign != nil || r.Kind != "" || r.Version > eventlog.Version || json.Unmarshal(r.Value, &request) != nil {
		return summary.Request{}, false
	}
	return request, request.StreamID == r.Stream && r.Stream.Valid() && !request.Through.IsZero()
}
