package e2e

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestBadAbsence has viewers at once whose fault takes time: who do not CONNECT
// (10 s), who never read (30 s after the socket is full), and who agreed on
// heart-beats and send none (60 s). It is in the first of the files, so that others
// run meanwhile.
func TestBadAbsence(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")

	silent := openWire(t, server, plainPath)
	framed := openWire(t, server, sockjsPath)
	must(t, framed.say("CONNECT\naccept-version:1.2\n")) // and never the rest
	dead := openWire(t, server, plainPath)
	must(t, dead.say("CONNECT\naccept-version:1.2\nheart-beat:1000,0\n\n\x00"))
	must(t, dead.expect("CONNECTED", map[string]string{"heart-beat": "20000,20000"}))
	deaf(t, ctx, server, room)

	for _, w := range []*wire{silent, framed} {
		must(t, w.expectEnd(hubbub.CodeConnectTimeout, ""))
	}
	must(t, api.Until(ctx, "wait until the viewer who never reads is gone", func() error {
		m, err := server.Metrics(ctx)
		if n := m[`hubbub_disconnects_total{code="slow_consumer"}`]; err == nil && n != 1 {
			err = fmt.Errorf("%v are gone", n)
		}
		return err
	}))
	must(t, dead.expectEnd(hubbub.CodeHeartBeatMissed, ""))
	must(t, room.still(ctx))
}

// deaf subscribes 60 times and never reads, while the witness says what fills its
// socket and its backlog and then is skipped. The witness is not held up.
func deaf(t *testing.T, ctx context.Context, server *hub.Server, room *witness) {
	t.Helper()
	w := connectWire(t, server, plainPath, "")
	must(t, w.conn.(*net.TCPConn).SetReadBuffer(4<<10))
	for i := range 60 {
		must(t, w.say("SUBSCRIBE\nid:"+strconv.Itoa(i)+"\ndestination:/topic/stream/bad/message\n\n\x00"))
	}
	long := strings.Repeat("👩‍🔬", 370) // 4 KiB, 60 times for each message
	must(t, api.Until(ctx, "skip what a viewer does not take", func() error {
		for range 10 {
			if _, err := room.conn.Send(ctx, client.Post{Stream: "bad", Content: long}); err != nil {
				return err
			}
			if _, err := room.hears(ctx, long); err != nil {
				return err
			}
		}
		m, err := server.Metrics(ctx)
		if err == nil && m["hubbub_skipped_total"] == 0 {
			err = fmt.Errorf("after %d messages nothing is skipped", len(room.logged))
		}
		return err
	}))
	if len(room.logged) > 2000 {
		t.Errorf("%d messages waited for a viewer who does not read", len(room.logged))
	}
}
