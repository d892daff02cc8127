package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// server is asked over HTTP.
type server struct{ url string }

// call sends a request and reads the JSON answer into answer, unless it is nil.
func (s server) call(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, got)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

// until repeats try until it succeeds; the error is the last one.
func until(ctx context.Context, what string, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s server) awaitReady(ctx context.Context) error {
	var last error
	return until(ctx, "wait until the server is ready", func() error {
		err := s.call(ctx, http.MethodGet, "/readyz", nil, nil)
		if ctx.Err() != nil && last != nil {
			return last // says more than that time is up
		}
		last = err
		return err
	})
}

func (s server) guest(ctx context.Context) (token string, err error) {
	var answer struct{ AccessToken string }
	err = s.call(ctx, http.MethodPost, "/api/v1/users/guest", map[string]string{"name": "smoke"}, &answer)
	return answer.AccessToken, err
}

func (s server) awaitHistory(ctx context.Context, text string) error {
	return until(ctx, "look for the message in the history", func() error {
		var page struct{ Messages []struct{ Content string } }
		if err := s.call(ctx, http.MethodGet, "/api/v1/streams/"+string(stream)+"/messages?limit=200", nil, &page); err != nil {
			return err
		}
		for _, m := range page.Messages {
			if m.Content == text {
				return nil
			}
		}
		return fmt.Errorf("it is not among the last %d", len(page.Messages))
	})
}
