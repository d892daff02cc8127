// Package clients drives clients that other people wrote, in the versions that
// are pinned beside it, so that tests can hold the server to what real ones do.
// scripts/prerequisites.sh installs them.
//
//	c := clients.Start(t, clients.StompJS7)
//	c.Connect("ws://127.0.0.1:8080/chat/ws", token)
//	c.Subscribe("sub-0", "/topic/stream/1/message")
//	c.Send("/publish/1", `{"content":"hello"}`, "r-1")
//	c.Await("receipt")
//	body := c.Await("message").Body
//	if c.Disconnect() != 0 { … }
package clients

import (
	"bufio"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

//go:embed *.cjs *.py
var scripts embed.FS

// A Kind is a client library.
type Kind string

// The kinds.
const (
	StompJS7 Kind = "stompjs7.cjs" // @stomp/stompjs over ws; ws: URLs
	StompJS2 Kind = "stompjs2.cjs" // stompjs over sockjs-client for http: URLs, over ws for ws: URLs
	StompPy  Kind = "stomppy.py"   // stomp.py; ws: URLs
)

// patience is how long Await and Exit wait: far longer than anything takes.
const patience = 30 * time.Second

// A Command is something for the client to do.
type Command struct {
	// Do is connect (URL, Headers, and Options for the library's own object),
	// subscribe (Destination, Headers with an id), unsubscribe (Headers with an
	// id), send (Destination, Headers, Body) or disconnect.
	Do          string            `json:"do"`
	URL         string            `json:"url,omitempty"`
	Destination string            `json:"destination,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Body        string            `json:"body,omitempty"`
	Options     map[string]any    `json:"options,omitempty"`
}

// An Event is something that the client reported.
type Event struct {
	// Event is connected, message, receipt, error (each with Headers and Body of
	// its frame), stray (a frame that it had no use for), failure (of its
	// socket) or closed (with Code and the reason in Body, where it tells).
	Event   string            `json:"event"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Code    int               `json:"code"`
}

// A Client is a running client. It is for the goroutine of its test.
type Client struct {
	t      testing.TB
	kind   Kind
	input  io.WriteCloser
	events chan Event    // closed when the process has said everything
	early  []Event       // came before the one that was awaited
	said   chan struct{} // closed with events, which may still hold some
	exit   func() error
}

// Start starts a client, which is killed at the end of the test.
func Start(t testing.TB, kind Kind) *Client {
	t.Helper()
	installed := os.Getenv("HUBBUB_CLIENTS")
	if installed == "" {
		t.Fatal("HUBBUB_CLIENTS is not set: run make test, or scripts/prerequisites.sh and set it to what --where prints")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, scripts); err != nil {
		t.Fatal(err)
	}
	interpreter := "node"
	if kind == StompPy {
		interpreter = Python(t)
	}
	cmd := exec.Command(interpreter, filepath.Join(folder, string(kind)))
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(installed, "node_modules"),
		"PYTHONPATH="+filepath.Join(installed, "python"), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, kind: kind, input: input, events: make(chan Event, 1<<16), said: make(chan struct{})}
	go c.read(output)
	c.exit = sync.OnceValue(func() error {
		<-c.said // Wait closes the pipe
		return cmd.Wait()
	})
	t.Cleanup(func() {
		cmd.Process.Kill() // after Exit an error, and no harm
		for range c.events {
		}
		c.exit()
	})
	return c
}

// Python returns a Python 3 that runs; a version manager's shim may not.
func Python(t testing.TB) string {
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		candidate := filepath.Join(folder, "python3")
		if exec.Command(candidate, "-c", "").Run() == nil {
			return candidate
		}
	}
	t.Fatal("no python3 runs here")
	return ""
}

func (c *Client) read(output io.Reader) {
	defer close(c.said)
	defer close(c.events)
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			e = Event{Event: "failure", Body: fmt.Sprintf("printed %q", lines.Bytes())}
		}
		c.events <- e
	}
}

// Do has the client do something; what comes of it are events.
func (c *Client) Do(command Command) {
	c.t.Helper()
	line, err := json.Marshal(command)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.input.Write(append(line, '\n')); err != nil {
		c.t.Fatalf("%s: %s: %v", c.kind, command.Do, err)
	}
}

// Await returns the next event of a kind, in the order in which those of that
// kind came. It fails the test when the client ends without one.
func (c *Client) Await(event string) Event {
	c.t.Helper()
	for i, e := range c.early {
		if e.Event == event {
			c.early = append(c.early[:i], c.early[i+1:]...)
			return e
		}
	}
	timeout := time.After(patience)
	for {
		select {
		case e, ok := <-c.events:
			if !ok {
				c.t.Fatalf("%s ended without %q, after %+v", c.kind, event, c.early)
			}
			if e.Event == event {
				return e
			}
			c.early = append(c.early, e)
		case <-timeout:
			c.t.Fatalf("%s: no %q within %v, but %+v", c.kind, event, patience, c.early)
		}
	}
}

// Connect connects with a token ("": none) and returns the CONNECTED frame.
func (c *Client) Connect(url, token string) Event {
	c.t.Helper()
	command := Command{Do: "connect", URL: url, Headers: map[string]string{}}
	if token != "" {
		command.Headers["Authorization"] = "Bearer " + token
	}
	c.Do(command)
	return c.Await("connected")
}

// Subscribe subscribes and returns the RECEIPT.
func (c *Client) Subscribe(id, destination string) Event {
	c.t.Helper()
	c.Do(Command{Do: "subscribe", Destination: destination, Headers: map[string]string{"id": id, "receipt": "subscribed " + id}})
	return c.Await("receipt")
}

// Send sends with a receipt, and does not wait for it.
func (c *Client) Send(destination, body, receipt string) {
	c.t.Helper()
	c.Do(Command{Do: "send", Destination: destination, Body: body, Headers: map[string]string{"receipt": receipt}})
}

// Disconnect has the client leave as its library does it, and returns its exit
// status: 0 if that went well, 1 if the connection had ended otherwise.
func (c *Client) Disconnect() int {
	c.t.Helper()
	c.input.Close()
	return c.Exit()
}

// Exit waits for the client to end by itself and returns its exit status.
func (c *Client) Exit() int {
	c.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.exit() }()
	select {
	case err := <-ended:
		var status *exec.ExitError
		if err != nil && !errors.As(err, &status) {
			c.t.Fatal(err)
		}
		if status != nil {
			return status.ExitCode()
		}
		return 0
	case <-time.After(patience):
		c.t.Fatalf("%s did not end within %v", c.kind, patience)
		return -1
	}
}
