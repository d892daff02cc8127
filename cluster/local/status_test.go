package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

func TestTable(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	list := []supervisor.Status{
		{Name: "kafka-1", Ports: []int{15001, 15002}, State: supervisor.Ready, Pid: 10, Since: now.Add(-90 * time.Minute), Starts: 1},
		{Name: "tm-1", State: supervisor.Ready, Pid: 12, Since: now.Add(-time.Minute), Starts: 1},
		{Name: "chat-1", Ports: []int{15003}, State: supervisor.Ready, Pid: 11, Since: now.Add(-2 * time.Second), Starts: 2},
		{Name: "chat-2", Ports: []int{15004}, State: supervisor.Down, Since: now, Starts: 1},
		{Name: "nginx", Ports: []int{8080}, State: supervisor.Waiting},
	}
	kernel := map[int]observation{10: {rss: 250 << 10}, 11: {rss: 20 << 10, frozen: true}, 12: {rss: 170 << 10}}
	var got strings.Builder
	if err := printTable(&got, list, func(pid int) observation { return kernel[pid] }, now); err != nil {
		t.Fatal(err)
	}
	want := `
NAME     PID  PORTS        STATE    RSS      UPTIME   STARTS
kafka-1  10   15001 15002  ready    250 MiB  1h30m0s  1
tm-1     12   -            ready    170 MiB  1m0s     1
chat-1   11   15003        frozen   20 MiB   2s       2
chat-2   -    15004        down     -        -        1
nginx    -    8080         waiting  -        -        0
all                                 440 MiB           
`
	if got.String() != want[1:] {
		t.Errorf("it is\n%s", got.String())
	}
}

func TestObserve(t *testing.T) {
	if o := observe(os.Getpid()); o.rss < 1000 || o.frozen {
		t.Errorf("this process has %+v", o)
	}
	if o := parseStatus([]byte("Name:\tredis-server\nState:\tT (stopped)\nVmRSS:\t   12340 kB\n")); o != (observation{frozen: true, rss: 12340}) {
		t.Errorf("a frozen one has %+v", o)
	}
}
