package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A StreamItem is a stream in a list.
type StreamItem struct {
	ID           hubbub.StreamID `json:"id" example:"1"`
	HostID       hubbub.UserID   `json:"hostId"`
	Title        string          `json:"title"`
	ThumbnailURL string          `json:"thumbnailUrl"`
	Hostname     string          `json:"hostname"`
	Hostprofile  string          `json:"hostprofile" doc:"URL of the host's picture."`
	CreatedAt    string          `json:"createdAt" format:"date-time"`
	ViewerCount  int             `json:"viewerCount"`
	Status       string          `json:"status" enum:"live,ended"`
	Language     string          `json:"language" doc:"BCP 47; empty: unknown."`
	Demo         bool            `json:"demo" doc:"Its chatters are scripted."`
}

// A StreamList is a page of streams.
type StreamList struct {
	Streams          []StreamItem `json:"streams" nullable:"false"`
	HasNext          bool         `json:"hasNext"`
	NumberOfElements int          `json:"numberOfElements"`
	PageNumber       int          `json:"pageNumber"`
	PageSize         int          `json:"pageSize"`
}

// A Host is whose stream it is.
type Host struct {
	Name       string `json:"name"`
	ProfilePic string `json:"profilePic"`
}

// A StreamDetail is everything about a stream.
type StreamDetail struct {
	ID           hubbub.StreamID `json:"id" example:"1"`
	Title        string          `json:"title"`
	Host         Host            `json:"host"`
	HostID       hubbub.UserID   `json:"hostId"`
	ViewerCount  int             `json:"viewerCount"`
	Summary      string          `json:"summary" doc:"The newest summary of what was said; empty: none yet."`
	Status       string          `json:"status" enum:"live,ended"`
	Language     string          `json:"language" doc:"BCP 47; empty: unknown."`
	ThumbnailURL string          `json:"thumbnailUrl"`
	PlaybackURL  string          `json:"playbackUrl"`
	Demo         bool            `json:"demo" doc:"Its chatters are scripted."`
	CreatedAt    string          `json:"createdAt" format:"date-time"`
	EndedAt      string          `json:"endedAt,omitempty" format:"date-time" doc:"Absent while live."`
	Settings     hubbub.Settings `json:"settings"`
	Roles        []string        `json:"roles,omitzero" nullable:"false" doc:"What the caller is in this stream: owner, moderator, admin, guest. Absent without a token."`
}

// Noted is the answer to what changes nothing.
type Noted struct{}

type watchInput struct {
	Body struct {
		StreamID any `json:"streamId" doc:"The stream's id, as a string or a number."`
	}
}

func (a *api) streamRoutes(routes huma.API) {
	if a.Directory == nil || a.Lister == nil || a.Viewers == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "listStreams", Method: http.MethodGet, Path: "/api/v1/streams", Security: public,
		Summary: "List streams, newest first",
	}, a.listStreams)
	register(a, routes, huma.Operation{
		OperationID: "stream", Method: http.MethodGet, Path: "/api/v1/streams/{id}", Security: either,
		Summary: "A stream",
	}, a.stream)
	for _, word := range []string{"enter", "leave"} {
		register(a, routes, huma.Operation{
			OperationID: word, Method: http.MethodPost, Path: "/api/v1/streams/" + word, Security: withUser,
			Summary:     "Say that I " + word + " a stream",
			Description: "For clients that wait for the answer. Who is counted as a viewer depends on subscriptions alone.",
		}, a.watch)
	}
}

