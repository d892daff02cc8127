package eventlog

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
)

// AppendWait appends r and waits for its outcome. It may return after ctx has
// ended: a record that was handed over is waited for, so that the answer is true.
func AppendWait(ctx context.Context, log Log, topic Topic, r Record) (hubbub.Position, time.Time, error) {
	type outcome struct {
		at  hubbub.Position
		now time.Time
		err error
	}
	done := make(chan outcome, 1)
	log.Append(ctx, topic, r, func(at hubbub.Position, now time.Time, err error) { done <- outcome{at, now, err} })
	o := <-done
	return o.at, o.now, o.err
}
