package cassandraarchive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archivetest"
)

// address is the node's; a process that is started to be killed has it from here.
const address = "HUBBUB_TEST_CASSANDRA"

var node *cluster.Cassandra // nil in a process that is to be killed

func TestMain(m *testing.M) {
	if os.Getenv(address) != "" {
		goleak.VerifyTestMain(m)
	}
	goleak.VerifyTestMain(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if node, err = cluster.NewCassandra(ctx, dir); err != nil {
			return nil, err
		}
		if err := node.Start(ctx); err != nil {
			return nil, err
		}
		return node.Kill, os.Setenv(address, loopback.Address(node.Ports[0]))
	}, m))
}

// keyspace stands for a folder.
func keyspace(dir string) Options {
	return Options{
		Hosts:    []string{os.Getenv(address)},
		Keyspace: fmt.Sprintf("t%x", sha256.Sum256([]byte(dir)))[:32],
	}
}

func openIn(ctx context.Context, dir string) (*Archive, error) {
	if err := Migrate(ctx, keyspace(dir)); err != nil {
		return nil, err
	}
	return Open(ctx, keyspace(dir))
}

func TestContract(t *testing.T) {
	archivetest.Run(t, archivetest.Harness{Open: func(ctx context.Context, dir string) (archive.Archive, error) {
		return openIn(ctx, dir)
	}})
}

