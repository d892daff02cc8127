package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/moderation/wordlist"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// The largest list, in bytes, and how long it may take to come: 4 Mbit/s is enough.
const (
	maxWordsBody = 6 << 20
	wordsWithin  = 12 * time.Second
)

// WordLists tries blocked words; *wordlist.Lists is one.
type WordLists interface {
	Try(ctx context.Context, stream hubbub.StreamID, entries []string, limit int) (wordlist.Trial, error)
}

// A WordList has the blocked words of a stream.
type WordList struct {
	Words []string `json:"words" nullable:"false" maxItems:"10000" doc:"Entries of at most 100 characters: words, with * at either end for what may precede or follow, or /regular expressions/ (RE2)." example:"[\"spoiler*\"]"`
}

// A WordTrial is what a list would have blocked.
type WordTrial struct {
	Checked  int               `json:"checked" doc:"How many messages were looked at."`
	Matched  int               `json:"matched" doc:"How many of them would have been blocked."`
	Messages []json.RawMessage `json:"messages" nullable:"false" doc:"The newest of those, 50 at most, oldest first, as history has them."`
}

type wordsInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Body WordList
}

type trialInput struct {
	ID   hubbub.StreamID `path:"id" maxLength:"200" example:"1"`
	Body struct {
		WordList
		Limit int `json:"limit,omitempty" minimum:"1" maximum:"10000" default:"1000" doc:"How many of the newest messages to look at."`
	}
}

func (a *api) wordRoutes(routes huma.API) {
	if a.Directory == nil || a.Keeper == nil || a.Words == nil {
		return
	}
	const path = "/api/v1/streams/{id}/words"
	register(a, routes, huma.Operation{
		OperationID: "words", Method: http.MethodGet, Path: path, Security: withUser,
		Summary: "The blocked words of a stream", Description: "For those who may moderate it.",
	}, a.words)
	register(a, routes, huma.Operation{
		OperationID: "setWords", Method: http.MethodPut, Path: path, Security: withUser, MaxBodyBytes: maxWordsBody, BodyReadTimeout: wordsWithin,
		Summary:     "Replace the blocked words of a stream",
		Description: "By those who may moderate it. They hold for the next message, and not for those who run the stream.",
	}, a.setWords)
	register(a, routes, huma.Operation{
		OperationID: "tryWords", Method: http.MethodPost, Path: path + "/check", Security: withUser, MaxBodyBytes: maxWordsBody, BodyReadTimeout: wordsWithin,
		Summary:     "See what words would have blocked, without blocking anything",
		Description: "For those who may moderate the stream.",
	}, a.tryWords)
}

func (a *api) words(ctx context.Context, c *call, in *streamInput) (*reply[WordList], error) {
	_, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	words, err := a.Keeper.Words(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	return private(WordList{Words: append([]string{}, words...)}), nil
}

func (a *api) setWords(ctx context.Context, c *call, in *wordsInput) (*reply[WordList], error) {
	actor, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	words, err := wordlist.Clean(in.Body.Words)
	if err != nil {
		return nil, err
	}
	if err := a.Keeper.SetWords(ctx, actor.User, s.ID, words); err != nil {
		return nil, err
	}
	return private(WordList{Words: words}), nil
}

func (a *api) tryWords(ctx context.Context, c *call, in *trialInput) (*reply[WordTrial], error) {
	_, s, err := a.allowed(ctx, c, in.ID, streams.ActionModerate)
	if err != nil {
		return nil, err
	}
	trial, err := a.Words.Try(ctx, s.ID, in.Body.Words, in.Body.Limit)
	if err != nil {
		return nil, asUnavailable(err, "history")
	}
	out := WordTrial{Checked: trial.Checked, Matched: trial.Matched, Messages: []json.RawMessage{}}
	for _, e := range trial.Found {
		if value := a.shown(e, true); value != nil {
			out.Messages = append(out.Messages, value)
		}
	}
	return private(out), nil
}
