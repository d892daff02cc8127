package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/moderation"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// retryRead is when to come back to a store that could not be read.
const retryRead = 2 * time.Second

// A MessagePage is some of what was said, oldest first.
type MessagePage struct {
	Messages []json.RawMessage `json:"messages" nullable:"false" doc:"Each the message as it was sent live, and its position; with deleted: true and no text where it was removed."`
	Before   hubbub.Position   `json:"before" doc:"For the page before this one; of an empty page, as it was asked for."`
	After    hubbub.Position   `json:"after" doc:"For the page after this one; of an empty page, as it was asked for."`
}

type streamInput struct {
	ID hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
}

type messagesInput struct {
	ID     hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Before string          `query:"before" maxLength:"40" doc:"The newest messages before this position."`
	After  string          `query:"after" maxLength:"40" doc:"The oldest messages after this position; after 0.0: the first of all."`
	Limit  int             `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (a *api) historyRoutes(routes huma.API) {
	if a.Directory == nil || a.History == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "messages", Method: http.MethodGet, Path: "/api/v1/streams/{id}/messages", Security: either,
		Summary: "Page through what was said", Description: "Without before and after: the newest messages.",
	}, a.messages)
}

func (a *api) messages(ctx context.Context, c *call, in *messagesInput) (*reply[MessagePage], error) {
	s, moderator, err := a.readable(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	q, err := in.query(s.ID)
	if err != nil {
		return nil, err
	}
	entries, err := a.History.Page(ctx, q)
	if err != nil {
		return nil, asUnavailable(err, "history")
	}
	page := MessagePage{Messages: []json.RawMessage{}, Before: q.Before, After: q.After}
	if len(entries) > 0 {
		page.Before, page.After = entries[0].Position, entries[len(entries)-1].Position
	}
	for _, e := range entries {
		if value := a.shown(e, moderator); value != nil {
			page.Messages = append(page.Messages, value)
		}
	}
	return private(page), nil
}

// readable returns a stream that the caller may read, and whether they moderate it.
func (a *api) readable(ctx context.Context, c *call, id hubbub.StreamID) (s hubbub.Stream, moderator bool, err error) {
	caller, err := c.identity()
	if err != nil {
		return s, false, err
	}
	if s, err = a.Directory.Stream(ctx, id); err != nil {
		return s, false, err
	}
	actor := streams.ActorOf(caller)
	return s, streams.May(actor, streams.ActionModerate, s) == nil, streams.May(actor, streams.ActionRead, s)
}

func (in *messagesInput) query(stream hubbub.StreamID) (archive.Query, error) {
	before, err := hubbub.ParsePosition(in.Before)
	if err != nil {
		return archive.Query{}, hubbub.Refuse(hubbub.CodePositionInvalid, "before is no position; those of this API are")
	}
	after, err := hubbub.ParsePosition(in.After)
	if err != nil {
		return archive.Query{}, hubbub.Refuse(hubbub.CodePositionInvalid, "after is no position; those of this API are")
	}
	if in.Before != "" && in.After != "" {
		return archive.Query{}, hubbub.Refuse(hubbub.CodeBadRequest, "a page is before or after a position, not both")
	}
	kind := hubbub.KindMessage
	// After the zero position, which is before everything, comes the first message.
	return archive.Query{Stream: stream, Before: before, After: after, Forward: in.After != "", Kind: &kind, Limit: in.Limit}, nil
}

// shown returns a message's value with its position, and its mood if those are
// read, or nil for what no reader of this version can show.
func (a *api) shown(e archive.Entry, moderator bool) json.RawMessage {
	value := bytes.TrimSpace(e.Value)
	if e.Version > eventlog.Version || len(value) < 2 || value[0] != '{' || !json.Valid(value) {
		return nil
	}
	removed := e.Withheld || e.Erased
	if removed && !moderator {
		value = moderation.Withhold(value)
	}
	out := append(make([]byte, 0, len(value)+64), value[:len(value)-1]...)
	if len(bytes.TrimSpace(out)) > 1 {
		out = append(out, ',')
	}
	if removed && moderator {
		out = append(out, `"deleted":true,`...)
	}
	out = append(out, `"position":"`...)
	out = append(e.Position.Append(out), '"')
	if a.Mood != nil && !removed {
		if m, err := hubbub.ParseMessage(value); err == nil {
			out = hubbub.AppendString(append(out, `,"mood":`...), a.Mood(m.Content))
		}
	}
	return append(out, '}')
}
