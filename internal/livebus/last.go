package livebus

import "github.com/hubbub-live/hubbub"

// LastKey is where the relay keeps, in the cache, the newest value of a stream on
// a channel where only the newest counts (analysis, summary): what a subscriber
// is sent first. The value is the topic's, as it is.
func LastKey(c hubbub.Channel, s hubbub.StreamID) string {
	return "last:" + c.String() + ":" + string(s)
}
