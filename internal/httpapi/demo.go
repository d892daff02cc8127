package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Demo has scripted chatters; *demo.Demo is one.
type Demo interface {
	Stream() hubbub.StreamID
	Running() bool
	SetRunning(run bool) error
}

// A DemoState says whether the scripted chatters write, and whether the caller may
// change that.
type DemoState struct {
	Running   bool `json:"running"`
	MayChange bool `json:"mayChange" doc:"The caller may start and stop them."`
}

type demoInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"demo"`
	Body struct {
		Running bool `json:"running"`
	}
}

func (a *api) demoRoutes(routes huma.API) {
	if a.Demo == nil || a.Directory == nil {
		return
	}
	const path = "/api/v1/streams/{id}/demo"
	register(a, routes, huma.Operation{
		OperationID: "demo", Method: http.MethodGet, Path: path, Security: either,
		Summary: "Whether the scripted chatters of a demo stream write",
	}, a.demo)
	register(a, routes, huma.Operation{
		OperationID: "setDemo", Method: http.MethodPost, Path: path, Security: either,
		Summary: "Start or stop the scripted chatters of a demo stream",
		Description: "By who runs the stream, an admin, or anybody on the machine that the server runs on: a demo stream has no owner, " +
			"and who tries it out has no account yet.",
	}, a.setDemo)
}

func (a *api) demo(ctx context.Context, c *call, in *streamInput) (*reply[DemoState], error) {
	s, caller, err := a.demoStream(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return private(DemoState{Running: a.Demo.Running(), MayChange: a.mayDemo(c, caller, s) == nil}), nil
}

func (a *api) setDemo(ctx context.Context, c *call, in *demoInput) (*reply[DemoState], error) {
	s, caller, err := a.demoStream(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.mayDemo(c, caller, s); err != nil {
		return nil, err
	}
	if err := a.Demo.SetRunning(in.Body.Running); err != nil {
		return nil, asUnavailable(err, "the demo")
	}
	return private(DemoState{Running: in.Body.Running, MayChange: true}), nil
}

// demoStream returns the stream that the chatters write into, if id is its id, and
// who asks.
func (a *api) demoStream(ctx context.Context, c *call, id hubbub.StreamID) (s hubbub.Stream, caller token.Identity, err error) {
	if caller, err = c.identity(); err != nil {
		return s, caller, err
	}
	s, err = a.Directory.Stream(ctx, id)
	if err == nil && (!s.Demo || id != a.Demo.Stream()) {
		err = hubbub.Refuse(hubbub.CodeNotFound, "stream %s has no scripted chatters", s.ID)
	}
	return s, caller, err
}

// mayDemo returns nil if the caller may start and stop the chatters.
func (a *api) mayDemo(c *call, caller token.Identity, s hubbub.Stream) error {
	err := streams.May(streams.ActorOf(caller), streams.ActionEdit, s)
	if err != nil && a.Clients.Local(c.request) {
		return nil
	}
	return err
}
