package obs

import (
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Registry makes a registry that holds the metrics of process and Go runtime,
// hubbub_build_info with the version, and hubbub_roles_info with the roles of the
// process, a comma between them.
func Registry(version string, roles []string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(info("hubbub_build_info", "version", version), info("hubbub_roles_info", "roles", strings.Join(roles, ",")),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// info is a gauge that is 1, for the sake of its label.
func info(name, label, value string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: name, Help: "1, with the " + label + " as a label.", ConstLabels: prometheus.Labels{label: value},
	})
	g.Set(1)
	return g
}

// Admin serves /metrics from g and profiles below /debug/pprof/. It lets
// everybody in: put LoopbackOnly before it where strangers can connect.
func Admin(g prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
