package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/hubbub-live/hubbub"
)

// The bounds of a password, in characters.
const (
	minPassword = 8
	maxPassword = 256
)

// password returns a password as it is hashed, in NFC: keyboards write the same
// letters in several ways. It is refused if it is too short, too long or the
// username.
func password(s, username string) (string, error) {
	s = norm.NFC.String(s)
	switch n := utf8.RuneCountInString(s); {
	case n < minPassword:
		return "", hubbub.Refuse(hubbub.CodePasswordInvalid, "a password needs at least %d characters", minPassword)
	case n > maxPassword:
		return "", hubbub.Refuse(hubbub.CodePasswordInvalid, "a password has at most %d characters", maxPassword)
	case strings.EqualFold(s, username):
		return "", hubbub.Refuse(hubbub.CodePasswordInvalid, "the password cannot be the username")
	}
	return s, nil
}

// A cost is what one hash takes by argon2id.
type cost struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// usual is the cost of new passwords: the first that OWASP recommends for argon2id
// with one thread.
var usual = cost{memory: 19 << 10, time: 2, threads: 1}

// Bounds of what a stored hash may ask for: it may come from an import.
const (
	maxMemory = 64 << 10 // KiB
	maxTime   = 16
)

const (
	saltLength = 16 // bytes
	keyLength  = 32 // bytes
)

// A phc is a hash with all it takes to make it again. Its string form is that of
// the password hashing competition: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	cost
	salt, key []byte
}

var unpadded = base64.RawStdEncoding.Strict()

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		unpadded.EncodeToString(p.salt), unpadded.EncodeToString(p.key))
}

// parsePHC is the inverse of String, within bounds.
func parsePHC(s string) (p phc, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("a stored password is no argon2id hash of version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return phc{}, fmt.Errorf("read the cost of a stored password: %w", err)
	}
	if p.salt, err = unpadded.DecodeString(parts[4]); err != nil {
		return phc{}, fmt.Errorf("read the salt of a stored password: %w", err)
	}
	if p.key, err = unpadded.DecodeString(parts[5]); err != nil {
		return phc{}, fmt.Errorf("read the key of a stored password: %w", err)
	}
	if p.memory < 8 || p.memory > maxMemory || p.time < 1 || p.time > maxTime || p.threads < 1 || p.threads > 16 ||
		len(p.salt) < 8 || len(p.salt) > 64 || len(p.key) < 16 || len(p.key) > 64 {
		return phc{}, fmt.Errorf("a stored password asks for too much or too little")
	}
	return p, nil
}

// nobody is verified against where there is no password, so that the answer takes
// as long. No password has this key, and if one had, it would not be asked.
var nobody = phc{cost: usual, salt: make([]byte, saltLength), key: make([]byte, keyLength)}

// A hasher bounds how many passwords are hashed at once: each takes 19 MiB and a
// core for some tens of milliseconds. Others wait in a queue, and beyond that are
// turned away at once, so that a flood of logins neither takes the memory nor
// makes everybody wait for ever.
type hasher struct {
	places chan struct{} // taken by those who hash or wait
	slots  chan struct{} // taken by those who hash
	derive func(password string, c cost, salt []byte, length int) []byte

	hashed, refused prometheus.Counter
}

const (
	maxSlots = 8  // 152 MiB, however many cores there are
	waiting  = 64 // for each slot: about 2 s of waiting
)

func newHasher(slots int) *hasher {
	return &hasher{
		places: make(chan struct{}, slots*(1+waiting)), slots: make(chan struct{}, slots), derive: derive,
		hashed: hashedCounter(), refused: refusedCounter(),
	}
}

// hashSlots is one for each core that the program may use.
func hashSlots() int { return min(runtime.GOMAXPROCS(0), maxSlots) }

func derive(password string, c cost, salt []byte, length int) []byte {
	return argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, uint32(length))
}

// hash returns the PHC string of a password that the function password returned.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{cost: usual, salt: make([]byte, saltLength)}
	_, _ = rand.Read(p.salt) // never fails
	err := h.turn(ctx, func() { p.key = h.derive(password, p.cost, p.salt, keyLength) })
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// verify says whether a password is the one that was hashed to stored; without
// one, "", it takes as long and says no.
func (h *hasher) verify(ctx context.Context, password, stored string) (same bool, err error) {
	p := nobody
	if stored != "" {
		if p, err = parsePHC(stored); err != nil {
			return false, hubbub.AsError(err)
		}
	}
	err = h.turn(ctx, func() {
		key := h.derive(norm.NFC.String(password), p.cost, p.salt, len(p.key))
		same = stored != "" && subtle.ConstantTimeCompare(key, p.key) == 1
	})
	return same, err
}

// turn runs f when it is its turn.
func (h *hasher) turn(ctx context.Context, f func()) error {
	select {
	case h.places <- struct{}{}:
	default:
		return h.busy()
	}
	defer func() { <-h.places }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return h.busy()
	}
	defer func() { <-h.slots }()
	h.hashed.Inc()
	f()
	return nil
}

func (h *hasher) busy() error {
	h.refused.Inc()
	e := hubbub.Refuse(hubbub.CodeOverloaded, "too many people are signing in now; try again in a moment")
	e.RetryAfter = retryBusy
	return e
}
