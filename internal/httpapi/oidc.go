package httpapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/account/oidc"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

// OIDCProvider is the id of the one provider that there can be.
const OIDCProvider = "oidc"

// leaveRate is how many sign-ins by a provider an address may begin a minute.
const leaveRate = 60

// signInPage is where the page takes over again.
const signInPage = "/signin"

// OIDC signs people in by a provider; *account.OIDC is one.
type OIDC interface {
	Login(ctx context.Context, bind string) (where string, err error)
	Callback(ctx context.Context, state string, answer oidc.Answer) (code string, err error)
	Exchange(ctx context.Context, code, secret string) (account.Session, error)
}

// elsewhere leads a browser on.
type elsewhere struct {
	Location     string `header:"Location"`
	CacheControl string `header:"Cache-Control" hidden:"true"`
}

func lead(where string) *elsewhere { return &elsewhere{Location: where, CacheControl: "no-store"} }

// back leads a browser to the page, with a code or with that of a refusal. They are
// in the fragment, which no server and no log gets to see.
func back(name, value string) *elsewhere {
	return lead(signInPage + "#" + url.Values{name: {value}}.Encode())
}

func (a *api) oidcRoutes(routes huma.API) {
	if a.OIDC == nil {
		return
	}
	register(a, routes, huma.Operation{
		OperationID: "beginOIDC", Method: http.MethodGet, Path: "/api/v1/users/oidc/{provider}/login", Security: public,
		Summary: "Leave for a provider to sign in by it", DefaultStatus: http.StatusFound,
		Description: "For browsers: the page makes a secret, keeps it, and gives its hash.",
	}, a.beginOIDC)
	register(a, routes, huma.Operation{
		OperationID: "returnOIDC", Method: http.MethodGet, Path: "/api/v1/users/oidc/{provider}/callback", Security: public,
		Summary: "Come back from a provider", DefaultStatus: http.StatusFound,
		Description: "For browsers: leads to /signin#code=…, or to /signin#error=… with the code of a refusal.",
	}, a.returnOIDC)
	register(a, routes, huma.Operation{
		OperationID: "exchangeOIDC", Method: http.MethodPost, Path: "/api/v1/users/oidc/exchange", Security: public,
		Summary:     "Sign in with the code that a provider led back with",
		Description: "The code is good for a minute, once, and only with the secret that the sign-in began with.",
	}, a.exchangeOIDC)
}

// knownProvider refuses all but the one that there is.
func knownProvider(id string) error {
	if id != OIDCProvider {
		return hubbub.Refuse(hubbub.CodeNotFound, "there is no such provider; GET /api/v1/site lists those there are")
	}
	return nil
}

func (a *api) beginOIDC(ctx context.Context, c *call, in *struct {
	Provider string `path:"provider" maxLength:"64" example:"oidc"`
	Bind     string `query:"bind" maxLength:"64" doc:"SHA-256 of the page's secret, in base64url without padding."`
}) (*elsewhere, error) {
	if err := knownProvider(in.Provider); err != nil {
		return nil, err
	}
	if !a.Clients.Local(c.request) {
		if wait := a.leaving.take(clientaddr.Network(a.Clients.Of(c.request)), a.Now()); wait > 0 {
			return nil, tooOften(wait, "too many sign-ins from your address; wait a little")
		}
	}
	where, err := a.OIDC.Login(ctx, in.Bind)
	e := hubbub.AsError(err)
	switch {
	case e == nil:
		return lead(where), nil
	case e.Code == hubbub.CodeBadRequest:
		return nil, err
	}
	return a.sentBack(err), nil
}

func (a *api) returnOIDC(ctx context.Context, _ *call, in *struct {
	Provider string `path:"provider" maxLength:"64" example:"oidc"`
	State    string `query:"state"`
	Code     string `query:"code"`
	Issuer   string `query:"iss"`
	Error    string `query:"error"`
}) (*elsewhere, error) {
	if err := knownProvider(in.Provider); err != nil {
		return nil, err
	}
	code, err := a.OIDC.Callback(ctx, in.State, oidc.Answer{Code: in.Code, Issuer: in.Issuer, Error: in.Error})
	if err != nil {
		return a.sentBack(err), nil
	}
	return back("code", code), nil
}

// sentBack leads to the page with the code of a refusal: it can say more than a
// problem in JSON, which is all that a browser would show.
func (a *api) sentBack(err error) *elsewhere {
	code := hubbub.AsError(err).Code
	if Status(code) >= http.StatusInternalServerError { // whatever a stranger makes up fills no log
		a.Logger.Warn("a sign-in by a provider failed", "err", err)
	}
	return back("error", string(code))
}

func (a *api) exchangeOIDC(ctx context.Context, _ *call, in *struct {
	Body struct {
		Code   string `json:"code" maxLength:"64"`
		Secret string `json:"secret" maxLength:"256"`
	}
}) (*reply[SignedIn], error) {
	return signedIn(a.OIDC.Exchange(ctx, in.Body.Code, in.Body.Secret))
}
