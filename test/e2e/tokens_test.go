package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account/oidc/providertest"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// endsWithin is how long the sessions of a revoked token may go on.
const endsWithin = 10 * time.Second

const password = "correct horse"

// A member is somebody who is signed in to an account.
type member struct {
	server       *hub.Server
	AccessToken  string
	RefreshToken string
	User         struct {
		ID   hubbub.UserID
		Name string
	}
}

func signUp(ctx context.Context, server *hub.Server, username string) (member, error) {
	m := member{server: server}
	err := server.Call(ctx, http.MethodPost, "/api/v1/users/signup", map[string]string{"username": username, "password": password}, &m)
	return m, err
}

// call asks as the member; another status than 2xx is an *api.Problem.
func (m member) call(ctx context.Context, method, path, body string, answer any) error {
	response, text, err := ask(ctx, m.server, method, path, body, "Authorization: Bearer "+m.AccessToken)
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2:
		p := &api.Problem{Status: response.StatusCode, Body: []byte(text)}
		_ = json.Unmarshal(p.Body, p) // of an answer that is none, no code
		return p
	case answer == nil:
		return nil
	}
	return json.Unmarshal([]byte(text), answer)
}

type botToken struct{ ID, Token string }

// of asks as the bot.
func (b botToken) of(server *hub.Server) member { return member{server: server, AccessToken: b.Token} }

func (m member) bot(ctx context.Context, scopes ...string) (b botToken, err error) {
	body, err := json.Marshal(map[string]any{"name": "bot", "scopes": scopes})
	if err != nil {
		return b, err
	}
	return b, m.call(ctx, http.MethodPost, "/api/v1/users/me/tokens", string(body), &b)
}

// TestBots: a bot reads and sends as its account, as far as its scopes go, and is out
// within 10 s of its revocation; a sign-out of its owner does not concern it.
func TestBots(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	mina, err := signUp(ctx, server, "mina")
	must(t, err)
	b, err := mina.bot(ctx, "read", "send")
	must(t, err)
	mute, err := mina.bot(ctx, "read")
	must(t, err)
	deaf, err := mina.bot(ctx, "send")
	must(t, err)

	bot, err := server.Dial(ctx, client.Options{Token: b.Token, Uncounted: true})
	must(t, err)
	defer bot.Close()
	sub, err := bot.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel)})
	must(t, err)
	_, err = bot.Send(ctx, client.Post{Stream: "1", Content: "beep"})
	must(t, err)
	got, err := sub.Next(ctx)
	must(t, err)
	if m, err := got.Chat(); err != nil || m.Content != "beep" || m.Sender.ID != mina.User.ID || m.Sender.Name != "mina" {
		t.Errorf("the room sees %+v, %v", m, err)
	}

	reader, err := server.Dial(ctx, client.Options{Token: mute.Token})
	must(t, err)
	defer reader.Close()
	if _, err := reader.Send(ctx, client.Post{Stream: "1", Content: "boop"}); refusal(err) != hubbub.CodeScopeMissing {
		t.Errorf("a bot that may only read sends: %v", err)
	}
	writer, err := server.Dial(ctx, client.Options{Token: deaf.Token})
	must(t, err)
	defer writer.Close()
	if _, err := writer.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel)}); refusal(err) != hubbub.CodeScopeMissing {
		t.Errorf("a bot that may only send reads: %v", err)
	}

	must(t, mina.call(ctx, http.MethodPost, "/api/v1/streams", `{"id":"hers","title":"Hers"}`, nil))
	keeper, err := mina.bot(ctx, "moderate")
	must(t, err)
	settings := `{"action":"settings","settings":{"slowSeconds":5,"chat":"open"}}`
	must(t, keeper.of(server).call(ctx, http.MethodPost, "/api/v1/streams/hers/moderation", settings, nil))
	for what, err := range map[string]error{
		"without the scope":     mute.of(server).call(ctx, http.MethodPost, "/api/v1/streams/hers/moderation", settings, nil),
		"ends the stream":       keeper.of(server).call(ctx, http.MethodPatch, "/api/v1/streams/hers", `{"status":"ended"}`, nil),
		"asks for the account":  keeper.of(server).call(ctx, http.MethodGet, "/api/v1/users/me", "", nil),
		"makes another of them": keeper.of(server).call(ctx, http.MethodPost, "/api/v1/users/me/tokens", `{"name":"x","scopes":["send"]}`, nil),
	} {
		if p := problemIn(err); p.Code != hubbub.CodeScopeMissing {
			t.Errorf("a bot %s: %v", what, err)
		}
	}

	own, err := server.Dial(ctx, client.Options{Token: mina.AccessToken})
	must(t, err)
	defer own.Close()
	must(t, server.Call(ctx, http.MethodPost, "/api/v1/users/logout", map[string]string{"refreshToken": mina.RefreshToken}, nil))
	must(t, endOf(own, hubbub.CodeSessionExpired))
	if _, err := server.Dial(ctx, client.Options{Token: mina.AccessToken}); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("a token from before the sign-out: %v", err)
	}
	_, err = bot.Send(ctx, client.Post{Stream: "1", Content: "still here"})
	must(t, err)

	mina, err = logIn(ctx, server, "mina")
	must(t, err)
	must(t, mina.call(ctx, http.MethodDelete, "/api/v1/users/me/tokens/"+b.ID, "", nil))
	must(t, endOf(bot, hubbub.CodeTokenInvalid))
	if _, err := server.Dial(ctx, client.Options{Token: b.Token}); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("a revoked token: %v", err)
	}
	must(t, server.Kill())
	must(t, server.Run())
	if _, err := server.Dial(ctx, client.Options{Token: b.Token}); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("a revoked token after a restart: %v", err)
	}
	again, err := server.Dial(ctx, client.Options{Token: mute.Token})
	must(t, err)
	must(t, again.Close())
}

