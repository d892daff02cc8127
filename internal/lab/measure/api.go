package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/books"
)

// apiPatience bounds one request, page the messages that one brings.
const (
	apiPatience = 20 * time.Second
	page        = 200
)

// An API is the HTTP API of the system under test. It is safe for concurrent use.
type API struct {
	base   string
	client *http.Client
}

// NewAPI speaks with the API at base, scheme and host.
func NewAPI(base string) *API {
	return &API{base: base, client: &http.Client{Timeout: apiPatience}}
}

// Close gives up idle connections.
func (a *API) Close() { a.client.CloseIdleConnections() }

// Guest signs in a guest and returns its access token.
func (a *API) Guest(ctx context.Context, name string) (token string, err error) {
	var session struct {
		AccessToken string `json:"accessToken"`
	}
	body, err := json.Marshal(map[string]string{"name": name})
	if err == nil {
		err = a.do(ctx, http.MethodPost, "/api/v1/users/guest", string(body), &session)
	}
	if err != nil {
		return "", fmt.Errorf("sign in as a guest: %w", err)
	}
	return session.AccessToken, nil
}

// Newest is the position of the newest message of a room; zero: there is none.
func (a *API) Newest(ctx context.Context, stream hubbub.StreamID) (hubbub.Position, error) {
	got, err := a.messages(ctx, stream, "limit=1")
	if err != nil || len(got.Messages) == 0 {
		return hubbub.Position{}, err
	}
	return got.Messages[len(got.Messages)-1].Position, nil
}

// Log is every message of a room after a position, oldest first.
func (a *API) Log(ctx context.Context, stream hubbub.StreamID, after hubbub.Position) ([]books.Entry, error) {
	var log []books.Entry
	if after.IsZero() {
		after = hubbub.Position{Epoch: 0, N: 1} // no page begins before everything, but this is
	}
	for {
		got, err := a.messages(ctx, stream, "after="+after.String()+"&limit="+strconv.Itoa(page))
		if err != nil {
			return nil, err
		}
		if !after.Before(got.After) {
			return log, nil
		}
		for _, m := range got.Messages {
			log = append(log, books.Entry{Position: m.Position, ID: m.ID, Nonce: m.Nonce})
		}
		after = got.After
	}
}

type messages struct {
	Messages []struct {
		ID       string          `json:"id"`
		Nonce    string          `json:"nonce"`
		Position hubbub.Position `json:"position"`
	} `json:"messages"`
	After hubbub.Position `json:"after"`
}

func (a *API) messages(ctx context.Context, stream hubbub.StreamID, query string) (messages, error) {
	var got messages
	err := a.do(ctx, http.MethodGet, "/api/v1/streams/"+url.PathEscape(string(stream))+"/messages?"+query, "", &got)
	if err != nil {
		return got, fmt.Errorf("read the messages of stream %s: %w", stream, err)
	}
	return got, nil
}

// Analysed is how many messages of a room the analysis has counted, ever.
func (a *API) Analysed(ctx context.Context, stream hubbub.StreamID) (int64, error) {
	var got struct {
		TotalCount *int64 `json:"totalCount"`
	}
	err := a.do(ctx, http.MethodGet, "/api/v1/streams/"+url.PathEscape(string(stream))+"/analysis", "", &got)
	if err == nil && got.TotalCount == nil {
		err = errors.New("it has no totalCount")
	}
	if err != nil {
		return 0, fmt.Errorf("read the analysis of stream %s: %w", stream, err)
	}
	return *got.TotalCount, nil
}

func (a *API) do(ctx context.Context, method, path, body string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusal(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// refusal reads a problem document.
func refusal(answer *http.Response) error {
	var problem struct {
		Code   hubbub.Code `json:"code"`
		Detail string      `json:"detail"`
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil && json.Unmarshal(text, &problem) == nil && problem.Code != "" {
		return &hubbub.Error{Code: problem.Code, Message: problem.Detail}
	}
	return errors.New(answer.Status)
}
