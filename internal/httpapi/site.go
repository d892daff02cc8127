package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// A Site is what a page has to know before anybody signs in.
type Site struct {
	Guests        bool       `json:"guests" doc:"People may come in as guests."`
	Signup        bool       `json:"signup" doc:"People may make accounts."`
	CreateStreams string     `json:"createStreams" enum:"admin,accounts,guests" doc:"Who may create streams."`
	OIDC          []Provider `json:"oidc" nullable:"false" doc:"Who else may vouch for people."`
	Claimable     bool       `json:"claimable" doc:"There is no admin yet; the server's output has a link for the first."`
	Version       string     `json:"version"`
}

// A Provider signs people in over OpenID Connect.
type Provider struct {
	ID   string `json:"id" example:"oidc"`
	Name string `json:"name" example:"Google"`
}

func (a *api) siteRoutes(routes huma.API) {
	if a.Accounts == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "site", Method: http.MethodGet, Path: "/api/v1/site", Security: public,
		Summary: "How people come in here, and what they may do",
	}, a.site)
}

func (a *api) site(ctx context.Context, _ *call, _ *struct{}) (*reply[Site], error) {
	site := a.Site
	site.Version = a.Version
	if site.OIDC == nil {
		site.OIDC = []Provider{}
	}
	if site.CreateStreams == "" {
		site.CreateStreams = "accounts"
	}
	var err error
	site.Claimable, err = a.Accounts.Claimable(ctx)
	if err != nil { // the rest is worth more than this
		a.Logger.Warn("look whether the site is claimable", "err", err)
	}
	return private(site), nil
}
