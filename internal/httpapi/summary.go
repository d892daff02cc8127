package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/summary/summariser"
)

// summaryEvery is the least time between two summaries of a stream that are asked
// for.
const summaryEvery = 30 * time.Second

// Asked is the answer to who asks for a summary.
type Asked struct {
	StreamID hubbub.StreamID `json:"streamId"`
	Through  hubbub.Position `json:"through" doc:"The summary goes at least up to here, once it comes; empty: nothing was ever said, and none comes."`
}

func (a *api) summaryRoutes(routes huma.API) {
	if a.Directory == nil || a.Summary == nil {
		return
	}
	const path = "/api/v1/streams/{id}/summary"
	register(a, routes, huma.Operation{
		OperationID: "summary", Method: http.MethodGet, Path: path, Security: public,
		Summary: "The newest summary of what was said",
		Description: `{"streamId","summary","sentences":[{"text","messageIds":[…]}],"from","through","method","at"}, as it comes on /summary: ` +
			"of what was said after from, up to through. A sentence is left out once a message that it cites is removed; " +
			"the summary is empty if none is left, and without at if there never was one.",
	}, a.newestSummary)
	if a.Summarise == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "summarise", Method: http.MethodPost, Path: path, Security: withUser, DefaultStatus: http.StatusAccepted,
		Summary: "Ask for a summary of what was said since the last",
		Description: "By the owner, the moderators and admins; once in 30 seconds and stream, else rate_limited. " +
			"It comes on /summary, within seconds; nothing comes if nothing was said since the last.",
	}, a.summarise)
}

func (a *api) newestSummary(ctx context.Context, c *call, in *streamInput) (*reply[json.RawMessage], error) {
	s, _, err := a.readable(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	value, ok, err := a.Summary.Latest(ctx, s.ID)
	switch {
	case err != nil:
		return nil, asUnavailable(err, "the summary")
	case !ok:
		none := summariser.ResultOf(archive.Summary{Stream: s.ID})
		none.At = ""
		value = none.Value()
	}
	return private(json.RawMessage(value)), nil
}

func (a *api) summarise(ctx context.Context, c *call, in *streamInput) (*reply[Asked], error) {
	_, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	if s.Status == hubbub.StatusEnded {
		return nil, hubbub.Refuse(hubbub.CodeStreamEnded, "stream %s has ended; it is not summed up any more", s.ID)
	}
	if wait := a.summaries.take(s.ID, a.Now()); wait > 0 {
		return nil, &hubbub.Error{Code: hubbub.CodeRateLimited, Message: "a summary was asked for just now; ask again in a moment", RetryAfter: wait}
	}
	through, err := a.Summarise(ctx, s.ID)
	if err != nil {
		a.summaries.giveBack(s.ID)
		return nil, asUnavailable(err, "what was said")
	}
	return private(Asked{StreamID: s.ID, Through: through}), nil
}
