package account

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

func codeOf(err error) hubbub.Code {
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}

func TestPasswords(t *testing.T) {
	for _, row := range []struct {
		why, password string
		want          hubbub.Code
	}{
		{"8 characters", "12345678", ""},
		{"of any language", "비밀번호여덟글자", ""},
		{"spaces are characters", "        ", ""},
		{"256 characters", strings.Repeat("가", 256), ""},
		{"parts that make 8", strings.Repeat("e\u0301", 8), ""},
		{"none", "", hubbub.CodePasswordInvalid},
		{"7 characters", "1234567", hubbub.CodePasswordInvalid},
		{"7 that look like 14", strings.Repeat("e\u0301", 7), hubbub.CodePasswordInvalid},
		{"257 characters", strings.Repeat("a", 257), hubbub.CodePasswordInvalid},
		{"the username", "mina.kim", hubbub.CodePasswordInvalid},
		{"the username in capitals", "MINA.Kim", hubbub.CodePasswordInvalid},
		{"the username and more", "mina.kim1", ""},
	} {
		if _, err := password(row.password, "mina.kim"); codeOf(err) != row.want {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
}

// TestReferenceHash verifies what the reference implementation of Argon2 made.
func TestReferenceHash(t *testing.T) {
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for password, want := range map[string]bool{"password": true, "passwore": false, "": false} {
		if same, err := newHasher(1).verify(t.Context(), password, stored); same != want || err != nil {
			t.Errorf("%q: %v, %v", password, same, err)
		}
	}
}

func TestHashAndVerify(t *testing.T) {
	h := newHasher(1)
	secret, err := password("cafe\u0301 au lait", "mina")
	if err != nil {
		t.Fatal(err)
	}
	one, err := h.hash(t.Context(), secret)
	if err != nil || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", one, err)
	}
	if two, err := h.hash(t.Context(), secret); err != nil || two == one {
		t.Errorf("hashed twice: %q, %v", two, err)
	}
	for password, want := range map[string]bool{"café au lait": true, "cafe\u0301 au lait": true, "cafe au lait": false} {
		if same, err := h.verify(t.Context(), password, one); same != want || err != nil {
			t.Errorf("%q: %v, %v", password, same, err)
		}
	}
}

// TestNobodyTakesAsLong: without a stored password the same is computed.
func TestNobodyTakesAsLong(t *testing.T) {
	h := newHasher(1)
	var spent []cost
	h.derive = func(_ string, c cost, salt []byte, length int) []byte {
		if len(salt) != saltLength || length != keyLength {
			t.Errorf("a salt of %d, a key of %d bytes", len(salt), length)
		}
		spent = append(spent, c)
		return make([]byte, length) // the very key that nobody has
	}
	stored, err := h.hash(t.Context(), "password")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := h.verify(t.Context(), "password", stored); !same || err != nil {
		t.Errorf("%v, %v", same, err)
	}
	if same, err := h.verify(t.Context(), "password", ""); same || err != nil {
		t.Errorf("nobody: %v, %v", same, err)
	}
	if len(spent) != 3 || spent[1] != spent[2] {
		t.Errorf("spent %v", spent)
	}
}

func TestStoredPasswords(t *testing.T) {
	salt, key := unpadded.EncodeToString(make([]byte, 16)), unpadded.EncodeToString(make([]byte, 32))
	good := "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key
	if p, err := parsePHC(good); err != nil || p.String() != good {
		t.Fatalf("%v, %v", p, err)
	}
	for why, bad := range map[string]string{
		"none": "", "of another program": "$2b$12$abcdefghijklmnopqrstuv", "another variant": strings.Replace(good, "argon2id", "argon2i", 1),
		"another version": strings.Replace(good, "v=19", "v=16", 1), "no version": strings.Replace(good, "$v=19", "", 1),
		"more memory than there is": strings.Replace(good, "m=19456", "m=4000000000", 1), "no memory": strings.Replace(good, "m=19456", "m=0", 1),
		"no end": strings.Replace(good, "t=2", "t=1000000", 1), "no passes": strings.Replace(good, "t=2", "t=0", 1),
		"no threads": strings.Replace(good, "p=1", "p=0", 1), "less than nothing": strings.Replace(good, "t=2", "t=-2", 1),
		"more at the end": good + "$x", "no base64": good + "!", "padded": good + "=", "no key": strings.TrimSuffix(good, key),
		"a short salt": strings.Replace(good, salt, "AAAA", 1),
	} {
		if p, err := parsePHC(bad); err == nil {
			t.Errorf("%s: %q was read as %v", why, bad, p)
		}
		if same, err := newHasher(1).verify(t.Context(), "password", bad); bad != "" && (same || codeOf(err) != hubbub.CodeInternal) {
			t.Errorf("%s: %v, %v", why, same, err)
		}
	}
}

// FuzzParsePHC: whatever is stored, it is within bounds or refused.
func FuzzParsePHC(f *testing.F) {
	f.Add(nobody.String())
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err != nil {
			return
		}
		if p.memory > maxMemory || p.time > maxTime || p.threads < 1 || len(p.key) > 64 {
			t.Errorf("%q asks for %+v", s, p)
		}
		if again, err := parsePHC(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q: %v, %v", s, again, err)
		}
	})
}

