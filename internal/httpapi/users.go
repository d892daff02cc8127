package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

// A User is somebody, as they are shown to themselves.
type User struct {
	ID              hubbub.UserID `json:"id"`
	Name            string        `json:"name" example:"Mina#0042"`
	ProfileImageURL string        `json:"profileImageUrl"`
	Username        string        `json:"username,omitempty" doc:"What an account signs in with; absent for others."`
	Roles           []string      `json:"roles" nullable:"false" example:"[\"guest\"]"`
}

// Tokens are a pair that Reissue exchanges for the next.
type Tokens struct {
	AccessToken  string `json:"accessToken" doc:"A JWT, good for 15 minutes: the bearer token of this API and of CONNECT."`
	RefreshToken string `json:"refreshToken" doc:"Good once, for the next pair. Used twice, it ends the sign-in."`
}

// SignedIn is the answer to a sign-in.
type SignedIn struct {
	Tokens
	User User `json:"user"`
}

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refreshToken" maxLength:"200"`
	}
}

// reply is an answer with a body.
type reply[T any] struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         T
}

// private is an answer that no cache may keep.
func private[T any](body T) *reply[T] { return &reply[T]{CacheControl: "no-store", Body: body} }

func (a *api) userRoutes(routes huma.API) {
	if a.Accounts == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "signInAsGuest", Method: http.MethodPost, Path: "/api/v1/users/guest", Security: public,
		Summary: "Sign in as a guest",
		Description: "The name has 1 to 32 user-perceived characters, without control, bidirectional or zero-width ones, " +
			"and gets a number behind it.",
	}, a.signInAsGuest)
	register(a, routes, huma.Operation{
		OperationID: "reissue", Method: http.MethodPost, Path: "/api/v1/users/reissue", Security: public,
		Summary: "Exchange a refresh token for a new pair",
	}, a.reissue)
	register(a, routes, huma.Operation{
		OperationID: "logout", Method: http.MethodPost, Path: "/api/v1/users/logout", Security: public,
		Summary: "End the sign-in of a refresh token", DefaultStatus: http.StatusNoContent,
	}, a.logout)
	register(a, routes, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/api/v1/users/me", Security: withUser,
		Summary: "Who the token says I am",
	}, a.me)
}

func (a *api) signInAsGuest(ctx context.Context, c *call, in *struct {
	Body struct {
		Name string `json:"name" maxLength:"1000" example:"Mina"`
	}
}) (*reply[SignedIn], error) {
	if err := a.newcomer(c); err != nil {
		return nil, err
	}
	return signedIn(a.Accounts.Guest(ctx, in.Body.Name))
}

// newcomer limits how many come new from an address.
func (a *api) newcomer(c *call) error {
	if a.Clients.Local(c.request) {
		return nil
	}
	if wait := a.guests.take(clientaddr.Network(a.Clients.Of(c.request)), a.Now()); wait > 0 {
		return tooOften(wait, "too many new users from your address; wait a little")
	}
	return nil
}

func tooOften(wait time.Duration, message string) error {
	refusal := hubbub.Refuse(hubbub.CodeRateLimited, "%s", message)
	refusal.RetryAfter = wait
	return refusal
}

func signedIn(s account.Session, err error) (*reply[SignedIn], error) {
	if err != nil {
		return nil, err
	}
	return private(SignedIn{Tokens: tokensOf(s), User: userOf(s.User, s.User.Roles())}), nil
}

func (a *api) reissue(ctx context.Context, _ *call, in *refreshInput) (*reply[Tokens], error) {
	session, err := a.Accounts.Reissue(ctx, in.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return private(tokensOf(session)), nil
}

func (a *api) logout(ctx context.Context, _ *call, in *refreshInput) (*struct{}, error) {
	return nil, a.Accounts.Logout(ctx, in.Body.RefreshToken)
}

func (a *api) me(ctx context.Context, c *call, _ *struct{}) (*reply[User], error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	u, roles, err := a.Accounts.Describe(ctx, id)
	if err != nil {
		return nil, err
	}
	return private(userOf(u, roles)), nil
}

func tokensOf(s account.Session) Tokens {
	return Tokens{AccessToken: s.Access, RefreshToken: s.Refresh}
}

func userOf(u account.User, roles []string) User {
	return User{ID: u.ID, Name: u.Name, ProfileImageURL: u.Picture, Username: u.Username, Roles: roles}
}
