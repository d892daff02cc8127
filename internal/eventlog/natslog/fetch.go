package natslog

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

const (
	// maxFetch bounds the bytes of one fetch: while it is served, appends wait.
	maxFetch = 1 << 20
	// maxFetchBlocks bounds its blocks.
	maxFetchBlocks = 1000
	// fetchTimeout bounds what the server inside answers at once, if it answers.
	fetchTimeout = 5 * time.Second
)

// A fetch asks for the blocks from a sequence on.
type fetch struct {
	topic   eventlog.Topic
	subject string // "": any
	from    uint64
	limit   int // of blocks
}

// A page is some consecutive blocks, of those with the subject asked for.
type page struct {
	blocks []block
	last   uint64 // the sequence of the last, if there is one
}

// fetch fetches a page, empty if there is nothing from f.from on. It may have a
// block whose write is under way.
func (e *engine) fetch(ctx context.Context, f fetch) (page, error) {
	p, err := e.get(ctx, f)
	if err != nil {
		err = fmt.Errorf("read %s from block %d: %w", f.topic, f.from, err)
	}
	return p, err
}

func (e *engine) get(ctx context.Context, f fetch) (p page, err error) {
	request, err := json.Marshal(struct {
		Seq       uint64 `json:"seq"`
		Subject   string `json:"next_by_subj,omitempty"`
		Batch     int    `json:"batch"`
		MaxBytes  int    `json:"max_bytes"`
		NoHeaders bool   `json:"no_hdr"`
	}{f.from, f.subject, f.limit, maxFetch, true})
	if err != nil {
		return page{}, err
	}
	inbox := e.reading.NewInbox()
	answers, err := e.reading.SubscribeSync(inbox)
	if err != nil {
		return page{}, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := answers.SetPendingLimits(-1, -1); err != nil { // the request bounds them
		return page{}, err
	}
	if err := e.reading.PublishRequest("$JS.API.DIRECT.GET."+string(f.topic), inbox, request); err != nil {
		return page{}, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	timed, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	for {
		m, err := answers.NextMsgWithContext(timed)
		switch {
		case ctx.Err() != nil:
			return page{}, ctx.Err()
		case err != nil:
			return page{}, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			b, err := openBlock(m.Data)
			if err != nil {
				return page{}, err
			}
			p.blocks = append(p.blocks, b)
		case "204": // the end of the page
			p.last, err = strconv.ParseUint(m.Header.Get("Nats-Last-Sequence"), 10, 64)
			return p, err
		case "404": // there is nothing
			return page{}, nil
		default:
			return page{}, fmt.Errorf("%w: %s %s", eventlog.ErrUnavailable, status, m.Header.Get("Description"))
		}
	}
}

// fetch fetches from the engine that runs now.
func (l *Log) fetch(ctx context.Context, f fetch) (page, error) {
	l.engine.RLock()
	defer l.engine.RUnlock()
	if l.closed() {
		return page{}, eventlog.ErrClosed
	}
	if l.engine.engine == nil {
		return page{}, fmt.Errorf("read %s: %w", f.topic, eventlog.ErrUnavailable)
	}
	return l.engine.fetch(ctx, f)
}

// seek returns the sequence of the block that has record n, or of the first one
// after it. Numbers grow with sequences, so it can halve.
func (t *topic) seek(ctx context.Context, n uint64) (uint64, error) {
	t.mu.RLock()
	low, high := t.firstSeq, t.lastSeq+1
	t.mu.RUnlock()
	return t.search(ctx, low, high, func(b block) bool { return b.last() >= n })
}

// search returns the first sequence from low on whose block is wanted, as are
// then all after it; high if there is none.
func (t *topic) search(ctx context.Context, low, high uint64, wanted func(block) bool) (uint64, error) {
	for low < high {
		middle := low + (high-low)/2
		p, err := t.log.fetch(ctx, fetch{topic: t.name, from: middle, limit: 1})
		if err != nil {
			return 0, err
		}
		if len(p.blocks) == 0 || p.last >= high || wanted(p.blocks[0]) {
			high = middle
		} else {
			low = p.last + 1
		}
	}
	return low, nil
}
