package send

import (
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
)

// rates limits users by the generic cell rate algorithm: a user is one time, the
// one at which all that was sent would have been due at the steady rate.
type rates struct {
	perSecond float64 // messages; 0: no limit
	burst     int

	mu  sync.Mutex
	due map[hubbub.UserID]time.Time
}

// take uses up one message of user's and returns 0, or how long to wait.
func (r *rates) take(user hubbub.UserID, now time.Time) time.Duration {
	if r.perSecond <= 0 {
		return 0
	}
	step := time.Duration(float64(time.Second) / r.perSecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.due[user]
	if due.Before(now) {
		due = now
	}
	if wait := due.Sub(now) - step*time.Duration(max(r.burst, 1)-1); wait > 0 {
		return wait
	}
	if r.due == nil {
		r.due = map[hubbub.UserID]time.Time{}
	}
	r.due[user] = due.Add(step)
	return 0
}

// forget drops users who may send a full burst again, which is what an unknown
// user may.
func (r *rates) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user, due := range r.due {
		if due.Before(now) {
			delete(r.due, user)
		}
	}
}
