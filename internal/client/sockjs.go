package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub/internal/chat/sockjs"
)

// endpoint gives the address to dial. For SockJS it asks info first, as its
// clients do, and makes up server and session.
func endpoint(ctx context.Context, o Options) (target string, wrapped bool, err error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return "", false, fmt.Errorf("read the URL: %w", err)
	}
	switch u.Scheme {
	case "ws", "wss":
		return o.URL, false, nil
	case "http", "https":
	default:
		return "", false, fmt.Errorf("want a ws, wss, http or https URL, not %q", o.URL)
	}
	if err := askInfo(ctx, o); err != nil {
		return "", false, err
	}
	u.Scheme = "ws" + strings.TrimPrefix(u.Scheme, "http")
	return u.JoinPath(fmt.Sprintf("%03d", rand.IntN(1000)), sessionName(), "websocket").String(), true, nil
}

func askInfo(ctx context.Context, o Options) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.URL, "/")+"/info", nil)
	if err != nil {
		return fmt.Errorf("ask SockJS info: %w", err)
	}
	maps.Copy(request.Header, o.Header)
	round := &http.Transport{TLSClientConfig: o.TLS, DialContext: o.NetDial, DisableKeepAlives: true}
	defer round.CloseIdleConnections()
	answer, err := round.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("ask SockJS info: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask SockJS info: %s", answer.Status)
	}
	var info struct {
		WebSocket bool `json:"websocket"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&info); err != nil {
		return fmt.Errorf("read SockJS info: %w", err)
	}
	if !info.WebSocket {
		return errors.New("SockJS info: the server offers no websocket transport")
	}
	return nil
}

func sessionName() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	name := make([]byte, 8)
	for i := range name {
		name[i] = letters[rand.IntN(len(letters))]
	}
	return string(name)
}

// unwrapSockJS appends the STOMP text of one SockJS frame: nothing for o and h.
func unwrapSockJS(dst, frame []byte) ([]byte, error) {
	switch {
	case len(frame) == 0:
		return nil, errors.New("an empty SockJS frame")
	case bytes.Equal(frame, []byte("o")), bytes.Equal(frame, []byte("h")):
		return dst, nil
	case bytes.HasPrefix(frame, []byte("a[")):
		if text, ok := unquotePlain(dst, frame); ok {
			return text, nil
		}
		text, err := sockjs.AppendMessages(dst, frame[1:])
		if err != nil {
			return nil, fmt.Errorf("read a SockJS array: %w", err)
		}
		return text, nil
	case frame[0] == 'c':
		gone := &CloseError{}
		if err := json.Unmarshal(frame[1:], &[]any{&gone.Code, &gone.Reason}); err != nil {
			return nil, fmt.Errorf("read a SockJS close: %w", err)
		}
		return nil, gone
	}
	return nil, fmt.Errorf("an unknown SockJS frame %.20q", frame)
}

// unquotePlain is the short way for an array of strings without spaces and with
// the escapes that servers use; ok is false for everything else. A room's batch has an escape every
// ten octets, so it is read in one simple loop.
func unquotePlain(dst, frame []byte) (text []byte, ok bool) {
	quoted, okFront := bytes.CutPrefix(frame, []byte(`a["`))
	quoted, okBack := bytes.CutSuffix(quoted, []byte(`"]`))
	if !okFront || !okBack {
		return nil, false
	}
	dst = slices.Grow(dst, len(quoted))
	n := len(dst)
	out := dst[:n+len(quoted)] // what is unquoted is never longer
	for i := 0; i < len(quoted); i++ {
		c := quoted[i]
		if c == '"' { // the string ended: another must follow
			if !bytes.HasPrefix(quoted[i:], []byte(`","`)) {
				return nil, false
			}
			i += 2
			continue
		}
		if c == '\\' {
			if i++; i == len(quoted) {
				return nil, false
			}
			switch c = quoted[i]; {
			case c == 'n':
				c = '\n'
			case c == '"' || c == '\\':
			case bytes.HasPrefix(quoted[i:], []byte("u0000")):
				c, i = 0, i+4
			default:
				return nil, false
			}
		}
		out[n] = c
		n++
	}
	return out[:n], true
}
