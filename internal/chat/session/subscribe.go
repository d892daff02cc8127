package session

import (
	"errors"
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// What a SUBSCRIBE may ask for.
const (
	maxSubscriptionID = 128
	maxHistory        = 200
	topic             = "/topic/stream/"
)

// A subscription is one of the session's.
type subscription struct {
	stream  hubbub.StreamID
	counted bool               // in presence
	live    *room.Subscription // nil: to notices
}

// subscribeFrame does a SUBSCRIBE. Refusals leave the session as it was, and end
// it only if it does not listen to notices. A resume that breaks off is none: the
// client was told that it is subscribed, so it has to come back.
func (s *Session) subscribeFrame(f *stomp.Frame, receipt string) error {
	destination, _ := f.Get("destination")
	if err := s.subscribe(f, destination, receipt); err != nil {
		if s.ctx.Err() != nil {
			return errOver
		}
		if errors.Is(err, room.ErrHalfway) {
			s.Fail(hubbub.AsError(err), "")
			return errOver
		}
		s.refuse(hubbub.AsError(err), notice{Destination: destination, Receipt: receipt})
	}
	return nil
}

func (s *Session) subscribe(f *stomp.Frame, destination, receipt string) error {
	id, err := s.subscriptionID(f, destination)
	if err != nil {
		return err
	}
	if _, taken := s.subs[id]; taken {
		return hubbub.Refuse(hubbub.CodeSubscriptionExists, "there is a subscription with the id %.40q", id)
	}
	if most := s.options.Subscriptions; most > 0 && len(s.subs) >= most {
		return hubbub.Refuse(hubbub.CodeTooManySubscriptions, "a session may have %d subscriptions", most)
	}
	if destination == noticesDestination {
		s.subs[id] = &subscription{}
		s.notices.CompareAndSwap(nil, &id)
		s.receipt(receipt)
		return nil
	}
	stream, channel, ok := parseTopic(destination)
	if !ok {
		return hubbub.Refuse(hubbub.CodeDestinationUnknown,
			"SUBSCRIBE to %s{streamId}/message, event, analysis, summary or user-count, or to %s, not to %.80q", topic, noticesDestination, destination)
	}
	join := room.Join{
		Channel: channel,
		Format:  room.Format{Transport: s.transport, Dialect: s.protocol(), Subscription: id},
		Viewer:  s,
		Catch:   s.out.Drained,
	}
	if receipt != "" {
		join.Receipt = func(p hubbub.Position) []byte { return s.receiptFrame(receipt, "position", p.String()) }
	}
	if err := past(f, &join); err != nil {
		return err
	}
	if err := s.options.MayRead(s.ctx, s.Who(), stream); err != nil {
		return err
	}
	return s.join(id, stream, join)
}

func (s *Session) join(id string, stream hubbub.StreamID, join room.Join) error {
	live, err := s.options.Hub.Join(s.ctx, stream, join)
	if err != nil {
		return err
	}
	sub := &subscription{stream: stream, live: live}
	if join.Channel == hubbub.MessageChannel && s.viewer != "" {
		sub.counted = true
		s.options.Presence.Join(stream, s.viewer, s.id)
	}
	s.subs[id] = sub
	return nil
}

// subscriptionID returns the id of a SUBSCRIBE; STOMP 1.0 does without.
func (s *Session) subscriptionID(f *stomp.Frame, destination string) (string, error) {
	id, ok := f.Get("id")
	if !ok && s.protocol() == stomp.V10 {
		id, ok = destination, true
	}
	switch {
	case destination == "":
		return "", hubbub.Refuse(hubbub.CodeHeaderMissing, "SUBSCRIBE needs a destination")
	case !ok || id == "":
		return "", hubbub.Refuse(hubbub.CodeHeaderMissing, "SUBSCRIBE needs an id")
	case len(id) > maxSubscriptionID:
		return "", hubbub.Refuse(hubbub.CodeHeaderInvalid, "the id has %d octets, at most %d are allowed", len(id), maxSubscriptionID)
	}
	return id, nil
}

// parseTopic takes a destination such as /topic/stream/1/message apart.
func parseTopic(destination string) (hubbub.StreamID, hubbub.Channel, bool) {
	rest, ok := strings.CutPrefix(destination, topic)
	if !ok {
		return "", 0, false
	}
	id, name, _ := strings.Cut(rest, "/")
	channel, ok := hubbub.ParseChannel(name)
	stream := hubbub.StreamID(id)
	return stream, channel, ok && stream.Valid()
}

// past reads what of the past is asked for.
func past(f *stomp.Frame, j *room.Join) error {
	if !j.Channel.Positioned() {
		return nil
	}
	if last, ok := f.Get("last-position"); ok && last != "" {
		position, err := hubbub.ParsePosition(last)
		if err != nil {
			return hubbub.Refuse(hubbub.CodePositionInvalid, "last-position %.40q was never printed by this server", last)
		}
		j.After = &position
		return nil
	}
	if history, ok := f.Get("history"); ok && history != "" {
		n, err := strconv.Atoi(history)
		if err != nil || n < 0 || n > maxHistory {
			return hubbub.Refuse(hubbub.CodeHeaderInvalid, "history is a number from 0 to %d, not %.40q", maxHistory, history)
		}
		j.History = n
	}
	return nil
}

// unsubscribeFrame does an UNSUBSCRIBE.
func (s *Session) unsubscribeFrame(f *stomp.Frame, receipt string) error {
	id, ok := f.Get("id")
	if !ok && s.protocol() == stomp.V10 {
		id, ok = f.Get("destination")
	}
	var err *hubbub.Error
	switch {
	case !ok:
		err = hubbub.Refuse(hubbub.CodeHeaderMissing, "UNSUBSCRIBE needs an id")
	case s.subs[id] == nil:
		err = hubbub.Refuse(hubbub.CodeSubscriptionUnknown, "there is no subscription with the id %.40q", id)
	default:
		s.unsubscribe(id)
		s.receipt(receipt)
		return nil
	}
	s.refuse(err, notice{Receipt: receipt})
	return nil
}

// unsubscribe ends a subscription that there is.
func (s *Session) unsubscribe(id string) {
	sub := s.subs[id]
	delete(s.subs, id)
	if sub.live != nil {
		sub.live.Leave()
	} else if *s.notices.Load() == id {
		s.notices.Store(s.otherNotices())
	}
	if sub.counted {
		s.options.Presence.Leave(sub.stream, s.viewer, s.id)
	}
}

// otherNotices returns the id of a subscription to notices, if there is one.
func (s *Session) otherNotices() *string {
	for id, sub := range s.subs {
		if sub.live == nil {
			return &id
		}
	}
	return nil
}
