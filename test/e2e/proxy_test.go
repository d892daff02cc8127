package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A proxySample is a configuration that operators are given, and how to run it.
type proxySample struct {
	file    string
	address string // as the sample has it, to be replaced
	wrap    string // what the sample is put into, for %
	command func(folder string) *exec.Cmd
}

var proxySamples = map[string]proxySample{
	"Nginx": {
		file: "nginx.conf", address: "listen 80;",
		wrap: "daemon off;\nuser root;\npid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n%\n}\n",
		command: func(folder string) *exec.Cmd {
			return exec.Command("nginx", "-p", folder, "-e", "stderr", "-c", filepath.Join(folder, "conf"))
		},
	},
	"Caddy": {
		file: "Caddyfile", address: "chat.example.com {",
		wrap: "{\nadmin off\n}\n%\n",
		command: func(folder string) *exec.Cmd {
			c := exec.Command("caddy", "run", "--adapter", "caddyfile", "--config", filepath.Join(folder, "conf"))
			c.Env = append(os.Environ(), "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
			return c
		},
	},
}

// TestProxy runs the samples of deploy/proxies as they are, but for addresses,
// with the proxies that they are for.
func TestProxy(t *testing.T) {
	for name, sample := range proxySamples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t)
			port, err := loopback.FreePort()
			must(t, err)
			front := loopback.Address(port)
			server := hub.Start(t, "--public-url", "http://"+front, "--trusted-proxies", "127.0.0.1", "--guest-rate", "1")
			sample.run(t, ctx, front, server.Address())
			t.Run("Page", func(t *testing.T) { pageThrough(t, ctx, front) })
			t.Run("Chat", func(t *testing.T) { chatThrough(t, ctx, front, server) })
			t.Run("EventStream", func(t *testing.T) { eventsThrough(t, ctx, front) })
			t.Run("ClientsAreToldApart", func(t *testing.T) { clientsThrough(t, ctx, front) })
			t.Run("MetricsStayInside", func(t *testing.T) { metricsThrough(t, ctx, front) })
		})
	}
}

// run starts the proxy on front before back, and waits until it answers.
func (p proxySample) run(t *testing.T, ctx context.Context, front, back string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "proxies", p.file))
	must(t, err)
	_, port, err := net.SplitHostPort(front)
	must(t, err)
	own := map[string]string{"listen 80;": "listen " + front + ";", "chat.example.com {": "http://127.0.0.1:" + port + " {"}[p.address]
	conf := string(text)
	for from, to := range map[string]string{p.address: own, "127.0.0.1:8080": back} {
		if strings.Count(conf, from) != 1 {
			t.Fatalf("%s does not have %q once", p.file, from)
		}
		conf = strings.Replace(conf, from, to, 1)
	}
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "conf"), []byte(strings.Replace(p.wrap, "%", conf, 1)), 0o600))
	var said bytes.Buffer
	proxy := p.command(folder)
	proxy.Stdout, proxy.Stderr = &said, &said
	proxy.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, proxy.Start())
	ctx, ended := context.WithCancelCause(ctx)
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		ended(fmt.Errorf("the proxy ended: %v", proxy.Wait()))
	}()
	t.Cleanup(func() {
		_ = proxy.Process.Signal(syscall.SIGTERM) // it may have ended
		<-exited
		if t.Failed() {
			t.Logf("the proxy said:\n%s", said.String())
		}
	})
	must(t, api.Until(ctx, "the proxy answers", func() error {
		conn, err := net.Dial("tcp", front)
		if err == nil {
			err = conn.Close()
		}
		return err
	}))
}

func get(t *testing.T, ctx context.Context, url string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func pageThrough(t *testing.T, ctx context.Context, front string) {
	response := get(t, ctx, "http://"+front+"/")
	page, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("<script")) ||
		!strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src") {
		t.Errorf("%s, %v:\n%s", response.Status, response.Header, page)
	}
}

// chatThrough has somebody behind the proxy and somebody beside it talk.
func chatThrough(t *testing.T, ctx context.Context, front string, server *hub.Server) {
	beside := watch(t, ctx, server, "1")
	page := http.Header{"Origin": {"http://" + front}}
	guest, err := api.At("http://"+front).Guest(ctx, "Mina")
	must(t, err)
	for what, url := range map[string]string{"WebSocket": "ws://" + front + "/chat/ws", "SockJS": "http://" + front + "/chat/ws"} {
		conn, err := client.Dial(ctx, client.Options{URL: url, Token: guest.Token, Header: page})
		must(t, err)
		content := "by " + what
		_, err = conn.Send(ctx, client.Post{Stream: "1", Content: content})
		must(t, err)
		_, err = beside.hears(ctx, content)
		must(t, err)
		must(t, conn.Disconnect(ctx))
	}
	stranger := http.Header{"Origin": {"https://elsewhere.example"}}
	if conn, err := client.Dial(ctx, client.Options{URL: "ws://" + front + "/chat/ws", Header: stranger}); err == nil {
		_ = conn.Close()
		t.Error("a page of another origin was let in")
	}
}

// eventsThrough reads the first event, which a proxy that buffers would keep.
func eventsThrough(t *testing.T, ctx context.Context, front string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	response := get(t, ctx, "http://"+front+"/api/v1/streams/subscribe?ids=1")
	for lines := bufio.NewScanner(response.Body); ; {
		if !lines.Scan() {
			t.Fatalf("no event: %v", lines.Err())
		}
		if strings.HasPrefix(lines.Text(), "event: connect") {
			return
		}
	}
}

// clientsThrough signs in two guests from one address and one from another, when
// each address may have one: what a client claims about itself does not help it.
func clientsThrough(t *testing.T, ctx context.Context, front string) {
	signIn := func(from, claimed string) int {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		browser := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+front+"/api/v1/users/guest", strings.NewReader(`{"name":"Jun"}`))
		must(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Forwarded-For", claimed)
		response, err := browser.Do(request)
		must(t, err)
		defer response.Body.Close()
		var problem struct{ Code hubbub.Code }
		if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || (response.StatusCode != http.StatusOK && problem.Code != hubbub.CodeRateLimited) {
			t.Errorf("from %s: %s %+v %v", from, response.Status, problem, err)
		}
		return response.StatusCode
	}
	for _, step := range []struct {
		from, claimed string
		want          int
	}{
		{"127.0.0.2", "203.0.113.1", http.StatusOK},
		{"127.0.0.2", "203.0.113.2", http.StatusTooManyRequests},
		{"127.0.0.3", "203.0.113.1", http.StatusOK},
	} {
		if got := signIn(step.from, step.claimed); got != step.want {
			t.Errorf("from %s, claiming to be %s: status %d, want %d", step.from, step.claimed, got, step.want)
		}
	}
}

func metricsThrough(t *testing.T, ctx context.Context, front string) {
	if got := get(t, ctx, "http://"+front+"/metrics").StatusCode; got != http.StatusForbidden {
		t.Errorf("status %d", got)
	}
}
