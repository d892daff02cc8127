package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A StreamModerator is somebody whom the owner of a stream named.
type StreamModerator struct {
	ID   hubbub.UserID `json:"id"`
	Name string        `json:"name" doc:"Empty: nobody knows it any more."`
}

// A ModeratorList has all of a stream.
type ModeratorList struct {
	Moderators []StreamModerator `json:"moderators" nullable:"false"`
}

type moderatorInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	User hubbub.UserID   `path:"userId" maxLength:"128"`
}

func (a *api) moderatorRoutes(routes huma.API) {
	if a.Directory == nil || a.Keeper == nil || a.People == nil {
		return
	}
	const path = "/api/v1/streams/{id}/moderators"
	const byOwner = "By the owner of the stream or an admin. At most 100 have the rights of a moderator."
	register(a, routes, huma.Operation{
		OperationID: "moderators", Method: http.MethodGet, Path: path, Security: withUser,
		Summary: "The moderators of a stream", Description: "By those who run the stream.",
	}, a.moderators)
	register(a, routes, huma.Operation{
		OperationID: "nameModerator", Method: http.MethodPost, Path: path, Security: withUser,
		Summary: "Name a moderator by the name of their account", Description: byOwner,
	}, a.nameModerator)
	register(a, routes, huma.Operation{
		OperationID: "addModerator", Method: http.MethodPut, Path: path + "/{userId}", Security: withUser,
		Summary: "Make somebody a moderator of a stream", Description: byOwner,
	}, a.addModerator)
	register(a, routes, huma.Operation{
		OperationID: "removeModerator", Method: http.MethodDelete, Path: path + "/{userId}", Security: withUser,
		Summary: "Take the rights of a moderator back", Description: byOwner, DefaultStatus: http.StatusNoContent,
	}, a.removeModerator)
}

func (a *api) moderators(ctx context.Context, c *call, in *streamInput) (*reply[ModeratorList], error) {
	_, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	list := ModeratorList{Moderators: []StreamModerator{}}
	for _, user := range s.Moderators {
		p, _, err := a.People.Person(ctx, user)
		if err != nil {
			return nil, asUnavailable(err, "the moderators")
		}
		list.Moderators = append(list.Moderators, StreamModerator{ID: user, Name: p.Name})
	}
	return private(list), nil
}

func (a *api) nameModerator(ctx context.Context, c *call, in *struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Body struct {
		Name string `json:"name" maxLength:"1000" example:"Mina"`
	}
}) (*reply[StreamModerator], error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionEdit)
	if err != nil {
		return nil, err
	}
	p, ok, err := a.People.Named(ctx, in.Body.Name)
	switch {
	case err != nil:
		return nil, asUnavailable(err, "accounts")
	case !ok:
		return nil, hubbub.Refuse(hubbub.CodeUserNotFound, "nobody called %.40q has an account", in.Body.Name)
	}
	return a.makeModerator(ctx, actor, s, p)
}

func (a *api) addModerator(ctx context.Context, c *call, in *moderatorInput) (*reply[StreamModerator], error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionEdit)
	if err != nil {
		return nil, err
	}
	p, ok, err := a.People.Person(ctx, in.User)
	switch {
	case err != nil:
		return nil, asUnavailable(err, "accounts")
	case !ok:
		return nil, hubbub.Refuse(hubbub.CodeUserNotFound, "nobody has this id")
	}
	return a.makeModerator(ctx, actor, s, p)
}

func (a *api) makeModerator(ctx context.Context, by streams.Actor, s hubbub.Stream, p moderator.Person) (*reply[StreamModerator], error) {
	if err := a.Keeper.AddModerator(ctx, by.User, s.ID, p.ID); err != nil {
		return nil, err
	}
	return private(StreamModerator{ID: p.ID, Name: p.Name}), nil
}

func (a *api) removeModerator(ctx context.Context, c *call, in *moderatorInput) (*struct{}, error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionEdit)
	if err != nil {
		return nil, err
	}
	return nil, a.Keeper.RemoveModerator(ctx, actor.User, s.ID, in.User)
}
