package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// Moderator moderates rooms; *moderator.Service is one.
type Moderator interface {
	Do(ctx context.Context, by streams.Actor, stream hubbub.Stream, o moderator.Order) (moderator.Done, error)
	Audit(ctx context.Context, by streams.Actor, stream hubbub.Stream, before hubbub.Position, limit int) ([]moderator.Deed, hubbub.Position, error)
}

// Moderated is the answer to what was done.
type Moderated struct {
	Position hubbub.Position `json:"position" doc:"Of the control record in the room's order."`
	Action   json.RawMessage `json:"action" doc:"The control record, as it comes on /event."`
}

// A Deed is what was done in a stream.
type Deed struct {
	hubbub.Control
	Position hubbub.Position `json:"position"`
	At       string          `json:"at" format:"date-time"`
	ByName   string          `json:"byName,omitempty" doc:"The name of by, where it is known."`
	UserName string          `json:"userName,omitempty" doc:"The name of userId, where it is known."`
}

// An Audit is some of what was done, newest first.
type Audit struct {
	Actions []Deed          `json:"actions" nullable:"false"`
	Before  hubbub.Position `json:"before" doc:"For what was done before that; of an empty page, as it was asked for."`
}

type orderInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Body struct {
		Action    hubbub.Action    `json:"action" maxLength:"20" doc:"delete, clear, timeout, ban, unban or settings." example:"timeout"`
		MessageID hubbub.MessageID `json:"messageId,omitempty" maxLength:"128" doc:"delete: of which message."`
		UserID    hubbub.UserID    `json:"userId,omitempty" maxLength:"128" doc:"timeout, ban, unban: whom; or name."`
		Name      string           `json:"name,omitempty" maxLength:"1000" doc:"Somebody who wrote here lately, or else an account, case aside." example:"Mina#0042"`
		Seconds   int              `json:"seconds,omitempty" doc:"timeout: 1 to 1,209,600, which is two weeks." example:"600"`
		Reason    string           `json:"reason,omitempty" maxLength:"1000" doc:"delete, timeout, ban: at most 200 characters; whom it is done to reads it." example:"spoilers"`
		Settings  *roomRules       `json:"settings,omitempty" doc:"settings: what to change."`
	}
}

func (a *api) moderationRoutes(routes huma.API) {
	if a.Directory == nil || a.Moderator == nil {
		return
	}
	const path = "/api/v1/streams/{id}/moderation"
	register(a, routes, huma.Operation{
		OperationID: "moderate", Method: http.MethodPost, Path: path, Security: withUser,
		Summary: "Delete, clear, time out, ban, unban, or change settings",
		Description: "By the owner, the moderators and admins; to nobody who stands above or beside them. " +
			"The answer comes once it is durable and in force: a message that is sent after it is refused.",
	}, a.moderate)
	register(a, routes, huma.Operation{
		OperationID: "audit", Method: http.MethodGet, Path: path, Security: withUser,
		Summary: "What was done in a stream, by whom and why, newest first", Description: "For those who may moderate it.",
	}, a.audit)
}

func (a *api) moderate(ctx context.Context, c *call, in *orderInput) (*reply[Moderated], error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	done, err := a.Moderator.Do(ctx, actor, s, moderator.Order{
		Action: b.Action, MessageID: b.MessageID, UserID: b.UserID, Name: b.Name,
		Seconds: b.Seconds, Reason: b.Reason, Settings: b.Settings.rules(),
	})
	if err != nil {
		return nil, asUnavailable(err, "the room")
	}
	return private(Moderated{Position: done.Position, Action: done.AppendJSON(nil)}), nil
}

func (a *api) audit(ctx context.Context, c *call, in *struct {
	ID     hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Before string          `query:"before" maxLength:"40" doc:"What was done before this position."`
	Limit  int             `query:"limit" minimum:"1" maximum:"200" default:"50"`
}) (*reply[Audit], error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	before, err := hubbub.ParsePosition(in.Before)
	if err != nil {
		return nil, hubbub.Refuse(hubbub.CodePositionInvalid, "before is no position; those of this API are")
	}
	deeds, next, err := a.Moderator.Audit(ctx, actor, s, before, in.Limit)
	if err != nil {
		return nil, asUnavailable(err, "the audit")
	}
	page := Audit{Actions: []Deed{}, Before: next}
	for _, d := range deeds {
		page.Actions = append(page.Actions, Deed{
			Control: d.Control, Position: d.Position, At: timeText(d.At), ByName: d.ByName, UserName: d.UserName,
		})
	}
	return private(page), nil
}
