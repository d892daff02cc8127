package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
)

const (
	longestRange = 24 * time.Hour // of the minutes of one answer
	usualRange   = 2 * time.Hour
)

type analysisInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	From time.Time       `query:"from" doc:"Minutes that begin at this time or after it; without: two hours before to."`
	To   time.Time       `query:"to" doc:"Minutes that begin before this time; without: now."`
}

func (a *api) analysisRoutes(routes huma.API) {
	if a.Directory == nil || a.Analysis == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "analysis", Method: http.MethodGet, Path: "/api/v1/streams/{id}/analysis", Security: public,
		Summary: "The newest reading of the room",
		Description: `With from or to: its "minutes" as well, at most 1,440 in an answer, ` +
			`[{"at":…,"messages":n,"counts":{label:n}},…] by log time, oldest first; those without messages are left out.`,
	}, a.analysis)
}

func (a *api) analysis(ctx context.Context, c *call, in *analysisInput) (*reply[json.RawMessage], error) {
	from, to, ranged, err := in.span(a.Now())
	if err != nil {
		return nil, err
	}
	s, _, err := a.readable(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	value, ok, err := a.Analysis.Latest(ctx, s.ID)
	switch {
	case err != nil:
		return nil, asUnavailable(err, "the analysis")
	case !ok:
		value = new(analysis.Tally).AppendResult(nil, s.ID, analysis.Progress{}, a.Now())
	}
	if ranged {
		minutes, err := a.Minutes.Minutes(ctx, s.ID, from, to)
		if err != nil {
			return nil, asUnavailable(err, "the analysis")
		}
		value = append(slices.Clone(value[:len(value)-1]), `,"minutes":`...)
		value = append(minutes.AppendJSON(value), '}')
	}
	return private(json.RawMessage(value)), nil
}

// span returns which minutes are asked for; ranged is false if none are.
func (in *analysisInput) span(now time.Time) (from, to time.Time, ranged bool, err error) {
	from, to = in.From, in.To
	if from.IsZero() && to.IsZero() {
		return from, to, false, nil
	}
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-usualRange)
	}
	switch {
	case to.Before(from):
		err = hubbub.Refuse(hubbub.CodeBadRequest, "from is after to")
	case to.Sub(from) > longestRange:
		err = hubbub.Refuse(hubbub.CodeBadRequest, "an answer has at most 1,440 minutes; from and to may be a day apart")
	}
	return from, to, true, err
}
