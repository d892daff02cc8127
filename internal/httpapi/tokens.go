package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/token"
)

// Bots makes tokens for programs and erases who has them; *account.Service is one.
type Bots interface {
	Bots(ctx context.Context, user hubbub.UserID) ([]account.Bot, error)
	CreateBot(ctx context.Context, user hubbub.UserID, d account.BotDraft) (account.Bot, string, error)
	RevokeBot(ctx context.Context, user hubbub.UserID, id string) error
	Erase(ctx context.Context, who token.Identity, password string) error
}

// A BotToken is a token for a program, without the token.
type BotToken struct {
	ID         string   `json:"id"`
	Name       string   `json:"name" example:"My bot"`
	Scopes     []string `json:"scopes" nullable:"false" example:"[\"read\",\"send\"]"`
	CreatedAt  string   `json:"createdAt" format:"date-time"`
	ExpiresAt  string   `json:"expiresAt" format:"date-time"`
	LastUsedAt string   `json:"lastUsedAt,omitempty" format:"date-time" doc:"To about a minute; absent: never."`
}

// A NewBotToken is one that was just made.
type NewBotToken struct {
	BotToken
	Token string `json:"token" doc:"The bearer token of the chat and of streams. It is not shown again."`
}

// BotTokens are the tokens of an account.
type BotTokens struct {
	Tokens []BotToken `json:"tokens" nullable:"false"`
}

func (a *api) botRoutes(routes huma.API) {
	if a.Bots == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "botTokens", Method: http.MethodGet, Path: "/api/v1/users/me/tokens", Security: withUser,
		Summary: "List the tokens of my bots", Description: "For accounts.",
	}, a.botTokens)
	register(a, routes, huma.Operation{
		OperationID: "createBotToken", Method: http.MethodPost, Path: "/api/v1/users/me/tokens", Security: withUser,
		Summary: "Make a token for a bot", DefaultStatus: http.StatusCreated,
		Description: "For accounts, 20 at most. The token speaks as its account, as far as its scopes go; " +
			"no scope is good for the account itself.",
	}, a.createBotToken)
	register(a, routes, huma.Operation{
		OperationID: "revokeBotToken", Method: http.MethodDelete, Path: "/api/v1/users/me/tokens/{id}", Security: withUser,
		Summary: "Revoke the token of a bot", DefaultStatus: http.StatusNoContent,
		Description: "It is refused at once, and its sessions end within 10 seconds.",
	}, a.revokeBotToken)
	register(a, routes, huma.Operation{
		OperationID: "eraseMe", Method: http.MethodDelete, Path: "/api/v1/users/me", Security: withUser,
		Summary: "Erase me", DefaultStatus: http.StatusNoContent,
		Description: "Whoever has a password proves it. Name and texts go from history and exports, streams end, sessions and tokens " +
			"too, and the name is free. It cannot be undone.",
	}, a.eraseMe)
}

func (a *api) botTokens(ctx context.Context, c *call, _ *struct{}) (*reply[BotTokens], error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	bots, err := a.Bots.Bots(ctx, id.User)
	if err != nil {
		return nil, err
	}
	list := BotTokens{Tokens: []BotToken{}}
	for _, b := range bots {
		list.Tokens = append(list.Tokens, botToken(b))
	}
	return private(list), nil
}

func (a *api) createBotToken(ctx context.Context, c *call, in *struct {
	Body struct {
		Name   string   `json:"name" maxLength:"256" doc:"For you to know it by." example:"My bot"`
		Scopes []string `json:"scopes" maxItems:"8" nullable:"false" doc:"One or more of read, send and moderate." example:"[\"read\",\"send\"]"`
		Days   int      `json:"days,omitempty" minimum:"1" maximum:"365" default:"365" doc:"How long it is good for."`
	}
}) (*reply[NewBotToken], error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	b, raw, err := a.Bots.CreateBot(ctx, id.User, account.BotDraft{Name: in.Body.Name, Scopes: in.Body.Scopes, Days: in.Body.Days})
	if err != nil {
		return nil, err
	}
	return private(NewBotToken{botToken(b), raw}), nil
}

func (a *api) revokeBotToken(ctx context.Context, c *call, in *struct {
	ID string `path:"id" maxLength:"128"`
}) (*struct{}, error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	return nil, a.Bots.RevokeBot(ctx, id.User, in.ID)
}

func (a *api) eraseMe(ctx context.Context, c *call, in *struct {
	Body *struct {
		Password string `json:"password,omitempty" maxLength:"4000"`
	}
}) (*struct{}, error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	password := ""
	if in.Body != nil {
		password = in.Body.Password
	}
	return nil, a.guessing(c, "id:"+string(id.User), func() error { return a.Bots.Erase(ctx, id, password) })
}

func botToken(b account.Bot) BotToken {
	return BotToken{
		ID: b.ID, Name: b.Name, Scopes: b.Scopes,
		CreatedAt: timeText(b.CreatedAt), ExpiresAt: timeText(b.ExpiresAt), LastUsedAt: timeText(b.LastUsedAt),
	}
}
