package spark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

// keyed has the table's key in it, as who asks writes it.
const keyed = `SELECT sender, CAST(value AS STRING) AS value, n FROM cass.hub.records
	WHERE stream IN ('s', 't') AND epoch = 1 AND bucket IN (0, 1) AND n > 0 AND n <= 6`

func query(t *testing.T, s *Session, sql ...string) []json.RawMessage {
	t.Helper()
	began := time.Now()
	rows, err := s.Query(t.Context(), sql...)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("answered in %v", time.Since(began).Round(time.Millisecond))
	return rows
}

func decode[T any](t *testing.T, rows []json.RawMessage) []T {
	t.Helper()
	list := make([]T, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row, &list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// The keys of a query are Cassandra's to look up: nothing else is read.
func TestKeysArePushedDown(t *testing.T) {
	plan := string(query(t, session, "EXPLAIN "+keyed)[0])
	_, filters, ok := strings.Cut(plan, "Cassandra Filters: ")
	filters, _, _ = strings.Cut(filters, `\n`)
	for _, key := range []string{"stream", "epoch", "bucket", "n"} {
		if !ok || !strings.Contains(filters, `\"`+key+`\"`) {
			t.Errorf("Cassandra does not filter by %s: %s", key, plan)
		}
	}
}

func TestQueryReadsCassandra(t *testing.T) {
	type row struct {
		record
		N int
	}
	for range 3 { // the second and later ones show what a warm session takes
		rows := decode[row](t, query(t, session, "CREATE TEMPORARY VIEW some AS "+keyed, "SELECT * FROM some ORDER BY n"))
		var got []string
		for _, r := range rows {
			got = append(got, r.Value)
		}
		if want := said[1:7]; !slices.Equal(got, want) {
			t.Fatalf("read %q, want %q", got, want)
		}
	}
	if _, err := session.Query(t.Context(), "SELECT * FROM some"); err == nil {
		t.Error("a view outlived its query")
	}
}

// transform is a query whose rows go through a child of this program, one column of
// JSON each way.
func transform(t *testing.T, child ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const delimited = `ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t'`
	return fmt.Sprintf(`FROM (SELECT to_json(struct(sender, value)) AS line FROM (%s) CLUSTER BY sender, n) AS lines
		SELECT TRANSFORM (line) %s USING '%s' AS (made STRING) %s`, keyed, delimited, program+" "+strings.Join(child, " "), delimited)
}

// What a child is given and gives is exact, whatever is in the texts.
func TestTransform(t *testing.T) {
	got := make(map[string][]string)
	for _, row := range decode[struct{ Made string }](t, query(t, session, transform(t, "count"))) {
		made := decode[record](t, []json.RawMessage{json.RawMessage(row.Made)})[0]
		got[made.Sender] = append(got[made.Sender], made.Values...)
	}
	want := map[string][]string{"mina": {said[2], said[4], said[6]}, "jun": {said[1], said[3], said[5]}}
	for sender, values := range want {
		if !slices.Equal(got[sender], values) {
			t.Errorf("of %s there is %q, want %q", sender, got[sender], values)
		}
	}
}

func TestQueryWritesCassandra(t *testing.T) {
	query(t, session, `INSERT INTO cass.hub.counts SELECT sender, count(*) AS messages FROM cass.hub.records GROUP BY sender`)
	cassandra, err := node.Config().CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	defer cassandra.Close()
	var n int
	if err := cassandra.Query(`SELECT messages FROM hub.counts WHERE sender = 'mina'`).ScanContext(t.Context(), &n); err != nil || n != 4 {
		t.Errorf("%d messages are of mina, want 4: %v", n, err)
	}
}

// refused fails the test unless an error has a code and some words.
func refused(t *testing.T, err error, code hubbub.Code, words string) {
	t.Helper()
	var e *hubbub.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(err.Error(), words) {
		t.Errorf("refused with %v, want %s and %q", err, code, words)
	}
}

func TestFailedQueriesSayWhy(t *testing.T) {
	for _, tt := range []struct{ sql, why string }{
		{`SELECT * FROM nothing`, "[TABLE_OR_VIEW_NOT_FOUND]"},
		{`SELEC`, "[PARSE_SYNTAX_ERROR]"},
		{transform(t, "fail"), "the model is missing"},
		{`SELECT assert_true(id < 0, '말이 안 된다') FROM range(1)`, "말이 안 된다"},
		{`SELECT id FROM range(100001)`, "100001 rows"},
		{`SELECT repeat('x', 17 * 1024 * 1024) AS x`, "bytes, over"},
	} {
		_, err := session.Query(t.Context(), tt.sql)
		refused(t, err, hubbub.CodeInternal, tt.why)
		if strings.Contains(err.Error(), "\tat ") {
			t.Errorf("it has a stack: %v", err)
		}
	}
	_, err := session.Query(t.Context())
	refused(t, err, hubbub.CodeInternal, "without statements")
	_, err = session.Query(t.Context(), strings.Repeat("x", requestBytes))
	refused(t, err, hubbub.CodeTooLarge, "ask for less")
	if n := len(query(t, session, `SELECT id FROM range(100000)`)); n != 100_000 {
		t.Errorf("%d rows are answered", n)
	}
}

// hanging begins a query whose child hangs until the test ends, and returns when the
// child is there.
func hanging(ctx context.Context, t *testing.T, s *Session) (failed <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	errs := make(chan error, 1)
	go func() {
		_, err := s.Query(ctx, transform(t, "hang", l.Addr().String()))
		errs <- err
	}()
	if err := l.(*net.TCPListener).SetDeadline(time.Now().Add(usualPatience)); err != nil {
		t.Fatal(err)
	}
	child, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Close() })
	return errs
}

func TestDriverKilled(t *testing.T) {
	driver := session.driver
	failed := hanging(t.Context(), t, session)
	if err := syscall.Kill(driver.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	refused(t, <-failed, hubbub.CodeUnavailable, "signal: killed")
	query(t, session, keyed)
}

func TestQueryOutlivesItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	failed := hanging(ctx, t, session)
	cancel()
	err := <-failed
	refused(t, err, hubbub.CodeUnavailable, "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	query(t, session, keyed) // though the child hangs still
}

func TestCloseInAQuery(t *testing.T) {
	o := options()
	o.Master = "local[1]"
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	failed := hanging(t.Context(), t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	refused(t, <-failed, hubbub.CodeUnavailable, "closed")
	_, err = s.Query(t.Context(), `SELECT 1`)
	refused(t, err, hubbub.CodeUnavailable, "closed")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenFails(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Options)
		why    string
	}{
		"no Java":   {func(o *Options) { o.Java = "/nowhere/java" }, "no such file"},
		"no driver": {func(o *Options) { o.Driver = "/nowhere/driver.jar" }, "live.hubbub.spark.Driver"},
		"no master": {func(o *Options) { o.Master, o.Patience = "spark://127.0.0.1:9", 10*time.Second }, "127.0.0.1:9"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			tt.change(&o)
			_, err := Open(t.Context(), o)
			refused(t, err, hubbub.CodeUnavailable, tt.why)
		})
	}
}
