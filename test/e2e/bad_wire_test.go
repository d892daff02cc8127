package e2e

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A wire is a chat connection of which a test chooses every octet, for what no
// client sends. It reads what comes by itself, and only as much as it is asked to.
type wire struct {
	conn    net.Conn
	in      *bufio.Reader
	sockjs  bool
	pending string // STOMP text that is not taken yet
}

// A frame is a STOMP frame from the server.
type frame struct {
	command string
	headers map[string]string // as written, escapes and all
	body    string
}

// An ending is how the server ended a connection.
type ending struct {
	refusal frame // the ERROR; no command: none came
	number  int   // of the close frame
	reason  string
}

func (e *ending) Error() string {
	return fmt.Sprintf("closed with %d %s after %q", e.number, e.reason, e.refusal.headers)
}

func (e *ending) code() hubbub.Code { return hubbub.Code(e.refusal.headers["code"]) }

// Where a wire can be opened.
const (
	plainPath  = "/chat/ws"
	sockjsPath = "/chat/ws/000/abcdefgh/websocket"
)

// openWire opens a WebSocket, which lasts as long as the test at most.
func openWire(t testing.TB, server *hub.Server, path string) *wire {
	t.Helper()
	conn, err := net.DialTimeout("tcp", server.Address(), patience)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	w := &wire{conn: conn, in: bufio.NewReader(conn), sockjs: path == sockjsPath}
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+server.Address()+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	must(t, err)
	answer, err := http.ReadResponse(w.in, nil)
	must(t, err)
	if answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the handshake was answered with %s", answer.Status)
	}
	return w
}

// connectWire opens a wire and a session on it; a token of "" makes it a viewer's.
func connectWire(t testing.TB, server *hub.Server, path, token string) *wire {
	t.Helper()
	w := openWire(t, server, path)
	must(t, w.connect("CONNECT", token))
	return w
}

// connect opens the session with CONNECT or STOMP.
func (w *wire) connect(command, token string) error {
	headers := "accept-version:1.2\nheart-beat:0,0\n"
	if token != "" {
		headers += "Authorization:Bearer " + token + "\n"
	}
	if err := w.say(command + "\n" + headers + "\n\x00"); err != nil {
		return err
	}
	return w.expect("CONNECTED", nil)
}

// expect takes the next frame, which has to be of this command and have headers.
func (w *wire) expect(command string, headers map[string]string) error {
	f, err := w.next()
	if err != nil {
		return fmt.Errorf("await %s: %w", command, err)
	}
	if f.command != command {
		return fmt.Errorf("await %s: %q came", command, f)
	}
	for name, want := range headers {
		if f.headers[name] != want {
			return fmt.Errorf("%s has the header %s:%s, want %q", command, name, f.headers[name], want)
		}
	}
	return nil
}

// say sends STOMP text as one WebSocket message.
func (w *wire) say(text string) error {
	if w.sockjs {
		quoted, err := json.Marshal([]string{text})
		if err != nil {
			return err
		}
		text = string(quoted)
	}
	return w.write(opText, text)
}

// The first octets of WebSocket frames, RFC 6455, 5.2.
const (
	opText   = 0x81
	opBinary = 0x82
	opClose  = 0x88
	opPing   = 0x89
)

// write sends one masked WebSocket frame. The mask is 0: the payload as it is.
func (w *wire) write(first byte, payload string) error {
	header := []byte{first, 0x80}
	switch n := len(payload); {
	case n < 126:
		header[1] |= byte(n)
	case n < 1<<16:
		header[1] |= 126
		header = binary.BigEndian.AppendUint16(header, uint16(n))
	default:
		header[1] |= 127
		header = binary.BigEndian.AppendUint64(header, uint64(n))
	}
	return w.raw(string(append(header, 0, 0, 0, 0)) + payload)
}

// raw sends octets.
func (w *wire) raw(octets string) error {
	_, err := io.WriteString(w.conn, octets)
	return err
}

// next returns the next STOMP frame; heart-beats are none. Once the server has
// closed, the error is an *ending.
func (w *wire) next() (frame, error) {
	for {
		w.pending = strings.TrimLeft(w.pending, "\n")
		if text, rest, whole := strings.Cut(w.pending, "\x00"); whole {
			w.pending = rest
			return parseFrame(text)
		}
		text, err := w.message()
		if err != nil {
			return frame{}, err
		}
		w.pending += text
	}
}

