package cluster

import (
	"strings"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	for name, tt := range map[string]struct{ script, want string }{
		"ends":  {"echo done", ""},
		"fails": {"echo this is why; exit 3", "run errand: exit status 3\nthis is why"},
		"hangs": {"echo waiting; exec sleep 300", "run errand: it did not end within 1s\nwaiting"},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(Spec{Name: "errand", Dir: t.TempDir(), Path: "/bin/sh", Args: []string{"-c", tt.script}, Patience: time.Second})
			err := p.Run(t.Context())
			if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("it returned %v, want %q", err, tt.want)
			}
			free(t, p)
		})
	}
}
