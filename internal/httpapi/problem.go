package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
)

// A Problem is how every refusal is answered: RFC 9457, as application/problem+json.
type Problem struct {
	Title  string      `json:"title" doc:"What the status means." example:"Not Found"`
	Status int         `json:"status" doc:"The HTTP status." example:"404"`
	Code   hubbub.Code `json:"code" doc:"The word for it, the same everywhere; docs/errors.md has all of them." example:"stream_not_found"`
	Detail string      `json:"detail" doc:"For humans: what was wrong and how to put it right." example:"there is no stream 7"`
	Errors []Fault     `json:"errors,omitempty" nullable:"false" doc:"The parts of the request that were wrong."`

	retryAfter time.Duration
}

// A Fault is one thing that was wrong with a request. What was sent is not
// repeated: it may be a password.
type Fault struct {
	Location string `json:"location" example:"body.name"`
	Message  string `json:"message" example:"expected string"`
}

// problemOf translates any error; what is not a *hubbub.Error shows nothing of itself.
func problemOf(err error) *Problem {
	e := hubbub.AsError(err)
	return &Problem{
		Title: http.StatusText(Status(e.Code)), Status: Status(e.Code),
		Code: e.Code, Detail: e.Message, retryAfter: e.RetryAfter,
	}
}

// Error prints the problem; it makes it an error that huma answers as it is.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers that belong to the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.retryAfter > 0 {
		// Whole seconds, rounded up: who comes earlier is refused again.
		h.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="hubbub"`)
	}
	return h
}

// WriteProblem answers a request with a refusal; for handlers that are mounted
// beside the API and refuse before they speak their own protocol.
func WriteProblem(w http.ResponseWriter, err error) {
	p := problemOf(err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone
}

// translate turns what huma says of a request into a problem. Handlers answer
// with problems themselves, so every other error here is about reading the
// request, also where huma calls it a failure of the server.
func translate(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problemOf(hubbub.Refuse(codeOf(model), "%s", model.Detail))
	for _, fault := range model.Errors {
		p.Errors = append(p.Errors, Fault{Location: fault.Location, Message: fault.Message})
	}
	if len(p.Errors) > 0 {
		p.Detail = p.Errors[0].Location + ": " + p.Errors[0].Message
	}
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	if answer, ok := ctx.(*answer); ok {
		answer.status = p.Status
	}
	return p, nil
}

func codeOf(model *huma.ErrorModel) hubbub.Code {
	switch model.Status {
	case http.StatusRequestEntityTooLarge:
		return hubbub.CodeTooLarge
	case http.StatusRequestTimeout:
		return hubbub.CodeBadRequest
	}
	for _, fault := range model.Errors {
		if fault.Location != "" && fault.Location[0] != 'b' { // path, query, header
			return hubbub.CodeBadRequest
		}
	}
	return hubbub.CodeBodyInvalid
}

// An answer lets translate choose the status, which huma settles before it asks.
type answer struct {
	humaContext
	status int // 0: as huma says
}

type humaContext = huma.Context // by another name than its method Context

// Unwrap is for humago.
func (a *answer) Unwrap() huma.Context { return a.humaContext }

// SetStatus writes the header.
func (a *answer) SetStatus(status int) {
	if a.status != 0 {
		status = a.status
	}
	a.humaContext.SetStatus(status)
}
