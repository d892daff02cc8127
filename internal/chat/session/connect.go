package session

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/token"
)

// maxViewer bounds the header viewer, which is kept as long as the connection.
const maxViewer = 128

// heartBeat is what CONNECTED always says: some clients break without it.
const heartBeat = "20000,20000"

// connect opens the session: version, who it is, heart-beats.
func (s *Session) connect(f *stomp.Frame) error {
	offered, _ := f.Get("accept-version")
	version, ok := stomp.Negotiate(offered)
	if !ok {
		return hubbub.Refuse(hubbub.CodeUnsupportedVersion, "the server speaks %s, not %.40q", stomp.Versions, offered)
	}
	who, err := s.identify(f)
	if err != nil {
		return err
	}
	header, _ := f.Get("heart-beat")
	can, wants, err := stomp.ParseHeartBeat(header)
	if err != nil {
		return err
	}
	if s.viewer, err = s.presentAs(f, who); err != nil {
		return err
	}
	s.who.Store(&who)
	s.beatEvery.Store(int64(stomp.Interval(beat, wants)))
	s.beatWithin.Store(int64(beatsMissed * stomp.Interval(can, beat)))
	s.version.Store(uint32(version))
	s.decoder.SetVersion(version)

	headers := []string{"version", version.String(), "heart-beat", heartBeat, "session", s.id, "server", "hubbub"}
	if who.User != "" {
		headers = append(headers, "user-name", string(who.User))
	}
	s.write(stomp.AppendFrame(nil, version, stomp.Connected, nil, headers...))
	return nil
}

// identify returns who connects, from the token alone.
func (s *Session) identify(f *stomp.Frame) (token.Identity, error) {
	header, ok := f.Get("Authorization")
	if !ok {
		header, ok = f.Get("authorization")
	}
	if !ok || header == "" {
		if !s.options.Anonymous {
			return token.Identity{}, hubbub.Refuse(hubbub.CodeTokenRequired, "CONNECT needs a header Authorization: Bearer <token>")
		}
		return token.Identity{}, nil
	}
	raw, ok := token.Bearer(header)
	if !ok {
		return token.Identity{}, hubbub.Refuse(hubbub.CodeTokenInvalid, "the Authorization header has to be: Bearer <token>")
	}
	return s.options.Verify(raw)
}

// presentAs returns as whom the session is counted; "" if it is not to be.
func (s *Session) presentAs(f *stomp.Frame, who token.Identity) (string, error) {
	if presence, _ := f.Get("presence"); presence == "none" {
		return "", nil
	}
	viewer, _ := f.Get("viewer")
	switch {
	case who.User != "":
		return "user:" + string(who.User), nil
	case len(viewer) > maxViewer:
		return "", hubbub.Refuse(hubbub.CodeHeaderInvalid, "viewer has %d octets, at most %d are allowed", len(viewer), maxViewer)
	case viewer != "":
		return "viewer:" + viewer, nil
	}
	return "connection:" + s.id, nil
}
