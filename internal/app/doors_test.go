package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A process of a cluster whose engines are not there lives, says what it waits for,
// sends everybody away for a moment, and ends cleanly when it is told to.
func TestWaitsForEngines(t *testing.T) {
	ports, err := loopback.FreePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	o := good()
	clustered(&o)
	o.Listen = loopback.Address(ports[0])
	o.MySQL = strings.Replace(o.MySQL, "127.0.0.1:1", loopback.Address(ports[1]), 1)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var said, logged strings.Builder
	go func() { ended <- Run(ctx, o, IO{Stdout: &said, Stderr: &logged}) }()

	base := "http://" + o.Listen
	var ready struct {
		Ready  bool
		Checks map[string]string
	}
	for late := time.Now().Add(20 * time.Second); ready.Checks["MySQL"] == ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it says %+v", ready)
		}
		if _, text := get(t, base+"/readyz"); text != "" {
			if err := json.Unmarshal([]byte(text), &ready); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ready.Ready || !strings.Contains(ready.Checks["MySQL"], "waiting") {
		t.Errorf("it says %+v", ready)
	}
	if answer, _ := get(t, base+"/healthz"); answer == nil || answer.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %+v", answer)
	}
	answer, text := get(t, base+"/chat/ws")
	if answer == nil || answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(text, "unavailable") {
		t.Errorf("/chat/ws: %+v %s", answer, text)
	}
	stop()
	if err := <-ended; err != nil || said.String() != "" || !strings.Contains(logged.String(), "waiting for MySQL") {
		t.Errorf("Run = %v, having said %q and logged\n%s", err, said.String(), logged.String())
	}
}

// get returns what an address answers; nothing while nobody listens.
func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, ""
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}
