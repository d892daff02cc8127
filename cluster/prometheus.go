package cluster

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Prometheus is a server that reads Dir/prometheus.yml and is not started; bin is
// what InstallPrometheus returns.
func Prometheus(bin, dir string, port int) *Process {
	return New(Spec{
		Name: "prometheus", Dir: dir, Path: filepath.Join(bin, "prometheus"), Ports: []int{port},
		Args: []string{
			"--config.file=prometheus.yml", "--storage.tsdb.path=data",
			"--web.listen-address=" + loopback.Address(port), "--storage.tsdb.retention.time=1d",
		},
		Ready: func(ctx context.Context) error { return ok(ctx, "http://127.0.0.1:"+strconv.Itoa(port)+"/-/ready") },
	})
}

// ok returns nil when a GET is answered with 200.
func ok(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Close = true // nothing stays open to a process that may be killed
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}
