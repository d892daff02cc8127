package deployment

import (
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Ports stay, also those of replicas that are not there for a while; but for one that
// somebody else took.
func TestPorts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ports.json")
	var log strings.Builder
	of := func(part string, n int) []int {
		t.Helper()
		p, err := openPorts(path, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		list, err := p.of(part, n)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.save(); err != nil {
			t.Fatal(err)
		}
		return list
	}
	kafka, chat := of("kafka", 6), of("chat", 2)
	if got := of("kafka", 6); !slices.Equal(got, kafka) {
		t.Errorf("kafka had %v, and gets %v", kafka, got)
	}
	if got := of("chat", 1); !slices.Equal(got, chat[:1]) {
		t.Errorf("one of %v gets %v", chat, got)
	}
	if got := of("chat", 3); !slices.Equal(got[:2], chat) {
		t.Errorf("three after %v get %v", chat, got)
	}
	l, err := net.Listen("tcp", loopback.Address(kafka[1]))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := of("kafka", 6)
	if got[1] == kafka[1] || !slices.Equal(slices.Delete(slices.Clone(got), 1, 2), slices.Delete(slices.Clone(kafka), 1, 2)) {
		t.Errorf("of %v one is taken, and it gets %v", kafka, got)
	}
	if !strings.Contains(log.String(), "part=kafka") {
		t.Errorf("the log says nothing of it:\n%s", log.String())
	}
}

func TestPortsUnreadable(t *testing.T) {
	if _, err := openPorts(t.TempDir(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a folder is taken for ports")
	}
}
