package app

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// TestMetricsAreDocumented holds what a server measures and docs/operations.md
// together.
func TestMetricsAreDocumented(t *testing.T) {
	a := start(t, t.TempDir(), nil)
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		a.registry.Describe(descriptions)
	}()
	measured := map[string]bool{}
	for d := range descriptions {
		if found := regexp.MustCompile(`fqName: "(hubbub_\w+)"`).FindStringSubmatch(d.String()); found != nil {
			measured[found[1]] = true
		}
	}
	if len(measured) < 20 {
		t.Fatalf("only %d metrics were found", len(measured))
	}
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "`/metrics` (Prometheus):")
	documented := map[string]bool{}
	for _, found := range regexp.MustCompile("(?m)`(hubbub_\\w+)").FindAllStringSubmatch(section, -1) {
		documented[found[1]] = true
	}
	for name := range measured {
		if !documented[name] {
			t.Errorf("docs/operations.md lacks %s", name)
		}
	}
	for name := range documented {
		if !measured[name] {
			t.Errorf("docs/operations.md has %s, which no server measures", name)
		}
	}
}
