package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
)

// ErrNotFound is returned by a Store for a user or family that is not there.
var ErrNotFound = errors.New("not found")

// The kinds of users.
const (
	KindGuest = "guest" // a name and nothing else; swept when nobody can sign in as them any more
)

// A User is somebody with a name here.
type User struct {
	ID        hubbub.UserID
	Kind      string
	Name      string
	Picture   string // URL, or ""
	CreatedAt time.Time
}

// Roles returns the roles that u's tokens carry, never nil.
func (u User) Roles() []string {
	if u.Kind == KindGuest {
		return []string{hubbub.RoleGuest}
	}
	return []string{}
}

// A Hash is what is kept of a refresh token.
type Hash [sha256.Size]byte

// A Family is a sign-in and all refresh tokens that came of it, of which only
// the newest is good.
type Family struct {
	ID        string
	User      hubbub.UserID
	Hash      Hash // of the newest token
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // zero while it lasts
}

// A Store keeps users and families. All methods may be called concurrently and
// block at most for their context and the disk; what they report as done is
// durable. Times are kept in ms. Any error other than those named means that the
// store cannot be used now.
type Store interface {
	// CreateUser adds u, signed in by f: both or neither.
	CreateUser(ctx context.Context, u User, f Family) error
	// User returns a user, or ErrNotFound.
	User(ctx context.Context, id hubbub.UserID) (User, error)
	// Family returns a family, or ErrNotFound.
	Family(ctx context.Context, id string) (Family, error)
	// RotateFamily replaces the hash of a family that lasts, if it is old; of
	// two who try, one succeeds.
	RotateFamily(ctx context.Context, id string, old, next Hash, expires time.Time) (rotated bool, err error)
	// EndFamily ends a family, once; a repeat and an unknown id change nothing.
	EndFamily(ctx context.Context, id string, at time.Time) error
	// Sweep removes the families that expired before now, and the guests created
	// before guests who have no family left. It returns how many rows went.
	Sweep(ctx context.Context, now, guests time.Time) (int64, error)
}
