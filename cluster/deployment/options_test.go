package deployment

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	right := Options{Dir: "x", Listen: "127.0.0.1:8080", Hubbub: "/bin/sh", Chat: 2, Relay: 2}
	o, err := right.Check()
	if err != nil || !filepath.IsAbs(o.Dir) || o.URL() != "http://127.0.0.1:8080" {
		t.Errorf("it returned %+v, %v", o, err)
	}
	for want, change := range map[string]func(*Options){
		`--listen "0.0.0.0:8080"`:   func(o *Options) { o.Listen = "0.0.0.0:8080" }, // the engines trust everybody
		`--listen "[::1]:8080"`:     func(o *Options) { o.Listen = "[::1]:8080" },
		`--listen "127.0.0.1:0"`:    func(o *Options) { o.Listen = "127.0.0.1:0" }, // it would be another each time
		`--listen "localhost:8080"`: func(o *Options) { o.Listen = "localhost:8080" },
		`--prefix "a-b"`:            func(o *Options) { o.Prefix = "a-b" }, // no name in Cassandra
		"--chat 0":                  func(o *Options) { o.Chat = 0 },
		"--relay 17":                func(o *Options) { o.Relay = 17 },
		"--task-managers 17":        func(o *Options) { o.TaskManagers = 17 },
		"make flink-job":            func(o *Options) { o.TaskManagers = 1 }, // no job is beside sh
		"make build":                func(o *Options) { o.Hubbub = "bin/nothing" },
		"--dir":                     func(o *Options) { o.Dir = "" },
	} {
		o := right
		change(&o)
		if _, err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it returned %v, want %s", err, want)
		}
	}
}
