// Package api asks a running server over HTTP, for tests and the tools beside
// them. It knows the wire, nothing of who runs the server.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// At is where a server is: http://host:port. Its methods may be called
// concurrently.
type At string

// patience bounds one request.
const patience = time.Minute

// round makes a connection for each request: kept ones die with each kill.
var round = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// A Problem is an answer other than 2xx.
type Problem struct {
	Status     int
	Code       hubbub.Code // "" if the body names none
	Body       []byte
	RetryAfter time.Duration // 0: it does not say when to come again
}

// Error prints status and body.
func (p *Problem) Error() string { return fmt.Sprintf("status %d: %s", p.Status, p.Body) }

// Call sends a request with a JSON body, unless body is nil, and reads the JSON
// answer into answer, unless that is nil. Another status than 2xx is a *Problem.
func (a At) Call(ctx context.Context, method, path string, body, answer any) error {
	return a.CallAs(ctx, "", method, path, body, answer)
}

// CallAs is Call with a token; "": without.
func (a At) CallAs(ctx context.Context, token, method, path string, body, answer any) error {
	got, err := a.call(ctx, token, method, path, body)
	if err == nil && answer != nil {
		err = json.Unmarshal(got, answer)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (a At) call(ctx context.Context, token, method, path string, body any) ([]byte, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, string(a)+path, sent)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := round.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		p := &Problem{Status: response.StatusCode, Body: got}
		if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
			p.RetryAfter = time.Duration(seconds) * time.Second
		}
		var named struct{ Code hubbub.Code }
		if json.Unmarshal(got, &named) == nil {
			p.Code = named.Code
		}
		return nil, p
	}
	return got, nil
}

// A Guest is a signed-in guest.
type Guest struct {
	Token string
	ID    hubbub.UserID
	Name  string // as shown
}

// Guest signs a guest in.
func (a At) Guest(ctx context.Context, name string) (Guest, error) {
	var answer struct {
		AccessToken string
		User        struct {
			ID   hubbub.UserID
			Name string
		}
	}
	err := a.Call(ctx, http.MethodPost, "/api/v1/users/guest", map[string]string{"name": name}, &answer)
	return Guest{Token: answer.AccessToken, ID: answer.User.ID, Name: answer.User.Name}, err
}

// An Entry is a message of the history.
type Entry struct {
	hubbub.Message
	Position hubbub.Position
	Mood     string // as the server that was asked reads it now
}

// History returns everything that was said in a stream after a position, oldest
// first; the zero position: from the beginning.
func (a At) History(ctx context.Context, stream hubbub.StreamID, after hubbub.Position) ([]Entry, error) {
	if after.IsZero() {
		return a.wholeHistory(ctx, stream)
	}
	var all []Entry
	for {
		page, err := a.Page(ctx, stream, "after", after, 200)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
		after = page[len(page)-1].Position
	}
}

// wholeHistory pages back from the newest, as a reader who scrolls up does.
func (a At) wholeHistory(ctx context.Context, stream hubbub.StreamID) ([]Entry, error) {
	var pages [][]Entry
	var before hubbub.Position
	for {
		page, err := a.Page(ctx, stream, "before", before, 200)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			slices.Reverse(pages)
			return slices.Concat(pages...), nil
		}
		pages = append(pages, page)
		before = page[0].Position
	}
}

// Page returns one page of history, before or after a position.
func (a At) Page(ctx context.Context, stream hubbub.StreamID, side string, of hubbub.Position, limit int) ([]Entry, error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if !of.IsZero() {
		query.Set(side, of.String())
	}
	var page struct{ Messages []Entry }
	err := a.Call(ctx, http.MethodGet, "/api/v1/streams/"+string(stream)+"/messages?"+query.Encode(), nil, &page)
	return page.Messages, err
}

// A Reading is the newest analysis of a room.
type Reading struct {
	TotalCount int
	Counts     map[string]int
	Chatters   int
	Age        int // ms
	Through    hubbub.Position
	Minutes    []struct {
		At       time.Time
		Messages int
	}
}

// Reading asks for the newest analysis, and the minutes of the last 23 hours.
func (a At) Reading(ctx context.Context, stream hubbub.StreamID) (Reading, error) {
	var r Reading
	query := url.Values{"from": {time.Now().Add(-23 * time.Hour).Format(time.RFC3339)}}
	err := a.Call(ctx, http.MethodGet, "/api/v1/streams/"+string(stream)+"/analysis?"+query.Encode(), nil, &r)
	return r, err
}

// InMinutes is how many messages the minutes have.
func (r Reading) InMinutes() (n int) {
	for _, m := range r.Minutes {
		n += m.Messages
	}
	return n
}

// Metrics returns all samples, by name with labels as printed.
func (a At) Metrics(ctx context.Context) (map[string]float64, error) {
	text, err := a.call(ctx, "", http.MethodGet, "/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	samples := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		if samples[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("read the metrics: %w", err)
		}
	}
	return samples, nil
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Status int
	Ready  bool
	Checks map[string]string
}

// Readiness asks /readyz; not ready is no error.
func (a At) Readiness(ctx context.Context) (Readiness, error) {
	var r Readiness
	text, err := a.call(ctx, "", http.MethodGet, "/readyz", nil)
	r.Status = http.StatusOK
	if p := (*Problem)(nil); errors.As(err, &p) {
		text, r.Status, err = p.Body, p.Status, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("ask for readiness: %w", err)
	}
	return r, nil
}

// AwaitSettled waits until relay, archive and analysis have read and committed
// all of the log. Nothing must be sent meanwhile.
func (a At) AwaitSettled(ctx context.Context) error { return AwaitSettled(ctx, a.Metrics) }

// AwaitSettled is [At.AwaitSettled] of what has these metrics.
func AwaitSettled(ctx context.Context, metrics func(context.Context) (map[string]float64, error)) error {
	return Until(ctx, "wait until everything is archived and analysed", func() error {
		m, err := metrics(ctx)
		if err != nil {
			return err
		}
		for _, consumer := range []string{"relay", "archive", "analysis"} {
			lag, ok := m[`hubbub_consumer_lag{consumer="`+consumer+`"}`]
			if !ok || lag != 0 {
				return fmt.Errorf("%s lags %v behind", consumer, lag)
			}
		}
		return nil
	})
}

// Until repeats try until it succeeds or ctx ends; the error is the last try's, or
// that of the one before, where the last says no more than that time is up.
func Until(ctx context.Context, what string, try func() error) error {
	var last error
	for {
		err := try()
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