func logIn(ctx context.Context, server *hub.Server, username string) (member, error) {
	m := member{server: server}
	err := server.Call(ctx, http.MethodPost, "/api/v1/users/login", map[string]string{"username": username, "password": password}, &m)
	return m, err
}

// endOf waits for a session to end in time, and for its reason.
func endOf(conn *client.Conn, want hubbub.Code) error {
	select {
	case <-conn.Done():
		if code := refusal(conn.Err()); code != want {
			return fmt.Errorf("the session ended with %w, want %s", conn.Err(), want)
		}
		return nil
	case <-time.After(endsWithin):
		return fmt.Errorf("the session goes on after %v", endsWithin)
	}
}

// TestErasure kills the server at any moment of an erasure: afterwards it either was
// never asked for, or everything is blank.
func TestErasure(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited("--guest-rate", "0")...)
	for round := range 4 {
		mina, err := signUp(ctx, server, fmt.Sprint("mina", round))
		must(t, err)
		stream := hubbub.StreamID(fmt.Sprint("erasure-", round))
		must(t, mina.say(ctx, stream, "my secret"))
		viewer, err := server.Dial(ctx, client.Options{}) // keeps the room loaded
		must(t, err)
		_, err = viewer.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(stream, hubbub.MessageChannel)})
		must(t, err)
		erased := make(chan error, 1)
		go func() {
			erased <- mina.call(ctx, http.MethodDelete, "/api/v1/users/me", `{"password":"`+password+`"}`, nil)
		}()
		acked := false
		if round > 0 { // the first is left in peace
			select {
			case err = <-erased:
				acked = err == nil
			case <-time.After(time.Duration(rand.IntN(60)) * time.Millisecond):
			}
			must(t, server.Kill())
			must(t, server.Run())
		} else {
			must(t, <-erased)
			acked = true
			must(t, joinsBlank(ctx, server, stream))
		}
		_ = viewer.Close()
		_, err = logIn(ctx, server, fmt.Sprint("mina", round))
		switch {
		case err == nil && acked:
			t.Errorf("round %d: erased, and there", round)
		case err == nil: // it was killed before the server had noted it
			continue
		case problemIn(err).Code != hubbub.CodeCredentialsInvalid:
			t.Fatal(err)
		}
		must(t, api.Until(ctx, "wait until history is blank", func() error {
			history, err := server.History(ctx, stream, hubbub.Position{})
			if err != nil {
				return err
			}
			for _, e := range history {
				if e.Content != "" || e.Sender.Name != "" || e.Sender.ID == mina.User.ID {
					return fmt.Errorf("history has %+v", e)
				}
			}
			return nil
		}))
		must(t, joinsBlank(ctx, server, stream))
	}
}

func (m member) say(ctx context.Context, stream hubbub.StreamID, content string) error {
	conn, err := m.server.Dial(ctx, client.Options{Token: m.AccessToken})
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Send(ctx, client.Post{Stream: stream, Content: content}); err != nil {
		return err
	}
	return m.server.AwaitSettled(ctx)
}

// joinsBlank joins a room and wants the newest message there to say nothing.
func joinsBlank(ctx context.Context, server *hub.Server, stream hubbub.StreamID) error {
	conn, err := server.Dial(ctx, client.Options{})
	if err != nil {
		return err
	}
	defer conn.Close()
	sub, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(stream, hubbub.MessageChannel), History: 10})
	if err != nil {
		return err
	}
	got, err := sub.Next(ctx)
	if err == nil && (strings.Contains(string(got.Body), "secret") || strings.Contains(string(got.Body), "mina")) {
		err = fmt.Errorf("whoever joins is given %s", got.Body)
	}
	return err
}

// TestProvider: people sign in by a provider that was away when the server started.
func TestProvider(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	there := providertest.Start(t)
	there.Set(providertest.Settings{Silent: true})
	server := hub.New(t, "--oidc-issuer", there.URL, "--oidc-client-id", providertest.ClientID, "--oidc-name", "Elsewhere")
	server.Env = []string{"HUBBUB_OIDC_CLIENT_SECRET=" + providertest.ClientSecret}
	must(t, server.Run())
	there.Set(providertest.Settings{Claims: map[string]any{"sub": "42", "name": "미나"}})

	sum := sha256.Sum256([]byte("the page's secret"))
	login := "/api/v1/users/oidc/oidc/login?bind=" + base64.RawURLEncoding.EncodeToString(sum[:])
	where, err := led(ctx, server.URL()+login)
	must(t, err)
	back := there.Visit(t, where.String())
	page, err := led(ctx, server.URL()+"/api/v1/users/oidc/oidc/callback?"+back.Encode())
	must(t, err)
	fragment, err := url.ParseQuery(page.Fragment)
	must(t, err)
	var in member
	must(t, server.Call(ctx, http.MethodPost, "/api/v1/users/oidc/exchange", map[string]string{"code": fragment.Get("code"), "secret": "the page's secret"}, &in))
	in.server = server
	must(t, in.say(ctx, "1", "안녕"))
	history, err := server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	if len(history) != 1 || history[0].Sender.Name != "미나" || history[0].Sender.ID != in.User.ID {
		t.Errorf("history has %+v", history)
	}
}

// led returns where a GET is redirected to.
func led(ctx context.Context, where string) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return response.Location()
}
