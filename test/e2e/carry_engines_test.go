//go:build cluster

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A carrier carries sites from place to place by the command line.
type carrier struct {
	t   *testing.T
	ctx context.Context
	dir string
	n   int // files
}

// export returns the file, and what was printed.
func (c *carrier) export(place []string) (file, said string) {
	c.t.Helper()
	c.n++
	file = filepath.Join(c.dir, fmt.Sprint("site-", c.n))
	return file, mustRun(c.t, c.ctx, append([]string{"export", "--out", file}, place...)...)
}

func (c *carrier) importTo(place []string, file string) (said string) {
	c.t.Helper()
	return mustRun(c.t, c.ctx, append([]string{"import", file}, place...)...)
}

// refused runs a command that has to fail, and say why.
func (c *carrier) refused(why, want string, args ...string) {
	c.t.Helper()
	p := program{args: args}
	began := time.Now()
	p.run(c.t, c.ctx)
	c.t.Logf("%s: %v: %s", why, time.Since(began).Round(time.Millisecond), p.stderr)
	if p.status != 1 || !strings.Contains(p.stderr, want) {
		c.t.Errorf("%s: exit %d: %s, want %q", why, p.status, p.stderr, want)
	}
}

// carries carries a file to a place and from it again.
func (c *carrier) carries(place []string, file, said string) {
	c.t.Helper()
	if got := c.importTo(place, file); got != said {
		c.t.Errorf("exported\n%simported\n%s", said, got)
	}
	again, _ := c.export(place)
	c.same(again, file)
}

func (c *carrier) same(a, b string) {
	c.t.Helper()
	is, err := os.ReadFile(a)
	must(c.t, err)
	was, err := os.ReadFile(b)
	must(c.t, err)
	if string(is) != string(was) {
		c.t.Errorf("what was exported of what was imported is another file: %d bytes instead of %d", len(is), len(was))
	}
}

// onEngines skips a test that needs them.
func onEngines(t *testing.T) {
	t.Helper()
	if len(hub.Engines) == 0 {
		t.Skip("there are no engines; HUBBUB_E2E_ENGINES=1 starts some")
	}
}

