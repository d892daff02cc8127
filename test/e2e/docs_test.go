package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/clients"
)

// TestDocs runs what the pages for streamers, moderators and authors of bots say,
// block by block as it stands, and looks at what comes of it.
func TestDocs(t *testing.T) {
	t.Parallel()
	pages := map[string]func(*guide){
		"streamers.md":  (*guide).streamers,
		"moderators.md": (*guide).moderators,
		"bots.md":       (*guide).bots,
	}
	for page, follow := range pages {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			g := open(t, page)
			follow(g)
			g.done()
		})
	}
}

// A show is what these tests want to know of a stream.
type show struct {
	ID                                       hubbub.StreamID
	Title, Status, PlaybackURL, ThumbnailURL string
	Settings                                 hubbub.Settings
	ViewerCount                              int
}

func (g *guide) account(name string) member {
	g.t.Helper()
	m, err := signUp(g.ctx, g.server, name)
	must(g.t, err)
	return m
}

func (g *guide) stream(id string) (s show) {
	g.t.Helper()
	must(g.t, g.server.Call(g.ctx, http.MethodGet, "/api/v1/streams/"+id, nil, &s))
	return s
}

func (g *guide) streamers() {
	t, jun := g.t, g.account("jun")
	var s show
	g.sh(&s)
	if s.ID != "friday" || s.Title != "Friday night" || s.Status != hubbub.StatusLive {
		t.Errorf("opened: %+v", s)
	}
	g.env["STREAM"] = string(s.ID)
	g.sh(&s)
	if !strings.HasSuffix(s.PlaybackURL, "/friday.mp4") || !strings.HasSuffix(s.ThumbnailURL, "/friday.jpg") {
		t.Errorf("with a video: %+v", s)
	}
	var named struct{ ID hubbub.UserID }
	g.sh(&named)
	if named.ID != jun.User.ID {
		t.Errorf("the moderator is %+v, not jun", named)
	}
	if got, want := g.stream("friday").Settings, (hubbub.Settings{Chat: hubbub.ChatAccounts, SlowSeconds: 10}); got != want {
		t.Errorf("the chat's rules are %+v, not %+v", got, want)
	}
	g.overlay()

	must(t, jun.say(g.ctx, "friday", "=1+1"))
	g.sh(nil)
	file, err := os.ReadFile(filepath.Join(g.folder, "chat.csv"))
	must(t, err)
	if !strings.Contains(string(file), ",'=1+1,") {
		t.Errorf("the export is %q", file)
	}
	g.sh(&s)
	if s.Status != hubbub.StatusEnded {
		t.Errorf("ended: %+v", s)
	}
	if err := jun.say(g.ctx, "friday", "more"); refusal(err) != hubbub.CodeStreamEnded {
		t.Errorf("said in an ended stream: %v", err)
	}
	g.sh(nil)
	if err := g.server.Call(g.ctx, http.MethodGet, "/api/v1/streams/friday", nil, nil); code(err) != hubbub.CodeStreamNotFound {
		t.Errorf("the deleted stream: %v", err)
	}
}

var (
	parameterSaid = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|")
	parameterRead = regexp.MustCompile(`number\('(\w+)', (\d+),|params\.get\('(\w+)'\)`)
)

// overlay compares what the page says of the overlay's address with what is read there.
func (g *guide) overlay() {
	g.t.Helper()
	source, err := os.ReadFile("../../web/src/room/overlay.ts")
	must(g.t, err)
	said, read := map[string]string{}, map[string]string{}
	for _, row := range parameterSaid.FindAllStringSubmatch(g.text, -1) {
		said[row[1]] = row[2]
	}
	for _, got := range parameterRead.FindAllStringSubmatch(string(source), -1) {
		read[got[1]+got[3]] = got[2]
	}
	read["mood"], read["theme"] = "0", "dark" // that they are there is read, what is usual is not
	if !maps.Equal(said, read) {
		g.t.Errorf("the page says %v of the overlay, which reads %v", said, read)
	}
}

