//go:build flink

package flink_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJUnit runs the job's own tests, and has each of them as one of its own.
func TestJUnit(t *testing.T) {
	const project = "../../engines/flink"
	reports := filepath.Join(project, "target", "surefire-reports")
	must(t, os.RemoveAll(reports))
	out, failed := exec.CommandContext(t.Context(), "mvn", "-B", "-q", "-f", filepath.Join(project, "pom.xml"),
		"-Dhubbub.binary="+os.Getenv("HUBBUB_BIN"), "test").CombinedOutput()
	files, err := filepath.Glob(filepath.Join(reports, "TEST-*.xml"))
	must(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		var suite struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure string `xml:"failure"`
				Error   string `xml:"error"`
			} `xml:"testcase"`
		}
		must(t, xml.Unmarshal(text, &suite))
		for _, c := range suite.Cases {
			t.Run(suite.Name+"."+c.Name, func(t *testing.T) {
				if why := c.Failure + c.Error; why != "" {
					t.Error(why)
				}
			})
		}
	}
	if failed != nil || len(files) == 0 {
		t.Errorf("%d suites, %v\n%s", len(files), failed, out)
	}
}
