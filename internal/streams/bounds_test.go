package streams

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

func TestDirectoryIsBounded(t *testing.T) {
	now := time.Unix(1, 0)
	d := NewDirectory(nil, DirectoryOptions{Now: func() time.Time { return now }})
	add := func(from, n int) {
		for i := from; i < from+n; i++ {
			d.remember(hubbub.Stream{ID: hubbub.StreamID(fmt.Sprint(i))}, fresh, 0)
		}
	}
	add(0, copies+10)
	if n := len(d.copies); n > copies || n < copies*8/10 {
		t.Errorf("%d copies of fresh streams, %d are the most", n, copies)
	}
	now = now.Add(fresh)
	add(copies+10, copies/2)
	if n := len(d.copies); n > copies*6/10 {
		t.Errorf("%d copies, although most of them are old", n)
	}
}

type three struct{}

func (three) Count(context.Context, hubbub.StreamID) (users, connections int, err error) {
	return 3, 3, nil
}

func TestViewersAreBounded(t *testing.T) {
	v := NewViewers(three{}, nil)
	for i := range counted + 10 {
		v.Of(t.Context(), hubbub.StreamID(fmt.Sprint(i)))
	}
	if n := len(v.recent); n > counted {
		t.Errorf("%d counts are remembered, %d are the most", n, counted)
	}
}
