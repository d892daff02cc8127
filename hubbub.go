// Package hubbub is the vocabulary of hubbub, live-stream chat that reads the
// room: streams, users, messages, control records, positions, moods and the
// codes of everything that can be refused. Every other package speaks in these
// words. It holds no behaviour beyond making, printing and parsing them, and it
// imports nothing else of this module.
package hubbub

// A StreamID names a live stream and its room: 1 to 64 characters of
// A-Z a-z 0-9 _ and -, but none of the reserved words of the HTTP API.
type StreamID string

// A UserID is the subject of a verified token. Empty: an anonymous viewer.
type UserID string

// A MessageID is a UUIDv7 in its 36-character form, monotone per process.
type MessageID string

// Valid says whether id may name a stream.
func (id StreamID) Valid() bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	switch id {
	case "subscribe", "enter", "leave": // paths below /api/v1/streams/
		return false
	}
	return true
}

// Mood is what a message is, towards the streamer.
type Mood uint8

// The moods, in the order in which they are counted, stored and shown.
const (
	Praise Mood = iota
	Criticism
	Laughter
	Question
	Advice
	Other
	// Moods is how many moods there are.
	Moods = int(Other) + 1
)

var moodNames = [Moods]string{"praise", "criticism", "laughter", "question", "advice", "other"}

// String returns the mood's label as it stands in payloads.
func (m Mood) String() string { return moodNames[m] }

// ParseMood is the inverse of String; ok is false for an unknown label.
func ParseMood(label string) (m Mood, ok bool) {
	for i, name := range moodNames {
		if name == label {
			return Mood(i), true
		}
	}
	return Other, false
}

// A Channel is one kind of live event of a room, the last element of the
// destination /topic/stream/{id}/{channel}.
type Channel uint8

// The channels of a room.
const (
	MessageChannel Channel = iota
	EventChannel
	AnalysisChannel
	SummaryChannel
	UserCountChannel
	// Channels is how many channels a room has.
	Channels = int(UserCountChannel) + 1
)

var channelNames = [Channels]string{"message", "event", "analysis", "summary", "user-count"}

// String returns the channel's name as it stands in destinations.
func (c Channel) String() string { return channelNames[c] }

// ParseChannel is the inverse of String; ok is false for an unknown name.
func ParseChannel(name string) (c Channel, ok bool) {
	for i, n := range channelNames {
		if n == name {
			return Channel(i), true
		}
	}
	return 0, false
}

// Positioned says whether the channel's events carry positions and form a
// chain (messages and room events) or only the newest counts (the others).
func (c Channel) Positioned() bool { return c == MessageChannel || c == EventChannel }
