package e2e

import (
	"errors"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

func TestStopTellsClientsToConnectAgain(t *testing.T) {
	ctx := within(t)
	server := hub.Start(t)
	for _, url := range []string{server.WS(), server.SockJS()} {
		conn, err := server.Dial(ctx, client.Options{URL: url})
		must(t, err)
		defer func() {
			<-conn.Done()
			var gone *client.CloseError
			if !errors.As(conn.Err(), &gone) || gone.Code != 4000 || !gone.Reconnect() ||
				gone.Refusal == nil || gone.Refusal.Code != hubbub.CodeShutdown {
				t.Errorf("%s: the end was %v, not a close with 4000 and shutdown", url, conn.Err())
			}
			conn.Close()
		}()
	}
	if err := server.Terminate(); err != nil {
		t.Errorf("SIGTERM: %v, not exit 0", err)
	}
}
