package lab

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/drive"
)

// Bounds of closing the books: of all of it, and of the wait until the analysis
// tells its last total.
const (
	settleLimit   = 5 * time.Minute
	analysisLimit = 5 * time.Second
)

// settle closes the books of every room with what the API says, and writes them
// down.
func (r *run) settle(ctx context.Context) {
	within, cancel := afterwards(ctx, settleLimit)
	defer cancel()
	r.recorder.say("closing the books")
	ends := make([]hubbub.Position, len(r.rooms))
	for i := range r.rooms { // while the viewers still listen: they must have all up to here
		var err error
		if ends[i], err = r.api.Newest(within, r.Plan.Streams[i]); err != nil {
			r.unread(err)
		}
	}
	for until := time.Now().Add(time.Second); !r.crowd.Reached(ends) && time.Now().Before(until); {
		time.Sleep(drainPoll)
	}
	r.crowd.Close()
	for i, room := range r.crowd.Rooms() {
		r.close(within, i, room, ends[i])
	}
	l := r.crowd.Latencies()
	r.end.InTime = l.InTime
	r.end.Delivery, r.end.Receipt, r.end.Lateness = encode(l.Delivery), encode(l.Receipt), encode(l.Lateness)
}

// close compares one room.
func (r *run) close(ctx context.Context, i int, room drive.Room, end hubbub.Position) {
	stream := r.Plan.Streams[i]
	log, err := r.api.Log(ctx, stream, r.rooms[i].newest)
	if err != nil {
		r.unread(err)
	}
	books, viewers := room.Ledger.Close(log, room.Accounts, end)
	books.AnalysedBefore = r.rooms[i].analysed
	books.AnalysedAfter, err = r.analysed(ctx, stream, books.AnalysedBefore+int64(books.Logged+books.LoggedTwice))
	if err != nil {
		r.unread(err)
	}
	r.recorder.out.Room(books)
	for _, v := range viewers {
		r.recorder.out.Viewer(v)
	}
}

// analysed is a room's total, given a moment to become what it should be.
func (r *run) analysed(ctx context.Context, stream hubbub.StreamID, want int64) (int64, error) {
	for until := time.Now().Add(min(analysisLimit, r.Drain)); ; {
		got, err := r.api.Analysed(ctx, stream)
		if err != nil {
			return -1, err
		}
		if got >= want || time.Now().After(until) || ctx.Err() != nil {
			return got, nil //nolint:nilerr // what there is when the wait ends is the answer
		}
		time.Sleep(drainPoll)
	}
}

// unread books why the server's side could not be had: the first reason stands.
func (r *run) unread(err error) {
	if r.end.Unread == "" {
		r.end.Unread = err.Error()
	}
}

func encode(h *hdrhistogram.Histogram) string {
	text, err := h.EncodeV2()
	if err != nil { // of bytes in memory: cannot fail
		panic(err)
	}
	return string(text)
}
