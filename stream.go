package hubbub

import "time"

// The states of a stream.
const (
	StatusLive  = "live"
	StatusEnded = "ended" // read-only
	// StatusDeleted is what nobody can read any more; its id stays taken. Readers of
	// the metastore never see it.
	StatusDeleted = "deleted"
)

// A Stream is a live stream and its room, as the metastore has it. The metastore
// row is the truth about a stream; everything else is a copy with an age.
type Stream struct {
	ID           StreamID
	HostID       UserID // "" for streams the server made itself
	HostName     string
	HostPicture  string
	Title        string
	Status       string // StatusLive or StatusEnded
	Language     string // BCP 47, "" unknown
	ThumbnailURL string
	PlaybackURL  string
	Demo         bool // scripted, and badged as such
	CreatedAt    time.Time
	EndedAt      time.Time // zero while live
	// Moderators are whom the owner named. Lists of streams leave them out; what
	// others share is not to be changed.
	Moderators []UserID
}

// Roles in tokens and messages.
const (
	RoleAdmin     = "admin"     // of the site
	RoleOwner     = "owner"     // of the stream
	RoleModerator = "moderator" // of the stream
	RoleGuest     = "guest"     // signed in without an account
	RoleDemo      = "demo"      // scripted; in demo streams alone
)