func (a *api) listStreams(ctx context.Context, _ *call, in *struct {
	Page   int    `query:"page" minimum:"0" default:"0"`
	Size   int    `query:"size" minimum:"1" maximum:"100" default:"12"`
	Status string `query:"status" enum:"live,ended,all" default:"live"`
	Host   string `query:"host" maxLength:"128" doc:"Only those of the host with this id."`
}) (*reply[StreamList], error) {
	status := in.Status
	if status == "all" {
		status = ""
	}
	page, err := a.Lister.List(ctx, streams.Filter{Status: status, Host: hubbub.UserID(in.Host)}, in.Page, in.Size)
	if err != nil {
		return nil, err
	}
	list := StreamList{
		Streams: []StreamItem{}, HasNext: page.HasNext,
		NumberOfElements: len(page.Streams), PageNumber: in.Page, PageSize: in.Size,
	}
	for _, s := range page.Streams {
		list.Streams = append(list.Streams, StreamItem{
			ID: s.ID, HostID: s.HostID, Title: s.Title, ThumbnailURL: s.ThumbnailURL,
			Hostname: s.HostName, Hostprofile: s.HostPicture, CreatedAt: timeText(s.CreatedAt),
			ViewerCount: a.Viewers.Of(ctx, s.ID), Status: s.Status, Language: s.Language, Demo: s.Demo,
		})
	}
	return private(list), nil
}

func (a *api) stream(ctx context.Context, c *call, in *streamInput) (*reply[StreamDetail], error) {
	caller, err := c.identity()
	if err != nil {
		return nil, err
	}
	s, err := a.Directory.Stream(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if caller.User == "" {
		return private(a.detail(ctx, s, nil)), nil
	}
	actor := streams.ActorOf(caller)
	return private(a.detail(ctx, s, &actor)), nil
}

// detail is a stream as whoever asks is shown it; nil: nobody in particular.
func (a *api) detail(ctx context.Context, s hubbub.Stream, by *streams.Actor) StreamDetail {
	summary, err := a.summary(ctx, s.ID)
	if err != nil { // the rest of the page is worth more than this
		a.Logger.Warn("read the newest summary", "stream", s.ID, "err", err)
	}
	settings := hubbub.Settings{}
	if a.Settings != nil {
		settings = a.Settings(ctx, s.ID)
	}
	settings.Chat = cmp.Or(settings.Chat, hubbub.ChatOpen)
	d := StreamDetail{
		ID: s.ID, Title: s.Title, Host: Host{Name: s.HostName, ProfilePic: s.HostPicture}, HostID: s.HostID,
		ViewerCount: a.Viewers.Of(ctx, s.ID), Summary: summary, Status: s.Status, Language: s.Language,
		ThumbnailURL: s.ThumbnailURL, PlaybackURL: s.PlaybackURL, Demo: s.Demo,
		CreatedAt: timeText(s.CreatedAt), EndedAt: timeText(s.EndedAt), Settings: settings,
	}
	if by != nil {
		d.Roles = streams.Roles(*by, s)
	}
	return d
}

func (a *api) summary(ctx context.Context, id hubbub.StreamID) (string, error) {
	if a.Summary == nil {
		return "", nil
	}
	value, ok, err := a.Summary.Latest(ctx, id)
	if err != nil || !ok {
		return "", err
	}
	var newest struct {
		Summary string `json:"summary"`
	}
	return newest.Summary, json.Unmarshal(value, &newest)
}

func (a *api) watch(ctx context.Context, c *call, in *watchInput) (*reply[Noted], error) {
	if _, err := c.signedIn(); err != nil {
		return nil, err
	}
	id, err := looseID(in.Body.StreamID)
	if err == nil {
		_, err = a.Directory.Stream(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	return private(Noted{}), nil
}

// looseID takes ids that are numbers too: pages written for the reference send them.
func looseID(v any) (hubbub.StreamID, error) {
	switch v := v.(type) {
	case string:
		return hubbub.StreamID(v), nil
	case float64:
		return hubbub.StreamID(strconv.FormatFloat(v, 'f', -1, 64)), nil
	}
	return "", hubbub.Refuse(hubbub.CodeBodyInvalid, "streamId has to be a string")
}

// timeText is a time as it stands in payloads; "" is none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(hubbub.TimeLayout)
}
