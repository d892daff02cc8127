package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// Keeper makes and changes streams; *streams.Service is one.
type Keeper interface {
	Open(ctx context.Context, by streams.Actor, d streams.Draft) (hubbub.Stream, error)
	Edit(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, e streams.Edit) (hubbub.Stream, error)
	End(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) error
	Delete(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) error
	RenameHost(ctx context.Context, host hubbub.UserID, name, picture string) error
	AddModerator(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, user hubbub.UserID) error
	RemoveModerator(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, user hubbub.UserID) error
	Words(ctx context.Context, id hubbub.StreamID) ([]string, error)
	SetWords(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, words []string) error
}

type draftInput struct {
	Body struct {
		ID           hubbub.StreamID `json:"id,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9_-]*$" doc:"1 to 64 of A-Z a-z 0-9 _ and -; absent: one is made up." example:"morning-show"`
		Title        string          `json:"title" maxLength:"1000" doc:"1 to 100 user-perceived characters." example:"The morning show"`
		Language     string          `json:"language,omitempty" maxLength:"35" doc:"BCP 47." example:"ko"`
		ThumbnailURL string          `json:"thumbnailUrl,omitempty" maxLength:"512" doc:"An http(s) URL."`
		PlaybackURL  string          `json:"playbackUrl,omitempty" maxLength:"512" doc:"An http(s) URL."`
	}
}

type editInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Body struct {
		Title        *string    `json:"title,omitempty" maxLength:"1000"`
		Language     *string    `json:"language,omitempty" maxLength:"35"`
		ThumbnailURL *string    `json:"thumbnailUrl,omitempty" maxLength:"512"`
		PlaybackURL  *string    `json:"playbackUrl,omitempty" maxLength:"512"`
		Status       *string    `json:"status,omitempty" enum:"ended" doc:"ended: read-only, for good."`
		Settings     *roomRules `json:"settings,omitempty" doc:"The same as the moderation action settings."`
	}
}

// roomRules are settings of a room of which some may be left out.
type roomRules struct {
	SlowSeconds *int    `json:"slowSeconds,omitempty" doc:"0 to 120 seconds between two messages of a user; 0: none."`
	Chat        *string `json:"chat,omitempty" doc:"Who may write: open, accounts or off." example:"accounts"`
}

func (r *roomRules) rules() moderator.Rules {
	if r == nil {
		return moderator.Rules{}
	}
	return moderator.Rules{SlowSeconds: r.SlowSeconds, Chat: r.Chat}
}

func (a *api) keeperRoutes(routes huma.API) {
	if a.Directory == nil || a.Keeper == nil || a.Moderator == nil || a.Accounts == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "createStream", Method: http.MethodPost, Path: "/api/v1/streams", Security: withUser,
		Summary: "Open a stream", DefaultStatus: http.StatusCreated,
		Description: "Who may is up to the server: /api/v1/site says. Whoever opens it is its owner.",
	}, a.createStream)
	register(a, routes, huma.Operation{
		OperationID: "editStream", Method: http.MethodPatch, Path: "/api/v1/streams/{id}", Security: withUser,
		Summary:     "Change or end a stream",
		Description: "By its owner or an admin; settings alone also by its moderators. What is left out stays as it is.",
	}, a.editStream)
	register(a, routes, huma.Operation{
		OperationID: "deleteStream", Method: http.MethodDelete, Path: "/api/v1/streams/{id}", Security: withUser,
		Summary: "Delete a stream", DefaultStatus: http.StatusNoContent,
		Description: "By its owner or an admin. Nobody can read it any more, and its id is not given out again.",
	}, a.deleteStream)
}

// allowed returns who calls and a stream in which they may do action.
func (a *api) allowed(ctx context.Context, c *call, id hubbub.StreamID, action streams.Action) (streams.Actor, hubbub.Stream, error) {
	caller, err := c.signedIn()
	if err != nil {
		return streams.Actor{}, hubbub.Stream{}, err
	}
	s, err := a.Directory.Stream(ctx, id)
	if err != nil {
		return streams.Actor{}, s, err
	}
	actor := streams.ActorOf(caller)
	return actor, s, streams.May(actor, action, s)
}

func (a *api) createStream(ctx context.Context, c *call, in *draftInput) (*reply[StreamDetail], error) {
	caller, err := c.signedIn()
	if err != nil {
		return nil, err
	}
	actor := streams.ActorOf(caller)
	if err := streams.MayCreate(actor, a.Site.CreateStreams); err != nil {
		return nil, err
	}
	// The account's name, where there is one: a token may be older than that.
	host, _, err := a.Accounts.Describe(ctx, caller)
	if err != nil {
		return nil, err
	}
	s, err := a.Keeper.Open(ctx, actor, streams.Draft{
		ID: in.Body.ID, HostName: host.Name, HostPicture: host.Picture, Title: in.Body.Title,
		Language: in.Body.Language, ThumbnailURL: in.Body.ThumbnailURL, PlaybackURL: in.Body.PlaybackURL,
	})
	if err != nil {
		return nil, err
	}
	return private(a.detail(ctx, s, &actor)), nil
}

func (a *api) editStream(ctx context.Context, c *call, in *editInput) (*reply[StreamDetail], error) {
	b := &in.Body
	e := streams.Edit{Title: b.Title, Language: b.Language, ThumbnailURL: b.ThumbnailURL, PlaybackURL: b.PlaybackURL}
	action := streams.ActionEdit
	if e == (streams.Edit{}) && b.Status == nil && b.Settings != nil {
		action = streams.ActionModerate
	}
	actor, s, err := a.allowed(ctx, c, in.ID, action)
	if err != nil {
		return nil, err
	}
	rules := b.Settings.rules()
	if !rules.Empty() { // before anything is changed
		if err := rules.Check(); err != nil {
			return nil, err
		}
	}
	if e != (streams.Edit{}) {
		if _, err := a.Keeper.Edit(ctx, actor.User, s.ID, e); err != nil {
			return nil, err
		}
	}
	if !rules.Empty() {
		if _, err := a.Moderator.Do(ctx, actor, s, moderator.Order{Action: hubbub.ActionSettings, Settings: rules}); err != nil {
			return nil, asUnavailable(err, "the room")
		}
	}
	if b.Status != nil {
		if err := a.Keeper.End(ctx, actor.User, s.ID); err != nil {
			return nil, err
		}
	}
	if s, err = a.Directory.Stream(ctx, s.ID); err != nil {
		return nil, err
	}
	return private(a.detail(ctx, s, &actor)), nil
}

func (a *api) deleteStream(ctx context.Context, c *call, in *streamInput) (*struct{}, error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionEdit)
	if err != nil {
		return nil, err
	}
	return nil, a.Keeper.Delete(ctx, actor.User, s.ID)
}
