package account

import (
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// The kinds of users.
const (
	KindGuest   = "guest"   // a name and nothing else; swept when nobody can sign in as them any more
	KindAccount = "account" // has a username, by which it signs in with a password
	KindOther   = "other"   // named by tokens of another system, and here only because they are banned
)

// A User is somebody with a name here.
type User struct {
	ID        hubbub.UserID
	Kind      string
	Name      string // unique among accounts, under case and look-alikes
	Picture   string // URL, or ""
	Username  string // of accounts, unique: 3 to 32 of a-z 0-9 _ . and -
	Admin     bool   // of the site
	Ban       Ban    // from the site; zero: none
	CreatedAt time.Time
}

// Roles returns the roles that u's tokens carry, never nil.
func (u User) Roles() []string {
	switch {
	case u.Kind == KindGuest:
		return []string{hubbub.RoleGuest}
	case u.Admin:
		return []string{hubbub.RoleAdmin}
	}
	return []string{}
}

// NameKeys returns the two forms of an account's name that no other account may
// have: without case, and as it looks. Others may share theirs: both are "".
func (u User) NameKeys() (fold, shape string) {
	if u.Kind != KindAccount {
		return "", ""
	}
	return text.Fold(u.Name), text.Shape(u.Name)
}

// A Ban keeps somebody out of the site: they may not sign in, and their sessions
// end.
type Ban struct {
	By     hubbub.UserID
	Reason string // at most 500 user-perceived characters; the banned read it
	At     time.Time
	Until  time.Time // zero: for good
}

// Holds says whether the ban is in force.
func (b Ban) Holds(now time.Time) bool {
	return !b.At.IsZero() && (b.Until.IsZero() || now.Before(b.Until))
}

// refusal says to the banned that and for how long they are.
func (b Ban) refusal(now time.Time) *hubbub.Error {
	message := "you are banned from this site"
	if b.Reason != "" {
		message += fmt.Sprintf(" (%s)", b.Reason)
	}
	e := hubbub.Refuse(hubbub.CodeBanned, "%s", message)
	if !b.Until.IsZero() {
		e.RetryAfter = b.Until.Sub(now)
	}
	return e
}
