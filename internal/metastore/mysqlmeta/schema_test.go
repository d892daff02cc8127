package mysqlmeta

import (
	"errors"
	"sync"
	"testing"
)

func TestNewerIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := openIn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := openIn(t.Context(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("Open = %v, want %v", err, ErrNewer)
	}
}

// Processes that start together make one schema.
func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			s, err := openIn(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	all.Wait()
}
