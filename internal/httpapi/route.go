package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
)

// maxBody is the size of the largest body that is read, in bytes, where a route
// does not say otherwise.
const maxBody = 16 << 10

// errNotText refuses what encoding/json would silently repair.
var errNotText = errors.New("the body has to be JSON in UTF-8")

// humaConfig is plain JSON in and out: fields that are not known are ignored, and
// nothing is added to answers or served beside the routes.
func humaConfig(version string) huma.Config {
	config := huma.DefaultConfig("hubbub", version)
	config.Info.Description = "Live-stream chat that reads the room. Chat itself is STOMP over WebSocket at /chat/ws. " +
		"Every refusal is application/problem+json with a code; codes are explained in docs/errors.md."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.AllowAdditionalPropertiesByDefault = true
	config.Transformers = []huma.Transformer{translate}
	format := huma.Format{
		Marshal: huma.DefaultJSONFormat.Marshal,
		Unmarshal: func(data []byte, v any) error {
			if !utf8.Valid(data) {
				return errNotText
			}
			return json.Unmarshal(data, v)
		},
	}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
	}
	return config
}

// Who may call a route, for the document.
var (
	public   []map[string][]string
	withUser = []map[string][]string{{"token": {}}}
	either   = []map[string][]string{{}, {"token": {}}}
)

// register adds a route. Errors of handle become problems; those that are the
// server's fault are logged.
func register[I, O any](a *api, routes huma.API, op huma.Operation, handle func(ctx context.Context, c *call, in *I) (*O, error)) {
	op.MaxBodyBytes = cmp.Or(op.MaxBodyBytes, maxBody)
	document(routes, &op)
	huma.Register(routes, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, callOf(ctx), in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		// Who is turned away because too many came is counted; a line for each would be
		// a flood of its own.
		if p.Status >= http.StatusInternalServerError && p.Code != hubbub.CodeOverloaded && ctx.Err() == nil {
			a.Logger.Error("a request failed", "method", op.Method, "path", op.Path, "err", err)
		}
		return nil, p
	})
}

// document says what a route answers when it refuses.
func document(routes huma.API, op *huma.Operation) {
	schema := routes.OpenAPI().Components.Schemas.Schema(problemType, true, "")
	op.Responses = map[string]*huma.Response{"default": {
		Description: "A refusal.",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}}
}

// asUnavailable makes errors of stores, which have no code, one that says to come back.
func asUnavailable(err error, what string) error {
	var coded *hubbub.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: what + " cannot be read now; try again in a moment", RetryAfter: retryRead, Err: err}
}
