// Package measure asks the system under test how it is: its metrics as it
// exposes them, and its HTTP API for what it says that it holds. It also knows
// what the lab itself costs and on what machine it runs.
package measure

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// scrapePatience bounds one look at one process.
const scrapePatience = 5 * time.Second

// A Scraper reads the metrics of all processes under test.
type Scraper struct {
	urls   []string
	client *http.Client
}

// NewScraper makes a scraper of these /metrics.
func NewScraper(urls []string) *Scraper {
	return &Scraper{urls: urls, client: &http.Client{Timeout: scrapePatience,
		Transport: &http.Transport{DisableCompression: true}}} // the server's CPU is what is measured
}

// Scrape reads all at once, waiting at most a few seconds. A process that does not
// answer has an Error instead of values.
func (s *Scraper) Scrape(ctx context.Context) []raw.Process {
	processes := make([]raw.Process, len(s.urls))
	var reading sync.WaitGroup
	for i, url := range s.urls {
		reading.Go(func() {
			processes[i].URL = url
			values, err := s.one(ctx, url)
			if err != nil {
				processes[i].Error = err.Error()
				return
			}
			processes[i].Values = values
		})
	}
	reading.Wait()
	return processes
}

// Close gives up idle connections.
func (s *Scraper) Close() { s.client.CloseIdleConnections() }

func (s *Scraper) one(ctx context.Context, url string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("scrape: %w", err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("scrape: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scrape: %s", answer.Status)
	}
	return parse(answer.Body)
}

// parse reads the text format of Prometheus: of each process_* and hubbub_*
// series the value, without histograms' buckets.
func parse(text io.Reader) (map[string]float64, error) {
	values := make(map[string]float64)
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "process_") && !strings.HasPrefix(line, "hubbub_") {
			continue
		}
		series, rest := cutSeries(line)
		if name, _, _ := strings.Cut(series, "{"); strings.HasSuffix(name, "_bucket") {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ") // a time stamp may follow
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("read the metrics: %q has no number", line)
		}
		values[series] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	return values, nil
}

// cutSeries splits a line after its series; label values may hold anything.
func cutSeries(line string) (series, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			return line[:i], line[i:]
		}
	}
	return line, ""
}
