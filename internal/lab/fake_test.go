package lab

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A fake is a chat server that keeps everything in a slice, and does wrong what it
// is told to. Messages are numbered from 0 in the order in which they come.
type fake struct {
	copies   func(message, viewer int) int // how often a viewer gets a message; nil: once
	declared bool                          // what a viewer does not get is declared as skipped
	cut      func(message, viewer int) bool
	refuse   func(message int) hubbub.Code // instead of logging it; "": log it
	silent   func(message int) bool        // no receipt
	forget   int                           // how many of the newest messages the history does not have
	uncount  int                           // how many the analysis does not count
	behind   int                           // the archive's lag

	t       *testing.T
	address string

	mu      sync.Mutex
	sent    int
	log     []string // nonces
	viewers []*fakeViewer
}

type fakeViewer struct {
	number  int
	conn    net.Conn
	skipped int
}

func (f *fake) serve(t *testing.T) *fake {
	f.t = t
	mux := http.NewServeMux()
	mux.HandleFunc("/chat/ws", f.session)
	mux.HandleFunc("POST /api/v1/users/guest", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"accessToken":"abc"}`) })
	mux.HandleFunc("GET /api/v1/streams/1/messages", f.history)
	mux.HandleFunc("GET /api/v1/streams/1/analysis", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		fmt.Fprintf(w, `{"totalCount":%d}`, max(0, len(f.log)-f.uncount))
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		fmt.Fprintf(w, "hubbub_archived_total %d\nhubbub_consumer_lag{consumer=\"archive\"} %d\n", len(f.log), min(f.behind, len(f.log)))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		f.mu.Lock()
		for _, v := range f.viewers {
			v.conn.Close()
		}
		f.mu.Unlock()
		server.Close()
	})
	f.address = strings.TrimPrefix(server.URL, "http://")
	return f
}

func (f *fake) history(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	after, err := hubbub.ParsePosition(r.FormValue("after"))
	if err != nil {
		f.t.Error(err)
	}
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		f.t.Error(err)
	}
	known := max(0, len(f.log)-f.forget)
	first := int(after.N)
	if after.IsZero() {
		first = max(0, known-limit)
	} else if after.Epoch == 0 {
		first = 0
	}
	var found []string
	for n := first; n < min(known, first+limit); n++ {
		found = append(found, fmt.Sprintf(`{"id":"m%d","nonce":%q,"position":%q}`, n, f.log[n], place(n+1)))
		after = place(n + 1)
	}
	fmt.Fprintf(w, `{"messages":[%s],"after":%q}`, strings.Join(found, ","), after)
}

// place is the position after n messages.
func place(n int) hubbub.Position {
	if n == 0 {
		return hubbub.Position{}
	}
	return hubbub.Position{Epoch: 1, N: uint64(n)}
}

func (f *fake) session(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "v12.stomp" }}.Upgrade(r, w)
	if err != nil {
		f.t.Error(err)
		return
	}
	defer conn.Close()
	v := &fakeViewer{conn: conn}
	var decoder stomp.Decoder
	for {
		text, err := wsutil.ReadClientText(conn)
		if err != nil {
			return
		}
		if err := decoder.Feed(text, func(frame stomp.Frame) error { f.take(v, frame, &decoder); return nil }); err != nil {
			f.t.Error(err)
			return
		}
	}
}

func (f *fake) take(v *fakeViewer, frame stomp.Frame, decoder *stomp.Decoder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	receipt, _ := frame.Get("receipt")
	nonce, _ := frame.Get("nonce")
	destination, _ := frame.Get("destination")
	switch frame.Command {
	case stomp.Connect:
		decoder.SetVersion(stomp.V12)
		v.write(stomp.AppendFrame(nil, stomp.V12, stomp.Connected, nil, "version", "1.2"))
	case stomp.Subscribe:
		if destination == "/topic/stream/1/message" {
			v.number = len(f.viewers)
			f.viewers = append(f.viewers, v)
		}
		v.write(stomp.AppendFrame(nil, stomp.V12, stomp.Receipt, nil, "receipt-id", receipt, "position", place(len(f.log)).String()))
	case stomp.Send:
		f.post(v, receipt, nonce)
	}
}

func (f *fake) post(v *fakeViewer, receipt, nonce string) {
	number := f.sent
	f.sent++
	if f.refuse != nil && f.refuse(number) != "" {
		body := fmt.Sprintf(`{"code":%q,"receipt":%q}`, f.refuse(number), receipt)
		v.write(stomp.AppendMessage(nil, stomp.V12, &stomp.Envelope{Subscription: "s1"},
			&stomp.Message{Destination: "/user/queue/notices", ID: "n", Body: []byte(body)}))
		return
	}
	f.log = append(f.log, nonce)
	if f.silent == nil || !f.silent(number) {
		v.write(stomp.AppendFrame(nil, stomp.V12, stomp.Receipt, nil, "receipt-id", receipt))
	}
	for _, other := range f.viewers {
		f.deliver(other, len(f.log)-1)
	}
}

func (f *fake) deliver(v *fakeViewer, message int) {
	if f.cut != nil && f.cut(message, v.number) {
		v.conn.Close()
		return
	}
	copies := 1
	if f.copies != nil {
		copies = f.copies(message, v.number)
	}
	if copies == 0 && f.declared {
		v.skipped++
	}
	for range copies {
		v.write(stomp.AppendMessage(nil, stomp.V12, &stomp.Envelope{Subscription: "m", Skipped: v.skipped}, &stomp.Message{
			Destination: "/topic/stream/1/message", ID: "x", Position: place(message + 1), Prev: place(message), Nonce: f.log[message], Body: []byte("{}"),
		}))
		v.skipped = 0
	}
}

func (v *fakeViewer) write(text []byte) { _ = wsutil.WriteServerText(v.conn, text) } // the client may be gone