func (g *guide) moderators() {
	t, troll, mina := g.t, g.account("troll"), g.account("mina")
	must(t, g.host.call(g.ctx, http.MethodPost, "/api/v1/streams", `{"id":"raided","title":"Raided"}`, nil))
	g.env["STREAM"] = "raided"
	must(t, troll.say(g.ctx, "raided", "FLOOD"))
	var done struct{ Action hubbub.Control }
	g.sh(&done)
	if done.Action.Action != hubbub.ActionClear {
		t.Errorf("the last thing done is %+v", done)
	}
	guest, err := g.server.Guest(g.ctx, "passer-by")
	must(t, err)
	refused := map[string]error{
		string(hubbub.CodeBanned):       troll.say(g.ctx, "raided", "FLOOD"),
		string(hubbub.CodeAccountsOnly): member{server: g.server, AccessToken: guest.Token}.say(g.ctx, "raided", "FLOOD"),
	}
	for want, err := range refused {
		if string(refusal(err)) != want {
			t.Errorf("in the raid: %v, want %s", err, want)
		}
	}

	must(t, mina.say(g.ctx, "raided", "the spoiler"))
	said, err := g.server.History(g.ctx, "raided", hubbub.Position{})
	must(t, err)
	g.env["MESSAGE_ID"] = string(said[len(said)-1].ID)
	g.sh(&done)
	must(t, troll.say(g.ctx, "raided", "sorry"))
	if err := mina.say(g.ctx, "raided", "what"); refusal(err) != hubbub.CodeTimedOut {
		t.Errorf("said in a timeout: %v", err)
	}
	said, err = g.server.History(g.ctx, "raided", hubbub.Position{})
	must(t, err)
	var left []string
	for _, m := range said {
		left = append(left, m.Content)
	}
	if want := []string{"", "", "sorry"}; !slices.Equal(left, want) {
		t.Errorf("what is left is %q, want %q", left, want)
	}
	var words struct{ Words []string }
	g.sh(&words)
	if !slices.Equal(words.Words, []string{"spoiler*"}) {
		t.Errorf("blocked are %q", words.Words)
	}
	if err := troll.say(g.ctx, "raided", "spoilers"); refusal(err) != hubbub.CodeWordBlocked {
		t.Errorf("said with a blocked word: %v", err)
	}
}

func (g *guide) bots() {
	t, installed := g.t, os.Getenv("HUBBUB_CLIENTS")
	must(t, os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(g.folder, "node_modules")))
	troll := g.account("troll")
	maps.Copy(g.env, map[string]string{
		"PYTHONPATH": filepath.Join(installed, "python"), "PYTHONDONTWRITEBYTECODE": "1", "USERNAME": "host", "PASSWORD": password,
	})
	var signedIn member
	g.sh(&signedIn)
	g.env["TOKEN"] = signedIn.AccessToken
	var made botToken
	g.sh(&made)
	g.env["BOT_TOKEN"], g.env["TOKEN_ID"] = made.Token, made.ID

	g.room("js")
	js := g.start("js", "node", "pingbot.mjs")
	g.answers(js)
	g.room("py")
	py := g.start("python", clients.Python(t), "pingbot.py")
	g.answers(py)

	var done struct{ Action hubbub.Control }
	g.sh(&done)
	if err := troll.say(g.ctx, "py", "spam"); done.Action.UserID != troll.User.ID || refusal(err) != hubbub.CodeTimedOut {
		t.Errorf("%+v, and then %v", done, err)
	}
	g.sh(nil)
	js.ends()
	py.ends()
	if _, err := g.server.Dial(g.ctx, client.Options{Token: made.Token}); refusal(err) != hubbub.CodeTokenInvalid {
		t.Errorf("the revoked token: %v", err)
	}
}

func (g *guide) room(id string) {
	g.t.Helper()
	must(g.t, g.host.call(g.ctx, http.MethodPost, "/api/v1/streams", fmt.Sprintf(`{"id":%q,"title":%q}`, id, id), nil))
	g.env["STREAM"] = id
}

// answers holds a bot to it that each ping gets one pong, also what is said while it
// is away, and that it is no viewer.
func (g *guide) answers(bot *running) {
	g.t.Helper()
	bot.says("listening after")
	bot.signal(syscall.SIGSTOP)
	must(g.t, g.server.Kill())
	must(g.t, g.server.Run())
	w := watch(g.t, g.ctx, g.server, hubbub.StreamID(g.env["STREAM"]))
	must(g.t, w.spoke(g.ctx, "!ping"))
	g.watching(1)
	bot.signal(syscall.SIGCONT)
	for range 2 {
		m, err := w.hears(g.ctx, "pong")
		must(g.t, err)
		if m.Sender.ID != g.host.User.ID || m.Nonce == "" {
			g.t.Errorf("answered: %+v", m)
		}
		must(g.t, w.spoke(g.ctx, "!ping"))
	}
	_, err := w.hears(g.ctx, "pong")
	must(g.t, err)
	must(g.t, w.still(g.ctx))
	must(g.t, w.conn.Close())
	g.watching(0)
}

func (g *guide) watching(want int) {
	g.t.Helper()
	must(g.t, api.Until(g.ctx, "count the viewers", func() error {
		if n := g.stream(g.env["STREAM"]).ViewerCount; n != want {
			return fmt.Errorf("%d are watching, not %d", n, want)
		}
		return nil
	}))
}
