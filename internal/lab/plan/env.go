package plan

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// MaxClients bounds NUM_CLIENTS, and MaxRate messages a second of one client.
const (
	MaxClients = 100_000
	MaxRate    = 100
	maxSeconds = 24 * 60 * 60
)

// variables are the names a file may use, in the order of the documentation.
var variables = []struct {
	name string
	set  func(p *Plan, value string) error
}{
	{"WEBSOCKET_URL", func(p *Plan, v string) error { p.URL = v; return nil }},
	{"NUM_CLIENTS", func(p *Plan, v string) (err error) { p.Clients, err = count(v, MaxClients); return err }},
	{"RAMP_UP_TIME_SECONDS", func(p *Plan, v string) (err error) { p.RampUp, err = seconds(v, 0); return err }},
	{"MESSAGES_PER_SECOND_PER_CLIENT", func(p *Plan, v string) (err error) { p.Rate, err = rate(v); return err }},
	{"DURATION_SECONDS", func(p *Plan, v string) (err error) { p.Duration, err = seconds(v, 1); return err }},
	{"STREAM_IDS", func(p *Plan, v string) (err error) { p.Streams, err = streams(v); return err }},
	{"JWT_SECRET", func(p *Plan, v string) error { p.Secret = v; return nil }},
	{"SECRET_KEY", func(p *Plan, v string) error {
		if p.Secret == "" { // JWT_SECRET stands before it
			p.Secret = v
		}
		return nil
	}},
	{"DATA_DIR", func(p *Plan, v string) error { p.DataDir = v; return nil }},
	{"API_URL", func(p *Plan, v string) error { p.API = v; return nil }},
	{"METRICS_URLS", func(p *Plan, v string) error { p.Metrics = list(v); return nil }},
}

// required are the report's own four.
var required = []string{"WEBSOCKET_URL", "NUM_CLIENTS", "RAMP_UP_TIME_SECONDS", "MESSAGES_PER_SECOND_PER_CLIENT"}

// Read makes a plan of a .env file; getenv's values, the process environment,
// stand before the file's. Every error names the variable, and the line when the
// file is at fault. An empty value is as good as none.
func Read(file io.Reader, getenv func(string) string) (*Plan, error) {
	values, err := parse(file)
	if err != nil {
		return nil, err
	}
	for _, v := range variables {
		if outside := getenv(v.name); outside != "" {
			values[v.name] = outside
		}
	}
	for _, name := range required {
		if values[name] == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
	p := &Plan{}
	for _, v := range variables {
		if values[v.name] == "" {
			continue
		}
		if err := v.set(p, values[v.name]); err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
	}
	if err := p.complete(); err != nil {
		return nil, err
	}
	return p, nil
}

// parse reads NAME=value lines: comments with #, an optional "export", values
// bare or in single or double quotes.
func parse(file io.Reader) (map[string]string, error) {
	values := make(map[string]string)
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !ok {
			return nil, fmt.Errorf("line %d: want NAME=value, not %q", number, line)
		}
		if !known(name) {
			return nil, fmt.Errorf("line %d: %s is no variable of the lab; it knows %s", number, name, strings.Join(names(), ", "))
		}
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("line %d: %s is set twice", number, name)
		}
		value, err := unquote(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", number, name, err)
		}
		values[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return values, nil
}

func names() []string {
	var all []string
	for _, v := range variables {
		all = append(all, v.name)
	}
	return all
}

func known(name string) bool { return slices.Contains(names(), name) }

// unquote takes off quotes, or a comment after a bare value.
func unquote(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	if quote := value[:1]; quote == `"` || quote == `'` {
		inner, after, ok := strings.Cut(value[1:], quote)
		after = strings.TrimSpace(after)
		if !ok || (after != "" && after[0] != '#') {
			return "", errors.New("the quotes do not close at the end of the value") // which may be secret
		}
		return inner, nil
	}
	if value[0] == '#' {
		return "", nil
	}
	bare, _, _ := strings.Cut(value, " #")
	return strings.TrimSpace(bare), nil
}

func count(value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("want a whole number from 1 to %d, not %q", most, value)
	}
	return n, nil
}

func seconds(value string, least float64) (time.Duration, error) {
	s, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(s) || s < least || s > maxSeconds {
		return 0, fmt.Errorf("want seconds from %g to %d, not %q", least, maxSeconds, value)
	}
	return time.Duration(s * float64(time.Second)), nil
}

func rate(value string) (float64, error) {
	r, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(r) || r <= 0 || r > MaxRate {
		return 0, fmt.Errorf("want messages a second above 0 and at most %d, not %q", MaxRate, value)
	}
	return r, nil
}

// streams reads "1,2,7" and "1..50", also mixed.
func streams(value string) ([]hubbub.StreamID, error) {
	var ids []hubbub.StreamID
	for _, part := range list(value) {
		from, to, isRange := strings.Cut(part, "..")
		if !isRange {
			ids = append(ids, hubbub.StreamID(part))
			continue
		}
		first, errFirst := strconv.Atoi(from)
		last, errLast := strconv.Atoi(to)
		if errFirst != nil || errLast != nil || first < 0 || last < first || last-first >= MaxClients {
			return nil, fmt.Errorf("want a range such as 1..50, not %q", part)
		}
		for id := first; id <= last; id++ {
			ids = append(ids, hubbub.StreamID(strconv.Itoa(id)))
		}
	}
	seen := make(map[hubbub.StreamID]bool)
	for _, id := range ids {
		if !id.Valid() {
			return nil, fmt.Errorf("%q is no stream id", id)
		}
		if seen[id] {
			return nil, fmt.Errorf("stream %s is named twice", id)
		}
		seen[id] = true
	}
	return ids, nil
}

func list(value string) []string {
	var parts []string
	for part := range strings.SplitSeq(value, ",") {
		parts = append(parts, strings.TrimSpace(part))
	}
	return parts
}
