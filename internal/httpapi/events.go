package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hubbub-live/hubbub"
)

const (
	maxEventStreams = 5_000            // open at the same time
	maxWatched      = 100              // streams in one of them
	countEvery      = time.Second      // user counts are looked at
	sayAlive        = 15 * time.Second // a comment, so that no proxy takes silence for the end
	writeWithin     = 10 * time.Second // or the reader is given up
)

const eventStream = "text/event-stream"

func (a *api) eventRoutes(routes huma.API) {
	if a.Viewers == nil {
		return
	}
	op := huma.Operation{
		OperationID: "subscribe", Method: http.MethodGet, Path: "/api/v1/streams/subscribe", Security: public,
		Summary: "Follow the viewer counts of streams, as server-sent events",
		Description: "First an event connect, then for each stream userCountUpdate {\"streamId\",\"userCount\"}: " +
			"at once, and when it changed, at most once a second.",
	}
	register(a, routes, op, a.subscribe)
	routes.OpenAPI().Paths[op.Path].Get.Responses["200"] = &huma.Response{
		Description: "Events, until the client closes.",
		Content:     map[string]*huma.MediaType{eventStream: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
}

type eventsInput struct {
	IDs []string `query:"ids,explode" required:"true" nullable:"false" doc:"1 to 100 stream ids, separated by commas."`
}

func (a *api) subscribe(_ context.Context, c *call, in *eventsInput) (*huma.StreamResponse, error) {
	ids, err := watched(in.IDs)
	if err != nil {
		return nil, err
	}
	if c.request.Method == http.MethodHead { // or it would wait for the end of what nobody gets
		return &huma.StreamResponse{Body: func(ctx huma.Context) { ctx.SetHeader("Content-Type", eventStream) }}, nil
	}
	select {
	case a.live <- struct{}{}:
	default:
		return nil, &hubbub.Error{Code: hubbub.CodeOverloaded, Message: "too many event streams are open; try again later", RetryAfter: 10 * time.Second}
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer func() { <-a.live }()
		_, w := humago.Unwrap(ctx)
		a.follow(c.request.Context(), w, ids)
	}}, nil
}

func watched(lists []string) (ids []hubbub.StreamID, err error) {
	for _, list := range lists {
		for id := range strings.SplitSeq(list, ",") {
			if !hubbub.StreamID(id).Valid() {
				return nil, hubbub.Refuse(hubbub.CodeBadRequest, "ids has to be stream ids, separated by commas")
			}
			ids = append(ids, hubbub.StreamID(id))
		}
	}
	if len(ids) > maxWatched {
		return nil, hubbub.Refuse(hubbub.CodeBadRequest, "at most %d streams can be followed at once, not %d", maxWatched, len(ids))
	}
	return ids, nil
}

// follow writes events until the reader or the server is gone. A reader that
// does not read ends at the write deadline.
func (a *api) follow(ctx context.Context, w http.ResponseWriter, ids []hubbub.StreamID) {
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	control := http.NewResponseController(w)
	said := make(map[hubbub.StreamID]int, len(ids))
	text := []byte("retry: 3000\nevent: connect\ndata: connected\n\n")
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for last := a.Now(); ; {
		text = a.appendCounts(ctx, text, ids, said)
		if len(text) == 0 && a.Now().Sub(last) >= sayAlive {
			text = append(text, ": alive\n\n"...)
		}
		if len(text) > 0 {
			last = a.Now()
			_ = control.SetWriteDeadline(time.Now().Add(writeWithin))
			if _, err := w.Write(text); err != nil || control.Flush() != nil {
				return
			}
			text = text[:0]
		}
		select {
		case <-ctx.Done():
			return
		case <-a.Closing:
			return
		case <-tick.C:
		}
	}
}

// appendCounts appends an event for each count that changed since it was said.
func (a *api) appendCounts(ctx context.Context, text []byte, ids []hubbub.StreamID, said map[hubbub.StreamID]int) []byte {
	for _, id := range ids {
		users := a.Viewers.Of(ctx, id)
		if before, ok := said[id]; ok && before == users {
			continue
		}
		said[id] = users
		text = fmt.Appendf(text, "event: userCountUpdate\ndata: {\"streamId\":%q,\"userCount\":%d}\n\n", id, users)
	}
	return text
}