func openArchive(t testing.TB) *Archive {
	t.Helper()
	a, err := openIn(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func mustAppend(t testing.TB, a *Archive, entries ...archive.Entry) {
	t.Helper()
	if err := a.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

// What was stored outlives a node that is killed. While it is gone nothing is stored,
// and who asks is told to come again; then the archive goes on by itself.
func TestNodeIsKilled(t *testing.T) {
	a := openArchive(t)
	mustAppend(t, a, archivetest.Entry("s", 1, 1, "u"))
	if err := node.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := a.Append(t.Context(), []archive.Entry{archivetest.Entry("s", 1, 2, "u")}); !errors.Is(err, archive.ErrUnavailable) {
		t.Errorf("Append without a node = %v", err)
	}
	if _, err := a.Page(t.Context(), archive.Query{Stream: "s", Limit: 1}); !errors.Is(err, archive.ErrUnavailable) {
		t.Errorf("Page without a node = %v", err)
	}
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	for _, err := a.Count(t.Context(), "s"); err != nil; _, err = a.Count(t.Context(), "s") {
		if time.Since(back) > 30*time.Second {
			t.Fatal("the archive did not find the node again within 30 s")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("the node was found again after %v", time.Since(back))
	mustAppend(t, a, archivetest.Entry("s", 1, 2, "u"))
	if n, err := a.Count(t.Context(), "s"); n != 2 || err != nil {
		t.Errorf("Count = %d, %v", n, err)
	}
}

// An archiver that was frozen and wakes up with what another stored meanwhile changes
// nothing: not what was erased, and not the counts.
func TestTwoArchivers(t *testing.T) {
	dir := t.TempDir()
	var a [2]*Archive
	for i := range a {
		var err error
		if a[i], err = openIn(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a[i].Close() })
	}
	var entries []archive.Entry
	for n := range uint64(20) {
		entries = append(entries, archivetest.Entry("s", 1, n+1, "u"))
	}
	mustAppend(t, a[0], entries...)
	stale := part{bucket: bucketOf("s", entries[0].Position)}
	for i := range entries[:5] {
		stale.entries = append(stale.entries, &entries[i])
	}
	if n, err := a[0].Erase(t.Context(), "u"); n != 20 || err != nil {
		t.Errorf("Erase = %d, %v", n, err)
	}
	// As one that was frozen between its steps, with the counts of before.
	if err := a[1].insert(t.Context(), stale.bucket, stale.entries); err != nil {
		t.Fatal(err)
	}
	if err := a[1].exec(t.Context(), putExtent, "s", 1, 0, 5, 5, 5, 5); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, a[0], archivetest.Entry("s", 1, 21, "v"))
	if n, err := a[0].Count(t.Context(), "s"); n != 21 || err != nil {
		t.Errorf("Count = %d, %v", n, err)
	}
	page, err := a[0].Page(t.Context(), archive.Query{Stream: "s", Limit: 100})
	if err != nil || len(page) != 21 {
		t.Fatalf("%d entries, %v", len(page), err)
	}
	for _, e := range page[:20] {
		if !e.Erased || strings.Contains(string(e.Value), "text") {
			t.Errorf("%v is %s again", e.Position, e.Value)
		}
	}
}

// A crash between storing and counting is made good by what comes next.
func TestStoredButNotCounted(t *testing.T) {
	a := openArchive(t)
	lost := archivetest.Entry("s", 1, 2, "u")
	mustAppend(t, a, archivetest.Entry("s", 1, 1, "u"))
	if err := a.insert(t.Context(), bucketOf("s", lost.Position), []*archive.Entry{&lost}); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, a, lost, archivetest.Entry("s", 1, 3, "u"))
	if n, err := a.Total(t.Context()); n != 3 || err != nil {
		t.Errorf("Total = %d, %v", n, err)
	}
}

// A room with messages far apart, as a quiet one in a busy log has them, is read
// through all its buckets.
func TestManyBuckets(t *testing.T) {
	a := openArchive(t)
	var entries []archive.Entry
	for n := range uint64(150) { // more than are listed at once
		entries = append(entries, archivetest.Entry("s", 1, (n+1)<<bucketBits-n%2, "u"))
	}
	mustAppend(t, a, entries...)
	for q, want := range map[archive.Query]int{
		{Stream: "s", Limit: 200}:                                        150,
		{Stream: "s", Limit: 120, After: entries[9].Position}:            120,
		{Stream: "s", Limit: 200, After: entries[9].Position}:            140,
		{Stream: "s", Limit: 200, Before: entries[140].Position}:         140,
		{Stream: "s", Limit: 3, Before: entries[0].Position}:             0,
		{Stream: "s", Limit: 3, After: entries[len(entries)-1].Position}: 0,
	} {
		if page, err := a.Page(t.Context(), q); len(page) != want || err != nil {
			t.Errorf("Page(%+v): %d entries, %v; want %d", q, len(page), err, want)
		}
	}
	if _, ok, err := a.Find(t.Context(), "s", entries[0].ID); !ok || err != nil {
		t.Errorf("Find of the oldest = %v, %v", ok, err)
	}
}

func TestSchema(t *testing.T) {
	o := keyspace(t.TempDir())
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrNoSchema) || !errors.Is(err, archive.ErrUnavailable) {
		t.Errorf("Open before Migrate = %v", err)
	}
	for range 2 {
		if err := Migrate(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	setVersion := func(version int) {
		t.Helper()
		if err := a.exec(t.Context(), `UPDATE schema_version SET version = ? WHERE name = 'archive'`, version); err != nil {
			t.Fatal(err)
		}
	}
	setVersion(schemaVersion - 1)
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrOlder) || !errors.Is(err, archive.ErrUnavailable) {
		t.Errorf("Open of an older schema = %v", err)
	}
	if err := Migrate(t.Context(), o); err != nil {
		t.Errorf("Migrate of an older schema = %v", err)
	}
	setVersion(schemaVersion + 1)
	if _, err := Open(t.Context(), o); !errors.Is(err, ErrNewer) || errors.Is(err, archive.ErrUnavailable) {
		t.Errorf("Open of a newer schema = %v", err)
	}
	if err := Migrate(t.Context(), o); !errors.Is(err, ErrNewer) {
		t.Errorf("Migrate of a newer schema = %v", err)
	}
}

// A foreign record of the largest size does not make a batch too large.
func TestLargeEntries(t *testing.T) {
	a := openArchive(t)
	var entries []archive.Entry
	for n := range uint64(5) {
		e := archivetest.Entry("s", 1, n+1, "u")
		e.Kind, e.ID, e.Sender, e.Value = "poll", "", "", make([]byte, 1<<20)
		entries = append(entries, e)
	}
	mustAppend(t, a, entries...)
	if n, err := a.Total(t.Context()); n != 5 || err != nil {
		t.Errorf("Total = %d, %v", n, err)
	}
}
