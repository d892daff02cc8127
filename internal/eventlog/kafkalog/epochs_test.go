package kafkalog

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// epochs counts the epochs of a log in a file of its folder, as the metastore does for
// a cluster. One process at a time.
type epochs string

func (e epochs) of(_ context.Context, topic eventlog.Topic, id string) (uint32, error) {
	known := map[string]uint32{}
	path := filepath.Join(string(e), "epochs.json")
	if text, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(text, &known); err != nil {
			return 0, err
		}
	}
	newest := uint32(0)
	for key, epoch := range known {
		if strings.HasPrefix(key, string(topic)+" ") {
			newest = max(newest, epoch)
		}
	}
	key := string(topic) + " " + id
	if known[key] == 0 {
		known[key] = newest + 1
	}
	text, err := json.Marshal(known)
	if err != nil {
		return 0, err
	}
	return known[key], os.WriteFile(path, text, 0o600)
}
