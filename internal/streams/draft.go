package streams

import (
	"cmp"
	"crypto/rand"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// A Draft is a stream to be created.
type Draft struct {
	ID           hubbub.StreamID // "": one is made up
	HostID       hubbub.UserID   // the owner; "": nobody's
	HostName     string
	HostPicture  string
	Title        string // 1 to 100 user-perceived characters; "": the id
	Language     string // BCP 47, or ""
	ThumbnailURL string // http(s), or ""
	PlaybackURL  string // http(s), or ""
	Demo         bool
}

// An Edit is what is to change of a stream; nil leaves it as it is. The bounds are
// those of a Draft.
type Edit struct {
	Title        *string // not ""
	Language     *string
	ThumbnailURL *string
	PlaybackURL  *string
}

func (d Draft) stream() (hubbub.Stream, error) {
	if d.ID == "" {
		d.ID = hubbub.StreamID(strings.ToLower(rand.Text()[:10]))
	}
	if !d.ID.Valid() {
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeBadRequest,
			"a stream's id is 1 to 64 of A-Z a-z 0-9 _ and -, and none of subscribe, enter, leave")
	}
	title := cmp.Or(d.Title, string(d.ID))
	e, err := Edit{Title: &title, Language: &d.Language, ThumbnailURL: &d.ThumbnailURL, PlaybackURL: &d.PlaybackURL}.clean()
	if err != nil {
		return hubbub.Stream{}, err
	}
	return hubbub.Stream{
		ID: d.ID, HostID: d.HostID, HostName: d.HostName, HostPicture: d.HostPicture,
		Title: *e.Title, Status: hubbub.StatusLive, Language: d.Language,
		ThumbnailURL: d.ThumbnailURL, PlaybackURL: d.PlaybackURL, Demo: d.Demo,
	}, nil
}

// clean returns e as it is stored, or why it is refused.
func (e Edit) clean() (Edit, error) {
	if e.Title != nil {
		title, err := text.Content(*e.Title, text.Limits{Characters: 100, Bytes: 1 << 10})
		if err != nil {
			return Edit{}, hubbub.Refuse(hubbub.CodeBadRequest, "the title: %s", hubbub.AsError(err).Message)
		}
		e.Title = &title
	}
	if e.Language != nil && !tag(*e.Language) {
		return Edit{}, hubbub.Refuse(hubbub.CodeBadRequest, "the language has to be a tag such as ko or en-GB")
	}
	if e.ThumbnailURL != nil && !link(*e.ThumbnailURL) {
		return Edit{}, hubbub.Refuse(hubbub.CodeBadRequest, "the thumbnail URL has to be an http(s) URL of at most 512 bytes")
	}
	if e.PlaybackURL != nil && !link(*e.PlaybackURL) {
		return Edit{}, hubbub.Refuse(hubbub.CodeBadRequest, "the playback URL has to be an http(s) URL of at most 512 bytes")
	}
	return e, nil
}

// tag says whether language has the looks of BCP 47, or is "".
func tag(language string) bool {
	return len(language) <= 35 && strings.Trim(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// link says whether a URL can be put into a page, or is "".
func link(url string) bool { return url == "" || text.Link(url) }
