// Package wordlist is which words are blocked where: each stream's own, which those
// who run it set, and the site's, which its operator keeps in a file. It has them
// compiled for those who ask for every message, and notices when they change. What
// words are and how they are found is package words'.
package wordlist

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/moderation/words"
)

const (
	// fresh is how long a stream's list is believed without asking; its changes come
	// sooner, by its room.
	fresh = 30 * time.Second
	// pause is the time between two questions while the store does not answer.
	pause = time.Second
	// patience bounds a question.
	patience = 3 * time.Second
	// kept bounds the words of all streams that are remembered, some 250 bytes each,
	// and keptLists how many streams are.
	kept      = 500_000
	keptLists = 10_000
)

// Options of Lists. Words is required.
type Options struct {
	// Words returns the words of a stream; none are no error.
	Words   func(ctx context.Context, stream hubbub.StreamID) ([]string, error)
	History History          // for Try
	File    string           // the site's words; "": none
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: nowhere
}

// History pages through what was said; *history.Reader is one.
type History interface {
	Page(ctx context.Context, q archive.Query) ([]archive.Entry, error)
}

// Lists has the words. Its methods may be called concurrently.
type Lists struct {
	o       Options
	site    atomic.Pointer[words.List]
	file    stamp // of the file that site was made of
	loading singleflight.Group

	mu      sync.RWMutex
	streams map[hubbub.StreamID]entry
	size    int    // words in streams
	changes uint64 // how often something was forgotten
}

type entry struct {
	list  *words.List
	words []string
	until time.Time // when to ask again
}

// New makes lists, with the site's read; a file that cannot be used is an error.
func New(o Options) (*Lists, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Lists{o: o, streams: map[hubbub.StreamID]entry{}}
	if o.File != "" {
		if err := l.read(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Check refuses a message that has a blocked word: word_blocked. Which one is not
// said, or lists would be found out word by word. The stream's words are for those
// who do not run it, the site's for all but its admins.
func (l *Lists) Check(ctx context.Context, m *hubbub.Message) error {
	var runs, admin bool
	for _, role := range m.Sender.Roles {
		admin = admin || role == hubbub.RoleAdmin
		runs = runs || role == hubbub.RoleOwner || role == hubbub.RoleModerator
	}
	if admin {
		return nil
	}
	if l.site.Load().Blocks(m.Content) {
		return hubbub.Refuse(hubbub.CodeWordBlocked, "this has a word that is not taken on this site")
	}
	if runs {
		return nil
	}
	own, err := l.of(ctx, m.StreamID)
	if err != nil {
		return err
	}
	if own.Blocks(m.Content) {
		return hubbub.Refuse(hubbub.CodeWordBlocked, "this has a word that is not taken in this chat")
	}
	return nil
}

// Forget has the words of a stream asked for again: they were changed.
func (l *Lists) Forget(stream hubbub.StreamID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	l.loading.Forget(string(stream))
	if e, ok := l.streams[stream]; ok { // kept for as long as there is nothing better
		e.until = time.Time{}
		l.streams[stream] = e
	}
}

// of returns the list of a stream, asking for it if need be.
func (l *Lists) of(ctx context.Context, stream hubbub.StreamID) (*words.List, error) {
	l.mu.RLock()
	known, ok := l.streams[stream]
	l.mu.RUnlock()
	if ok && l.o.Now().Before(known.until) {
		return known.list, nil
	}
	answer := l.loading.DoChan(string(stream), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return l.load(ctx, stream)
	})
	select {
	case a := <-answer:
		if a.Err != nil {
			return nil, a.Err
		}
		return a.Val.(*words.List), nil
	case <-ctx.Done():
		return nil, unavailable(context.Cause(ctx))
	}
}

func (l *Lists) load(ctx context.Context, stream hubbub.StreamID) (*words.List, error) {
	l.mu.RLock()
	known, ok := l.streams[stream]
	changes := l.changes
	l.mu.RUnlock()
	now, err := l.o.Words(ctx, stream)
	switch {
	case err != nil && ok:
		l.o.Logger.Warn("the blocked words of a stream cannot be read; using those of before", "stream", stream, "error", err)
		known.until = l.o.Now().Add(pause)
	case err != nil:
		return nil, unavailable(err)
	case ok && slices.Equal(now, known.words):
		known.until = l.o.Now().Add(fresh)
	default:
		list, err := words.Compile(now)
		if err != nil { // a newer version's, or somebody wrote into the store
			l.o.Logger.Error("the blocked words of a stream cannot be used", "stream", stream, "error", err)
		}
		known = entry{list: list, words: now, until: l.o.Now().Add(fresh)}
	}
	l.remember(stream, known, changes)
	return known.list, nil
}

// remember keeps a list, unless something was forgotten since changes. When it is
// too much, all others are asked for again: that is rare, and cheap for most.
func (l *Lists) remember(stream hubbub.StreamID, e entry, changes uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes != changes {
		return
	}
	l.size += len(e.words) - len(l.streams[stream].words)
	if l.size > kept || len(l.streams) >= keptLists {
		clear(l.streams)
		l.size = len(e.words)
	}
	l.streams[stream] = e
}

// Clean returns entries as they are stored: without space around them, each once,
// none empty; one that cannot be used is bad_request.
func Clean(entries []string) ([]string, error) {
	seen := make(map[string]bool, len(entries))
	clean := []string{}
	for _, entry := range entries {
		if entry = strings.TrimSpace(entry); entry != "" && !seen[entry] {
			seen[entry] = true
			clean = append(clean, entry)
		}
	}
	if _, err := words.Compile(clean); err != nil {
		return nil, hubbub.Refuse(hubbub.CodeBadRequest, "the words: %v", err)
	}
	return clean, nil
}

func unavailable(err error) error {
	return &hubbub.Error{Code: hubbub.CodeUnavailable, Message: "messages cannot be checked now; try again in a moment", RetryAfter: pause,
		Err: fmt.Errorf("read the blocked words: %w", err)}
}
