package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// An Account is somebody, as they are shown to admins.
type Account struct {
	User
	Kind      string `json:"kind" enum:"guest,account,other" doc:"Others have tokens of another system."`
	CreatedAt string `json:"createdAt" format:"date-time"`
	Ban       *Ban   `json:"ban,omitempty" doc:"From the site; absent: none."`
}

// A Ban keeps somebody out of the site.
type Ban struct {
	By     hubbub.UserID `json:"by"`
	Reason string        `json:"reason"`
	At     string        `json:"at" format:"date-time"`
	Until  string        `json:"until,omitempty" format:"date-time" doc:"Absent: for good."`
}

// An AccountList is a page of accounts.
type AccountList struct {
	Users   []Account `json:"users" nullable:"false"`
	HasNext bool      `json:"hasNext"`
}

// A UserInput names a user.
type UserInput struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *api) governRoutes(routes huma.API) {
	if a.Accounts == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: "/api/v1/users", Security: withUser,
		Summary:     "List accounts, and whoever else is banned, newest first",
		Description: "For admins.",
	}, a.listUsers)
	register(a, routes, huma.Operation{
		OperationID: "changeUser", Method: http.MethodPatch, Path: "/api/v1/users/{id}", Security: withUser,
		Summary: "Give an account the role of an admin, or take it", Description: "For admins; nobody takes the role from themselves.",
	}, a.changeUser)
	register(a, routes, huma.Operation{
		OperationID: "banUser", Method: http.MethodPost, Path: "/api/v1/users/{id}/ban", Security: withUser,
		Summary:     "Ban somebody from the site",
		Description: "For admins; nobody bans an admin or themselves. Their sessions end, and they may not sign in until it is over.",
	}, a.banUser)
	register(a, routes, huma.Operation{
		OperationID: "unbanUser", Method: http.MethodDelete, Path: "/api/v1/users/{id}/ban", Security: withUser,
		Summary: "Lift a ban from the site", Description: "For admins.", DefaultStatus: http.StatusNoContent,
	}, a.unbanUser)
}

func (a *api) listUsers(ctx context.Context, c *call, in *struct {
	Query string `query:"query" maxLength:"200" doc:"Only those who have this in their name or username."`
	Page  int    `query:"page" minimum:"0" default:"0"`
	Size  int    `query:"size" minimum:"1" maximum:"100" default:"20"`
}) (*reply[AccountList], error) {
	who, err := c.account()
	if err != nil {
		return nil, err
	}
	page, err := a.Accounts.Users(ctx, who, in.Query, in.Page, in.Size)
	if err != nil {
		return nil, err
	}
	list := AccountList{Users: []Account{}, HasNext: page.HasNext}
	for _, u := range page.Users {
		list.Users = append(list.Users, a.accountOf(u))
	}
	return private(list), nil
}

func (a *api) changeUser(ctx context.Context, c *call, in *struct {
	UserInput
	Body struct {
		Admin bool `json:"admin"`
	}
}) (*reply[Account], error) {
	who, err := c.account()
	if err != nil {
		return nil, err
	}
	return a.governed(a.Accounts.SetAdmin(ctx, who, hubbub.UserID(in.ID), in.Body.Admin))
}

func (a *api) banUser(ctx context.Context, c *call, in *struct {
	UserInput
	Body struct {
		Reason  string `json:"reason" maxLength:"4000" doc:"The banned read it; up to 500 characters, or none."`
		Seconds int64  `json:"seconds,omitempty" minimum:"1" doc:"How long, up to 10 years; absent: for good."`
	}
}) (*reply[Account], error) {
	who, err := c.account()
	if err != nil {
		return nil, err
	}
	longest := int64(account.MaxBan / time.Second)
	lasts := time.Duration(min(in.Body.Seconds, longest+1)) * time.Second // beyond, it would be another time
	return a.governed(a.Accounts.Ban(ctx, who, hubbub.UserID(in.ID), in.Body.Reason, lasts))
}

func (a *api) unbanUser(ctx context.Context, c *call, in *UserInput) (*struct{}, error) {
	who, err := c.account()
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.Unban(ctx, who, hubbub.UserID(in.ID))
}

func (a *api) governed(u account.User, err error) (*reply[Account], error) {
	if err != nil {
		return nil, err
	}
	return private(a.accountOf(u)), nil
}

// accountOf shows a ban while it holds.
func (a *api) accountOf(u account.User) Account {
	out := Account{User: userOf(u, u.Roles()), Kind: u.Kind, CreatedAt: timeText(u.CreatedAt)}
	if u.Ban.Holds(a.Now()) {
		out.Ban = &Ban{By: u.Ban.By, Reason: u.Ban.Reason, At: timeText(u.Ban.At), Until: timeText(u.Ban.Until)}
	}
	return out
}
