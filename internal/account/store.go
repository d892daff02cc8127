package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
)

// What a Store answers instead of an outcome.
var (
	ErrNotFound      = errors.New("not found")
	ErrUsernameTaken = errors.New("the username is taken")
	ErrNameTaken     = errors.New("the name, or one that looks like it, is taken")
)

// A Hash is what is kept of a refresh token or a one-time code.
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

// A Newcomer is a user to be made and all that is made along with them.
type Newcomer struct {
	User     User
	Password string   // a PHC string; "": without
	Family   Family   // that they are signed in by; zero: not signed in
	Reset    Code     // to set a password by; zero: none
	Claim    Hash     // of the claim code that it uses up; zero: none
	Identity Identity // by which they sign in at a provider; zero: none
}

// A Store keeps users, families and codes. All methods may be called concurrently
// and block at most for their context and the disk; what they report as done is
// durable. Times are kept in ms. Any error other than those named means that the
// store cannot be used now.
type Store interface {
	RevocationStore
	BotStore
	IdentityStore
	ErasureStore

	// CreateUser makes a user with all that belongs to them, or nothing:
	// ErrUsernameTaken, ErrNameTaken, ErrIdentityTaken, or ErrNotFound for a claim
	// that is not good (any more). The first admin ends all claims.
	CreateUser(ctx context.Context, n Newcomer) error
	// User returns a user, or ErrNotFound.
	User(ctx context.Context, id hubbub.UserID) (User, error)
	// UserByUsername returns an account, or ErrNotFound.
	UserByUsername(ctx context.Context, username string) (User, error)
	// UserByName returns the account of a name, case aside, or ErrNotFound.
	UserByName(ctx context.Context, name string) (User, error)
	// Users lists, newest first, the accounts, and whoever else is or was banned,
	// that have query in their username or name; "" is in all.
	Users(ctx context.Context, query string, limit, skip int) ([]User, error)
	// SetProfile changes name and picture to u's: ErrNotFound or ErrNameTaken.
	SetProfile(ctx context.Context, u User) error
	// SetAdmin gives or takes the role, or answers ErrNotFound. An admin ends all
	// claims.
	SetAdmin(ctx context.Context, id hubbub.UserID, admin bool) error
	// SetBan bans, or with the zero Ban lifts it, or answers ErrNotFound.
	SetBan(ctx context.Context, id hubbub.UserID, b Ban) error
	// Barred lists who has been banned since then, in the order in which they
	// were, also where the ban has run out; lifted ones are not there.
	Barred(ctx context.Context, since time.Time) ([]User, error)

	// Password returns the PHC string of a user, "" without one, or ErrNotFound.
	Password(ctx context.Context, id hubbub.UserID) (string, error)
	// SetPassword changes f.User's password from old to next, ends all their
	// families at f.CreatedAt and begins f: all or nothing. ErrNotFound: the
	// password is not old (any more).
	SetPassword(ctx context.Context, old, next string, f Family) error
	// ResetPassword does the same whatever the password was, by a reset code of
	// f.User, which it uses up. ErrNotFound: the code is not good at f.CreatedAt.
	ResetPassword(ctx context.Context, code Hash, next string, f Family) error

	// BeginFamily adds a family of a user whose password is still the one that
	// they came with, or answers ErrNotFound.
	BeginFamily(ctx context.Context, f Family, password string) error
	// Family returns a family, or ErrNotFound.
	Family(ctx context.Context, id string) (Family, error)
	// RotateFamily replaces the hash of a family that lasts, if it is old; of
	// two who try, one succeeds.
	RotateFamily(ctx context.Context, id string, old, next Hash, expires time.Time) (rotated bool, err error)
	// EndFamily ends a family, once; a repeat and an unknown id change nothing.
	EndFamily(ctx context.Context, id string, at time.Time) error

	// PutCode adds a code, in the place of all others of its kind and user.
	PutCode(ctx context.Context, c Code) error
	// PutClaim does so for a claim unless there is an admin, and says whether it did.
	PutClaim(ctx context.Context, hash Hash) (put bool, err error)
	// Code returns a code, also one that has expired, or ErrNotFound.
	Code(ctx context.Context, hash Hash) (Code, error)
	// Claimable says whether there is a claim.
	Claimable(ctx context.Context) (bool, error)

	// Sweep removes the families and codes that expired before now, and the guests
	// created before guests who have no family left. It returns how many rows went.
	Sweep(ctx context.Context, now, guests time.Time) (int64, error)
}
