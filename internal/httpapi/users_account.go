package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

// How many passwords may be wrong in a minute: by one address, this machine
// exempt, and for one account, wherever they come from.
const (
	wrongByAddress = 20
	wrongByAccount = 10
)

// logins limits wrong passwords.
type logins struct {
	addresses *rate[netip.Prefix]
	accounts  *rate[string]
}

func newLogins() logins {
	return logins{addresses: newRate[netip.Prefix](wrongByAddress), accounts: newRate[string](wrongByAccount)}
}

// An Application is what somebody wants their account to be. Lengths are bounded
// here, and all else by the accounts.
type Application struct {
	Username string `json:"username" maxLength:"1000" example:"mina" doc:"3 to 32 of a-z 0-9 _ . and -, in any case."`
	Password string `json:"password" maxLength:"4000" doc:"8 to 256 characters, and not the username."`
	Name     string `json:"name,omitempty" maxLength:"1000" example:"Mina" doc:"How the account is shown; without, the username. No other account may have one that looks like it."`
}

func (a Application) account() account.Application {
	return account.Application{Username: a.Username, Password: a.Password, Name: a.Name}
}

func (a *api) accountRoutes(routes huma.API) {
	if a.Accounts == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "signUp", Method: http.MethodPost, Path: "/api/v1/users/signup", Security: public,
		Summary: "Make an account and sign in to it",
	}, a.signUp)
	register(a, routes, huma.Operation{
		OperationID: "logIn", Method: http.MethodPost, Path: "/api/v1/users/login", Security: public,
		Summary:     "Sign in to an account",
		Description: "Wrong passwords are limited, by address and by account. Whether the username or the password was wrong is not told.",
	}, a.logIn)
	register(a, routes, huma.Operation{
		OperationID: "claim", Method: http.MethodPost, Path: "/api/v1/users/claim", Security: public,
		Summary:     "Make the account of the first admin",
		Description: "While there is no admin, the server prints a link with the code, anew at each start.",
	}, a.claim)
	register(a, routes, huma.Operation{
		OperationID: "resetPassword", Method: http.MethodPost, Path: "/api/v1/users/reset", Security: public,
		Summary:     "Set a password by a one-time link",
		Description: "The operator gets the link from `hubbub user passwd`; it is good for 24 hours. Everybody who was signed in to the account is out.",
	}, a.resetPassword)
	register(a, routes, huma.Operation{
		OperationID: "changeProfile", Method: http.MethodPatch, Path: "/api/v1/users/me", Security: withUser,
		Summary: "Change how my account looks", Description: "Messages show it from the next reissue of the token on.",
	}, a.changeProfile)
	register(a, routes, huma.Operation{
		OperationID: "changePassword", Method: http.MethodPost, Path: "/api/v1/users/me/password", Security: withUser,
		Summary:     "Change my password",
		Description: "Everybody who was signed in to the account is out; the answer signs in anew.",
	}, a.changePassword)
}

func (a *api) signUp(ctx context.Context, c *call, in *struct{ Body Application }) (*reply[SignedIn], error) {
	if err := a.newcomer(c); err != nil {
		return nil, err
	}
	return signedIn(a.Accounts.Signup(ctx, in.Body.account()))
}

func (a *api) logIn(ctx context.Context, c *call, in *struct {
	Body struct {
		Username string `json:"username" maxLength:"1000"`
		Password string `json:"password" maxLength:"4000"`
	}
}) (*reply[SignedIn], error) {
	var session account.Session
	err := a.guessing(c, accountKey(in.Body.Username), func() (err error) {
		session, err = a.Accounts.Login(ctx, in.Body.Username, in.Body.Password)
		return err
	})
	return signedIn(session, err)
}

// accountKey is a username as wrong passwords for it are counted. What cannot be one
// is nobody's and need not be remembered: too long, or a key of other guesses ("id:…").
func accountKey(username string) string {
	key := strings.ToLower(strings.TrimSpace(username))
	if len(key) > 32 || strings.Contains(key, ":") {
		return ""
	}
	return key
}

// guessing runs what checks a password, unless too many were wrong. It is counted
// before, so that many at once do not get more tries, and taken back if it was right.
func (a *api) guessing(c *call, key string, check func() error) error {
	now, address, exempt := a.Now(), clientaddr.Network(a.Clients.Of(c.request)), a.Clients.Local(c.request)
	const message = "too many wrong passwords; wait a little"
	if wait := a.logins.accounts.take(key, now); wait > 0 {
		return tooOften(wait, message)
	}
	if !exempt {
		if wait := a.logins.addresses.take(address, now); wait > 0 {
			a.logins.accounts.giveBack(key)
			return tooOften(wait, message)
		}
	}
	err := check()
	var refusal *hubbub.Error
	if errors.As(err, &refusal) && refusal.Code == hubbub.CodeCredentialsInvalid {
		return err
	}
	a.logins.accounts.giveBack(key)
	if !exempt {
		a.logins.addresses.giveBack(address)
	}
	return err
}

func (a *api) claim(ctx context.Context, _ *call, in *struct {
	Body struct {
		Application
		Code string `json:"code" maxLength:"200"`
	}
}) (*reply[SignedIn], error) {
	return signedIn(a.Accounts.Claim(ctx, in.Body.Code, in.Body.account()))
}

func (a *api) resetPassword(ctx context.Context, _ *call, in *struct {
	Body struct {
		Code     string `json:"code" maxLength:"200"`
		Password string `json:"password" maxLength:"4000" doc:"8 to 256 characters, and not the username."`
	}
}) (*reply[SignedIn], error) {
	return signedIn(a.Accounts.Reset(ctx, in.Body.Code, in.Body.Password))
}

func (a *api) changeProfile(ctx context.Context, c *call, in *struct {
	Body struct {
		Name            *string `json:"name,omitempty" maxLength:"1000"`
		ProfileImageURL *string `json:"profileImageUrl,omitempty" maxLength:"4000" doc:"An http(s) URL; empty: none."`
	}
}) (*reply[User], error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	u, err := a.Accounts.SetProfile(ctx, id.User, account.Profile{Name: in.Body.Name, Picture: in.Body.ProfileImageURL})
	if err != nil {
		return nil, err
	}
	if a.Keeper != nil {
		if err := a.Keeper.RenameHost(ctx, u.ID, u.Name, u.Picture); err != nil { // the profile is changed all the same
			a.Logger.Warn("a host is still shown in their streams as before", "user", u.ID, "err", err)
		}
	}
	return private(userOf(u, u.Roles())), nil
}

func (a *api) changePassword(ctx context.Context, c *call, in *struct {
	Body struct {
		CurrentPassword string `json:"currentPassword" maxLength:"4000"`
		NewPassword     string `json:"newPassword" maxLength:"4000" doc:"8 to 256 characters, and not the username."`
	}
}) (*reply[SignedIn], error) {
	id, err := c.account()
	if err != nil {
		return nil, err
	}
	var session account.Session
	err = a.guessing(c, "id:"+string(id.User), func() (err error) {
		session, err = a.Accounts.ChangePassword(ctx, id.User, in.Body.CurrentPassword, in.Body.NewPassword)
		return err
	})
	return signedIn(session, err)
}
