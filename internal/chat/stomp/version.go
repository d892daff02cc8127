// Package stomp is the codec of STOMP 1.0, 1.1 and 1.2, for both ends of a
// connection: it cuts the octets of WebSocket messages into frames and appends
// frames to buffers. It knows octets and limits; what a frame means, and
// whether it is allowed, is its caller's business. It does no I/O and starts
// nothing.
package stomp

import "strings"

// A Version is a version of the protocol. The zero Version is that of a
// connection before its CONNECT: line ends may be CR LF, nothing is escaped.
type Version uint8

// The versions.
const (
	V10 Version = iota + 1
	V11
	V12
)

// Versions is what a server that uses this package supports, as it stands in
// the version header of the ERROR for a client with which it shares none.
const Versions = "1.0,1.1,1.2"

// String returns the version as it stands in headers; "" for the zero Version.
func (v Version) String() string {
	switch v {
	case V10:
		return "1.0"
	case V11:
		return "1.1"
	case V12:
		return "1.2"
	}
	return ""
}

// Negotiate picks the highest common version from the value of an
// accept-version header, "" when there is none, which means 1.0. ok is false
// when nothing in it is supported.
func Negotiate(acceptVersion string) (v Version, ok bool) {
	if acceptVersion == "" {
		return V10, true
	}
	for offer := range strings.SplitSeq(acceptVersion, ",") {
		switch strings.Trim(offer, " ") {
		case "1.0":
			v = max(v, V10)
		case "1.1":
			v = max(v, V11)
		case "1.2":
			v = V12
		}
	}
	return v, v != 0
}

// escapes says whether header values of this version are escaped.
func (v Version) escapes() bool { return v >= V11 }

// carriageReturns says whether a line may end in CR LF.
func (v Version) carriageReturns() bool { return v == 0 || v == V12 }