func parseFrame(text string) (frame, error) {
	head, body, ok := strings.Cut(text, "\n\n")
	if !ok {
		return frame{}, fmt.Errorf("no STOMP frame: %q", text)
	}
	lines := strings.Split(head, "\n")
	f := frame{command: lines[0], headers: map[string]string{}, body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		f.headers[name] = value
	}
	return f, nil
}

// message reads a data message and takes it out of SockJS's array.
func (w *wire) message() (string, error) {
	for {
		first, payload, err := w.read()
		switch {
		case err != nil:
			return "", err
		case first == opClose:
			e := &ending{}
			if len(payload) >= 2 {
				e.number, e.reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
			}
			return "", e
		case first == opText && !w.sockjs:
			return string(payload), nil
		case first == opText && payload[0] == 'a':
			var parts []string
			err := json.Unmarshal(payload[1:], &parts)
			return strings.Join(parts, ""), err
		case first == opText && payload[0] == 'c':
			e := &ending{}
			if err := json.Unmarshal(payload[1:], &[]any{&e.number, &e.reason}); err != nil {
				return "", err
			}
			return "", e
		}
	}
}

// read reads one WebSocket frame; the server does not cut messages up.
func (w *wire) read() (first byte, payload []byte, err error) {
	var header [2]byte
	if _, err := io.ReadFull(w.in, header[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(header[1])
	switch n {
	case 126:
		var long [2]byte
		_, err = io.ReadFull(w.in, long[:])
		n = uint64(binary.BigEndian.Uint16(long[:]))
	case 127:
		var long [8]byte
		_, err = io.ReadFull(w.in, long[:])
		n = binary.BigEndian.Uint64(long[:])
	}
	if err == nil && n > 1<<24 {
		err = errors.New("the server sent more than 16 MiB at once")
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(w.in, payload)
	return header[0], payload, err
}

// end reads to the end, past everything else, and returns it.
func (w *wire) end() (*ending, error) {
	var refusal frame
	for {
		f, err := w.next()
		var gone *ending
		switch {
		case errors.As(err, &gone):
			gone.refusal = refusal
			return gone, nil
		case err != nil:
			return nil, fmt.Errorf("await the close frame: %w", err)
		case f.command == "ERROR":
			refusal = f
		}
	}
}

// comeBack are the codes of closes after which a client is to connect again, as
// docs/protocol.md says: 4000 to 4499. All others are final: 4500 to 4999.
var comeBack = map[hubbub.Code]bool{
	hubbub.CodeShutdown: true, hubbub.CodeUnavailable: true, hubbub.CodeOverloaded: true, hubbub.CodeStorageFull: true,
	hubbub.CodeOutcomeUnknown: true, hubbub.CodeInternal: true, hubbub.CodeHeartBeatMissed: true, hubbub.CodeConnectTimeout: true,
	hubbub.CodeSlowConsumer: true, hubbub.CodeSessionExpired: true, hubbub.CodeTokenExpired: true, hubbub.CodeRateLimited: true,
	hubbub.CodeSlowMode: true, hubbub.CodeTimedOut: true, hubbub.CodeTooManyConnections: true,
}

// expectEnd reads to the end, which has to be an ERROR with code, a message in
// words and receipt, and a close with a number of the code's range.
func (w *wire) expectEnd(code hubbub.Code, receipt string) error {
	e, err := w.end()
	if err != nil {
		return err
	}
	least := 4500
	if comeBack[code] {
		least = 4000
	}
	headers := e.refusal.headers
	switch {
	case e.code() != code:
		return fmt.Errorf("it was %w, not with the code %s", e, code)
	case headers["message"] == "" || e.refusal.body == "":
		return fmt.Errorf("it was %w, without a message", e)
	case headers["receipt-id"] != receipt:
		return fmt.Errorf("it was %w, not for receipt %q", e, receipt)
	case e.number < least || e.number > least+499 || e.reason != string(code):
		return fmt.Errorf("it was %w, not with %d to %d and %s", e, least, least+499, code)
	}
	if after, has := headers["retry-after-ms"]; has {
		if ms, err := strconv.Atoi(after); err != nil || ms <= 0 {
			return fmt.Errorf("it was %w, whose retry-after-ms says nothing", e)
		}
	}
	return nil
}