// TestHashingIsBounded counts: no more are hashed at once than there are slots, no
// more wait than there are places, and whoever is beyond is told at once.
func TestHashingIsBounded(t *testing.T) {
	const slots, beyond = 2, 50
	h := newHasher(slots)
	var running, most atomic.Int32
	begun, gate := make(chan struct{}, 1000), make(chan struct{})
	h.derive = func(_ string, _ cost, _ []byte, length int) []byte {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		begun <- struct{}{}
		<-gate
		return make([]byte, length)
	}
	outcomes := make(chan error, cap(h.places)+beyond)
	var all sync.WaitGroup
	for range cap(h.places) + beyond {
		all.Go(func() {
			_, err := h.hash(context.Background(), "password")
			outcomes <- err
		})
	}
	for range beyond { // nobody who is within the bound can have an outcome yet
		err := <-outcomes
		if e := hubbub.AsError(err); err == nil || e.Code != hubbub.CodeOverloaded || e.RetryAfter <= 0 {
			t.Fatalf("beyond the bound: %v", err)
		}
	}
	for range slots {
		<-begun
	}
	if n := len(h.places); n != slots*(1+waiting) || running.Load() != slots {
		t.Errorf("%d are in, %d hash", n, running.Load())
	}
	if _, err := h.verify(t.Context(), "password", ""); codeOf(err) != hubbub.CodeOverloaded {
		t.Errorf("to check one is no way around: %v", err)
	}
	close(gate)
	all.Wait()
	close(outcomes)
	for err := range outcomes {
		if err != nil {
			t.Errorf("within the bound: %v", err)
		}
	}
	if most.Load() != slots || len(h.places) != 0 || len(h.slots) != 0 {
		t.Errorf("%d at once; %d places and %d slots are still taken", most.Load(), len(h.places), len(h.slots))
	}
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	h := newHasher(1)
	h.slots <- struct{}{} // somebody hashes
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := h.hash(ctx, "password"); ended <- err }()
	cancel()
	if err := <-ended; codeOf(err) != hubbub.CodeOverloaded || len(h.places) != 0 {
		t.Errorf("%v, %d places are taken", err, len(h.places))
	}
	var e *hubbub.Error
	if _, err := h.hash(ctx, "password"); !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

func TestSlotsAreBounded(t *testing.T) {
	if n := hashSlots(); n < 1 || n > maxSlots || n > runtime.GOMAXPROCS(0) {
		t.Errorf("%d slots of %d MiB", n, usual.memory>>10)
	}
}

func BenchmarkVerify(b *testing.B) {
	h := newHasher(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.verify(b.Context(), "password", ""); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTwoHundredLogins is a rush: 200 at once, of whom those who are turned
// away come again. It reports how far the heap grew.
func BenchmarkTwoHundredLogins(b *testing.B) {
	h := newHasher(hashSlots())
	var peak uint64
	for b.Loop() {
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				for codeOf(logIn(b, h)) == hubbub.CodeOverloaded {
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		look := time.NewTicker(5 * time.Millisecond)
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-look.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
		look.Stop()
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

func logIn(b *testing.B, h *hasher) error {
	_, err := h.verify(b.Context(), "password", "")
	return err
}
