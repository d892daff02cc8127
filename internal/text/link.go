package text

import (
	"net/url"
	"strings"
	"unicode"
)

// MaxLink is the length of the longest link, in bytes.
const MaxLink = 512

// Link says whether s is an http(s) URL that can be put into a page and a token:
// no javascript:, no data:, nothing invisible.
func Link(s string) bool {
	if len(s) > MaxLink || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
