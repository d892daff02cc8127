package cluster

import (
	"path/filepath"
	"testing"
)

// What is written is as it was, and the server takes it.
func TestPrometheusConfig(t *testing.T) {
	text, err := PrometheusConfig([]ScrapeTarget{{"chat-1", "chat", 15001}, {"chat-2", "chat", 15002}, {"user", "user", 15003}}, 15004)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "prometheus.yml", text)
	bin, err := InstallPrometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	says(t, nil, filepath.Join(bin, "promtool"), "check", "config", "testdata/prometheus.yml")
}
