package e2e

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A meddler stands between viewers and a server, passes everything on, and does
// to the server's STOMP frames what it is told to.
type meddler struct {
	url string // ws://…/chat/ws
	// meddle returns what the nth viewer gets in the place of a MESSAGE frame, the
	// kth of that viewer, both from 0.
	meddle  func(viewer, k int, frame []byte) [][]byte
	viewers atomic.Int64
	server  *hub.Server
	work    sync.WaitGroup
}

// meddling starts a meddler before a server; it ends with the test.
func meddling(t *testing.T, server *hub.Server, meddle func(viewer, k int, frame []byte) [][]byte) *meddler {
	t.Helper()
	target, err := url.Parse(server.URL())
	must(t, err)
	m := &meddler{meddle: meddle, server: server}
	// Rewrite, other than Director, adds no forwarding headers.
	api := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /chat/ws", m.serve)
	mux.Handle("/", api)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	front := &http.Server{Handler: mux}
	go func() { _ = front.Serve(listener) }() // ends with Close
	t.Cleanup(func() {
		_ = front.Close()
		m.work.Wait()
	})
	m.url = "ws://" + listener.Addr().String() + "/chat/ws"
	return m
}

// serve carries one viewer's connection.
func (m *meddler) serve(w http.ResponseWriter, r *http.Request) {
	dialer := ws.Dialer{Protocols: []string{"v12.stomp"}}
	back, early, _, err := dialer.Dial(r.Context(), m.server.WS())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "v12.stomp" }}
	front, buffered, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		_ = back.Close()
		return
	}
	m.work.Go(func() {
		_, _ = io.Copy(back, buffered) // ends with either connection
		_ = back.Close()
	})
	var fromServer io.Reader = back
	if early != nil {
		fromServer = early
	}
	viewer := int(m.viewers.Add(1)) - 1
	m.work.Go(func() {
		_ = m.carry(front, fromServer, viewer) // likewise
		_ = front.Close()
	})
}

// carry passes the server's messages on until one side is gone.
func (m *meddler) carry(to io.Writer, from io.Reader, viewer int) error {
	for k := 0; ; {
		text, op, err := wsutil.ReadServerData(struct {
			io.Reader
			io.Writer
		}{from, io.Discard})
		if err != nil {
			return err
		}
		var out []byte
		for _, frame := range bytes.SplitAfter(text, []byte{0}) {
			if !bytes.HasPrefix(frame, []byte("MESSAGE\n")) || !bytes.Contains(frame, []byte("/message\n")) {
				out = append(out, frame...)
				continue
			}
			for _, f := range m.meddle(viewer, k, frame) {
				out = append(out, f...)
			}
			k++
		}
		if len(out) > 0 {
			if err := wsutil.WriteServerMessage(to, op, out); err != nil {
				return err
			}
		}
	}
}