// TestCarriedToAndFromEngines: a site goes from a folder to engines, from those to others
// and to a folder again, and is the same everywhere; where it comes to, people sign in,
// read what was said, and totals go on.
func TestCarriedToAndFromEngines(t *testing.T) {
	onEngines(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	c := &carrier{t: t, ctx: ctx, dir: t.TempDir()}
	folder := hub.OnFolder(t, unlimited()...)
	folder.Env = []string{"HUBBUB_JWT_SECRET=" + secret}
	must(t, folder.Run())
	people := lived(t, ctx, folder)
	must(t, folder.Kill()) // some of it is in the log alone
	people.wait()
	file, said := c.export(folder.Place())

	first := hub.New(t, unlimited()...) // everything is made there already
	first.Env = folder.Env
	c.carries(first.Place(), file, said)
	c.refused("into what is not empty", "not empty", append([]string{"import", file}, first.Place()...)...)
	must(t, first.Run())
	people.server = first
	wantCarried(t, ctx, people)
	c.refused("into what is served", "not empty", append([]string{"import", file}, first.Place()...)...)

	crowd, err := newCrowd(ctx, first, 5, "1", "2") // they go on with what was counted
	must(t, err)
	crowd.books = people.books
	for _, chatter := range crowd.chatters {
		chatter.name, chatter.book = "later "+chatter.name, people.books[chatter.stream]
	}
	crowd.begin(ctx)
	crowd.talk(ctx)
	must(t, crowd.heard(ctx, 100))
	c.refused("an export of what is written to", "changed while it was read",
		append([]string{"export", "--out", filepath.Join(c.dir, "torn")}, first.Place()...)...)
	crowd.stop()
	must(t, crowd.settled())
	wantCarried(t, ctx, people)
	must(t, first.Terminate())

	file, said = c.export(first.Place())
	c.carries(hub.Unused(), file, said) // nothing is made there yet
	back := hub.OnFolder(t, unlimited()...)
	back.Env = folder.Env
	c.carries(back.Place(), file, said)
	must(t, back.Run())
	people.server = back
	wantCarried(t, ctx, people)
}

// lived fills a site with something of everything, and leaves a crowd that talks.
func lived(t *testing.T, ctx context.Context, server *hub.Server) *crowd {
	t.Helper()
	mina, err := signUp(ctx, server, "mina")
	must(t, err)
	must(t, mina.call(ctx, http.MethodPost, "/api/v1/streams", `{"id":"show","title":"미나의 쇼 <&>"}`, nil))
	must(t, mina.call(ctx, http.MethodPut, "/api/v1/streams/show/words", `{"words":["나쁜","bad*"]}`, nil))
	_, err = mina.bot(ctx, "read", "send")
	must(t, err)
	gone, err := signUp(ctx, server, "gone")
	must(t, err)
	must(t, gone.say(ctx, "show", "my secret"))
	must(t, mina.say(ctx, "show", "안녕 \u2028 <b>"))
	removed, err := server.History(ctx, "show", hubbub.Position{})
	must(t, err)
	order := fmt.Sprintf(`{"action":"delete","messageId":%q}`, removed[len(removed)-1].ID)
	must(t, mina.call(ctx, http.MethodPost, "/api/v1/streams/show/moderation", order, nil))
	must(t, mina.call(ctx, http.MethodPost, "/api/v1/streams/show/moderation", `{"action":"settings","settings":{"slowSeconds":7}}`, nil))
	must(t, gone.call(ctx, http.MethodDelete, "/api/v1/users/me", `{"password":"`+password+`"}`, nil))

	people, err := newCrowd(ctx, server, 8, "1", "2")
	must(t, err)
	people.begin(ctx)
	people.talk(ctx)
	must(t, people.heard(ctx, 400))
	return people
}

// wantCarried wants a server to have what people said, and them to come back.
func wantCarried(t *testing.T, ctx context.Context, people *crowd) {
	t.Helper()
	server := people.server
	must(t, server.AwaitSettled(ctx))
	for stream, book := range people.books {
		history, err := server.History(ctx, stream, hubbub.Position{})
		must(t, err)
		if err := book.check(history); err != nil {
			t.Errorf("stream %s: %v", stream, err)
		}
		must(t, expectTotal(ctx, server, stream, len(history)))
		reading, err := server.Reading(ctx, stream)
		must(t, err)
		if reading.Age > 1000 {
			t.Errorf("stream %s is quiet, and its reading is %d ms old", stream, reading.Age)
		}
	}
	mina, err := logIn(ctx, server, "mina")
	must(t, err)
	if _, err := logIn(ctx, server, "gone"); err == nil {
		t.Error("who was erased signs in")
	}
	var show struct {
		Title    string
		Settings struct{ SlowSeconds int }
	}
	must(t, server.Call(ctx, http.MethodGet, "/api/v1/streams/show", nil, &show))
	if show.Title != "미나의 쇼 <&>" || show.Settings.SlowSeconds != 7 {
		t.Errorf("the show is %+v", show)
	}
	history, err := server.History(ctx, "show", hubbub.Position{})
	must(t, err)
	for _, e := range history {
		if e.Content == "my secret" || e.Sender.Name == "gone" {
			t.Errorf("what was erased is there: %+v", e)
		}
	}
	conn, err := server.Dial(ctx, client.Options{Token: mina.AccessToken})
	must(t, err)
	defer conn.Close()
	newest := history[len(history)-1].Position
	_, err = conn.Send(ctx, client.Post{Stream: "show", Content: "here again"})
	must(t, err)
	must(t, server.AwaitSettled(ctx))
	news, err := server.History(ctx, "show", newest)
	must(t, err)
	if len(news) != 1 || news[0].Position.Epoch < newest.Epoch {
		t.Errorf("after %v comes %+v", newest, news)
	}
	must(t, expectTotal(ctx, server, "show", len(history)+1))
}

// TestImportIntoEnginesIsKilled: a cluster that has half of a site is not served, takes no
// other, and has all of it once the import was run to its end.
func TestImportIntoEnginesIsKilled(t *testing.T) {
	onEngines(t)
	ctx := within(t)
	c := &carrier{t: t, ctx: ctx, dir: t.TempDir()}
	folder := hub.OnFolder(t, unlimited()...)
	must(t, folder.Run())
	people := lived(t, ctx, folder)
	must(t, people.heard(ctx, 3000))
	people.stop()
	must(t, folder.Terminate())
	file, said := c.export(folder.Place())
	other := hub.OnFolder(t)
	must(t, other.Run())
	must(t, other.Terminate())
	another, _ := c.export(other.Place())

	to, half := hub.New(t, unlimited()...), 0
	for tries := 0; half < 4 && tries < 30; tries++ {
		command := exec.CommandContext(ctx, os.Getenv("HUBBUB_BIN"), append([]string{"import", file}, to.Place()...)...)
		must(t, command.Start())
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case <-ended: // too late: it is all there
			to, half = hub.New(t, unlimited()...), 0
			continue
		case <-time.After(time.Duration(100+rand.IntN(900)) * time.Millisecond):
		}
		must(t, command.Process.Kill())
		<-ended
		p := program{args: append([]string{"migrate"}, to.Place()...)} // which opens the log as serve does
		p.run(t, ctx)
		if p.status == 0 {
			continue // nothing was begun, or all was done
		}
		half++
		if !strings.Contains(p.stderr, "import was begun") {
			t.Fatalf("exit %d: %s", p.status, p.stderr)
		}
		c.refused("another file", "another file", append([]string{"import", another}, to.Place()...)...)
	}
	if half == 0 {
		t.Fatal("it was never killed in the middle")
	}
	t.Logf("killed in the middle %d times", half)
	if err := to.Run(); err == nil || !strings.Contains(err.Error(), "import was begun") {
		t.Errorf("half a site is served: %v", err)
	}
	c.carries(to.Place(), file, said)
	must(t, to.Run())
	people.server = to
	wantCarried(t, ctx, people)
}
