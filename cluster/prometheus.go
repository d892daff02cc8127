package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"text/template"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Prometheus is a server that reads Dir/prometheus.yml and is not started; bin is
// what InstallPrometheus returns.
func Prometheus(bin, dir string, port int) *Process {
	return New(Spec{
		Name: "prometheus", Dir: dir, Path: filepath.Join(bin, "prometheus"), Ports: []int{port}, Nice: Unhurried,
		Args: []string{
			"--config.file=prometheus.yml", "--storage.tsdb.path=data",
			"--web.listen-address=" + loopback.Address(port), "--storage.tsdb.retention.time=1d",
		},
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://127.0.0.1:"+strconv.Itoa(port)+"/-/ready")
		},
	})
}

// A ScrapeTarget is a process with /metrics, and what its figures are labelled with.
type ScrapeTarget struct {
	Name string // of the process: chat-1
	Role string // chat
	Port int
}

// PrometheusConfig is a prometheus.yml with which a server reads the targets, and
// itself, every 5 seconds. The job of the targets is hubbub.
func PrometheusConfig(targets []ScrapeTarget, own int) ([]byte, error) {
	t, err := template.ParseFS(configurations, "conf/prometheus/prometheus.yml")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, map[string]any{"Targets": targets, "Own": own})
	return text.Bytes(), err
}

// Answers returns nil when a GET is answered with 200.
func Answers(ctx context.Context, url string) error {
	body, err := answer(ctx, url)
	if err != nil {
		return err
	}
	return body.Close()
}

// answer returns what a GET is answered with, by 200 alone.
func answer(ctx context.Context, url string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Close = true // nothing stays open to a process that may be killed
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	return response.Body, nil
}
