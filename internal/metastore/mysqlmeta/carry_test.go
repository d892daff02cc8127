package mysqlmeta

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
)

// rows are some for every carried table, with something in each column, as read from
// JSON; their order is that of no key.
func rows(t *testing.T, s *Store) map[string][]metastore.Row {
	t.Helper()
	all := map[string][]metastore.Row{}
	for _, table := range metastore.Carried {
		columns, err := columnsOf(s.db)(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 0, 1} {
			row := metastore.Row{}
			for _, c := range columns {
				var kind string
				var length int
				err := s.db.QueryRow(`SELECT data_type, COALESCE(character_maximum_length, 0) FROM information_schema.columns
					WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?`, table, c.Name).Scan(&kind, &length)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case kind == "bigint":
					row[c.Name] = json.Number(fmt.Sprint(int64(1)<<53 + int64(n))) // more than a float64 holds
				case kind == "int":
					row[c.Name] = json.Number(fmt.Sprint(n))
				case length < 40:
					row[c.Name] = fmt.Sprint("k ", n)
				default:
					row[c.Name] = []string{"b", "À", "가"}[n] + c.Name + " <&> \" 한국어 \u2028"
				}
			}
			all[table] = append(all[table], row)
		}
	}
	return all
}

// text is what comes of a store's rows in a file.
func text(t *testing.T, s *sqlmeta.Store) string {
	t.Helper()
	var b bytes.Buffer
	for _, table := range metastore.Carried {
		err := s.Rows(t.Context(), table, func(row metastore.Row) error {
			return json.NewEncoder(&b).Encode(map[string]any{table: row})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// Rows are the same here and in SQLite, in the same order.
func TestRowsAreThoseOfSQLite(t *testing.T) {
	s := openStore(t)
	all := rows(t, s)
	fill := func(insert func(string, metastore.Row) error) error {
		for _, table := range metastore.Carried {
			for _, row := range all[table] {
				if err := insert(table, row); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := s.Load(t.Context(), sqlitemeta.Newest(), fill); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), sqlitemeta.File)
	if err := sqlitemeta.Load(t.Context(), path, sqlitemeta.Newest(), fill); err != nil {
		t.Fatal(err)
	}
	other, err := sqlitemeta.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if is, want := text(t, s.Store), text(t, other.Store); is != want {
		t.Errorf("here they are\n%sin SQLite\n%s", is, want)
	}
	for _, table := range metastore.Carried {
		n := 0
		err := s.Rows(t.Context(), table, func(row metastore.Row) error {
			n++
			if !slices.ContainsFunc(all[table], func(want metastore.Row) bool { return reflect.DeepEqual(plain(row), plain(want)) }) {
				t.Errorf("%s: nobody wrote %v", table, row)
			}
			return nil
		})
		if err != nil || n != 3 {
			t.Errorf("%s: %d rows, %v", table, n, err)
		}
	}
}

// plain has numbers as JSON has them.
func plain(row metastore.Row) metastore.Row {
	same := metastore.Row{}
	for name, value := range row {
		if n, ok := value.(int64); ok {
			value = json.Number(fmt.Sprint(n))
		}
		same[name] = value
	}
	return same
}

func TestLoadRefuses(t *testing.T) {
	s := openStore(t)
	nothing := func(func(string, metastore.Row) error) error { return nil }
	for _, version := range []int64{sqlitemeta.Newest() - 1, sqlitemeta.Newest() + 1} {
		if err := s.Load(t.Context(), version, nothing); !errors.Is(err, ErrSchema) {
			t.Errorf("schema %d: %v", version, err)
		}
	}
	user := metastore.Row{"id": "u", "kind": "guest", "name": "Mina#0001", "picture": "", "created_at": json.Number("1")}
	broken := errors.New("broken")
	err := s.Load(t.Context(), sqlitemeta.Newest(), func(insert func(string, metastore.Row) error) error {
		return errors.Join(insert("users", user), broken)
	})
	if !errors.Is(err, broken) || text(t, s.Store) != "" {
		t.Errorf("%v, and there is %s", err, text(t, s.Store))
	}
	one := func(insert func(string, metastore.Row) error) error { return insert("users", user) }
	if err := s.Load(t.Context(), sqlitemeta.Newest(), one); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), sqlitemeta.Newest(), nothing); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("where there are users: %v", err)
	}
}
