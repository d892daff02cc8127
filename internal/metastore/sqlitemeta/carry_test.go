package sqlitemeta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

// TestEveryTableIsCarriedOrLeft: whoever adds a table decides what becomes of it
// when a site is exported, in metastore.Carried or metastore.Left.
func TestEveryTableIsCarriedOrLeft(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), File))
	rows, err := s.reader.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		found[name] = true
		if _, left := metastore.Left[name]; left == slices.Contains(metastore.Carried, name) {
			t.Errorf("the table %s has to be in metastore.Carried or in metastore.Left", name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range metastore.Carried {
		if !found[name] {
			t.Errorf("there is no table %s to carry", name)
		}
	}
	version, err := s.Schema(t.Context())
	if err != nil || version != Newest() {
		t.Errorf("the schema is %d, %v; the newest step is %d", version, err, Newest())
	}
}

func openStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// carried reads all that is carried.
func carried(t *testing.T, s *Store) map[string][]metastore.Row {
	t.Helper()
	all := map[string][]metastore.Row{}
	for _, table := range metastore.Carried {
		err := s.Rows(t.Context(), table, func(row metastore.Row) error {
			all[table] = append(all[table], row)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// throughJSON is what comes of a row that was written to a file and read from it.
func throughJSON(t *testing.T, row metastore.Row) (out metastore.Row) {
	t.Helper()
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRowsAreCarried fills every column of every carried table, and reads it back
// from another file.
func TestRowsAreCarried(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), File))
	for _, table := range metastore.Carried {
		columns, err := columnsIn(s.writer)(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			var names []string
			var values []any
			for i, c := range columns {
				names = append(names, c.Name)
				switch {
				case c.Bytes:
					values = append(values, []byte{0, 0xff, byte(n)})
				case strings.HasSuffix(c.Name, "_at") || i > 6:
					values = append(values, int64(1)<<53+int64(n)) // more than a float64 holds
				default:
					values = append(values, fmt.Sprintf("%s %d <&> \" 한국어 \u2028", c.Name, n))
				}
			}
			places := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
			if _, err := s.writer.Exec(`INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+places+`)`, values...); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
		}
	}
	want := carried(t, s)
	path := filepath.Join(t.TempDir(), File)
	err := Load(t.Context(), path, Newest(), func(insert func(string, metastore.Row) error) error {
		for _, table := range metastore.Carried {
			for _, row := range want[table] {
				if err := insert(table, throughJSON(t, row)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := carried(t, openStore(t, path)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// TestOlderRows: rows of the first schema are brought up to date.
func TestOlderRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	row := metastore.Row{"id": "u", "kind": "guest", "name": "Mina#0001", "picture": "", "created_at": json.Number("1700000000000")}
	err := Load(t.Context(), path, 1, func(insert func(string, metastore.Row) error) error { return insert("users", row) })
	if err != nil {
		t.Fatal(err)
	}
	u, err := openStore(t, path).User(t.Context(), "u")
	if err != nil || u.Name != "Mina#0001" || u.CreatedAt.UnixMilli() != 1700000000000 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct {
		why     string
		version int64
		table   string
		row     metastore.Row
		want    string
	}{
		{"a schema of the future", Newest() + 1, "", nil, sqlitefile.ErrNewer.Error()},
		{"no schema", 0, "", nil, ""},
		{"a column that there is not", Newest(), "users", metastore.Row{"id": "u", "shoe_size": json.Number("42")}, "shoe_size"},
		{"a column of another name", Newest(), "users", metastore.Row{"id) VALUES ('x'); DROP TABLE users; --": "u"}, "column"},
		{"a table that is not carried", Newest(), "codes", metastore.Row{"hash": ""}, "column"},
		{"a value within a value", Newest(), "users", metastore.Row{"id": map[string]any{}}, "id"},
		{"less than a row", Newest(), "users", metastore.Row{"id": "u"}, "NOT NULL"},
	} {
		path := filepath.Join(t.TempDir(), File)
		err := Load(context.Background(), path, c.version, func(insert func(string, metastore.Row) error) error {
			return insert(c.table, c.row)
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	path, broken := filepath.Join(t.TempDir(), File), errors.New("broken")
	err := Load(t.Context(), path, Newest(), func(insert func(string, metastore.Row) error) error {
		return errors.Join(insert("stream_words", metastore.Row{"stream_id": "1", "words": "x"}), broken)
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if got := carried(t, openStore(t, path)); len(got) != 0 {
		t.Errorf("after an error there is %v", got)
	}
}
