package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A count is what one load generator says of one run.
type count struct {
	deliveries, p99, cpu float64 // a second; ms; server's s per 1M
	lost                 float64
}

// beside loads servers with the lab and with an independent load generator in
// turns, and says how far apart they are: the lab's figures are only worth
// something if somebody else counts the same.
func (p program) beside(ctx context.Context, fanload string, runs int, steady time.Duration) []figure {
	figures := []figure{
		{what: "deliveries, lab beside the other", required: 1, unit: "% apart"},
		{what: "deliveries lost, by either", required: 0},
		{what: "delivery p99, lab beside the other", required: 20, unit: "% apart"},
		{what: "CPU of the server, lab beside the other", required: 10, unit: "% apart"},
	}
	ours, theirs, err := p.takeTurns(ctx, fanload, runs, steady)
	of := func(list []count, get func(count) float64) float64 { return median(list, get) }
	apart := func(get func(count) float64) float64 {
		return 100 * math.Abs(of(ours, get)/of(theirs, get)-1)
	}
	for i := range figures {
		if figures[i].err = err; err != nil {
			continue
		}
		switch i {
		case 0:
			figures[i].measured = apart(func(c count) float64 { return c.deliveries })
		case 1:
			for _, c := range slices.Concat(ours, theirs) {
				figures[i].measured += c.lost
			}
		case 2:
			figures[i].measured = apart(func(c count) float64 { return c.p99 })
		case 3:
			figures[i].measured = apart(func(c count) float64 { return c.cpu })
		}
	}
	return figures
}

func median(list []count, get func(count) float64) float64 {
	var values []float64
	for _, c := range list {
		values = append(values, get(c))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (p program) takeTurns(ctx context.Context, fanload string, runs int, steady time.Duration) (ours, theirs []count, err error) {
	for range runs {
		our, err := p.byLab(ctx, steady)
		if err != nil {
			return nil, nil, err
		}
		their, err := p.byFanload(ctx, fanload, steady)
		if err != nil {
			return nil, nil, fmt.Errorf("the other load generator: %w", err)
		}
		fmt.Fprintf(os.Stderr, "lab %+v\nother %+v\n", our, their)
		ours, theirs = append(ours, our), append(theirs, their)
	}
	return ours, theirs, nil
}

func (p program) byLab(ctx context.Context, steady time.Duration) (c count, err error) {
	report, err := p.loadTest(ctx, steady, "")
	if err != nil {
		return c, err
	}
	for name, target := range map[string]*float64{
		"Deliveries a second": &c.deliveries, "Delivery p99": &c.p99, "CPU of 1M deliveries": &c.cpu, "Missing": &c.lost,
	} {
		if *target, err = rowOf(report, name); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (p program) byFanload(ctx context.Context, fanload string, steady time.Duration) (c count, err error) {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(folder)
	server, err := p.start(ctx, filepath.Join(folder, "data"))
	if err != nil {
		return c, err
	}
	cmd := exec.CommandContext(ctx, fanload, "-json", "-protocol", "stomp", "-room", "/topic/stream/1/message",
		"-publish-to", "/publish/1", "-stream", "1", "-jwt-secret", secret, "-pid", strconv.Itoa(server.cmd.Process.Pid),
		"-url", "ws"+strings.TrimPrefix(server.url, "http")+"/chat/ws", "-clients", "500", "-rate", "0.5",
		"-ramp", "5s", "-duration", steady.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if stopErr := server.stop(); err == nil {
		err = stopErr
	}
	var said struct {
		Deliveries float64 `json:"deliveries_per_second"`
		P99        float64 `json:"p99_ms"`
		CPU        float64 `json:"server_cpu_s_per_1m"`
		Lost       float64 `json:"lost"`
	}
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	return count{said.Deliveries, said.P99, said.CPU, said.Lost}, err
}
