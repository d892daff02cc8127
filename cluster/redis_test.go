package cluster

import (
	"context"
	"strings"
	"testing"
	"time"
)

// Replicas have what their master has, also after it was killed and started again,
// which forgets everything.
func TestRedis(t *testing.T) {
	r, err := StartRedis(t.Context(), t.TempDir(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range append(r.Replicas, r.Master) {
			endOf(t, s.Process)
		}
	})
	at := func(s *RedisServer, command string) string {
		t.Helper()
		line, err := redisAsk(t.Context(), s.port, command, func(string) bool { return true })
		if err != nil {
			t.Fatalf("%s at %s: %v", command, s.Name, err)
		}
		return line
	}
	if got := at(r.Master, "SET k v"); got != "+OK" {
		t.Fatalf("SET: %s", got)
	}
	has := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, s := range r.Replicas {
			for got := ""; got != want; {
				if got = at(s, "EXISTS k"); ctx.Err() != nil {
					t.Fatalf("%s says %s, want %s", s.Name, got, want)
				}
			}
		}
	}
	has(":1")
	if got := at(r.Replicas[0], "SET k w"); !strings.HasPrefix(got, "-READONLY") {
		t.Errorf("a replica takes a write: %s", got)
	}
	if err := r.Master.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	has(":0")
}
