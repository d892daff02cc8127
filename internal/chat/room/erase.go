package room

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Erase blanks what a user said in the rooms that are loaded here, so that nobody
// who joins is given it: their archive is blank already. It does not touch what
// viewers were sent before, and passes by rooms that are just being loaded: they
// may have read before the archive was blanked, so it is called again later. It
// does not wait for viewers.
func (h *Hub) Erase(user hubbub.UserID) {
	for _, r := range h.all() {
		select {
		case <-r.ready:
			r.erase(user)
		default:
		}
	}
}

func (r *Room) erase(user hubbub.UserID) {
	r.viewers.Lock() // joins and flushes read what is at hand under it
	defer r.viewers.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, events := range [][]event{r.mu.recent[hubbub.MessageChannel].events, r.mu.pending[hubbub.MessageChannel]} {
		for i := range events {
			if e := &events[i]; archive.Of(eventlog.Record{Value: e.value}).Sender == user {
				e.value, e.nonce = archive.Blank(e.value), ""
			}
		}
	}
}
