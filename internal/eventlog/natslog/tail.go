package natslog

import "github.com/hubbub-live/hubbub/internal/eventlog"

// A tail is the newest records of a topic, as consumers get them. Those who
// keep up share these and cost no read, copy or decoding each.
//
// The slices it gives out are never written again: records are only appended,
// and dropped by moving those that stay to another array.
type tail struct {
	records []eventlog.Record // consecutive
	bytes   int               // of their values
}

// What a tail keeps at most. When it is over, it drops the older half.
const (
	tailRecords = 8192
	tailBytes   = 16 << 20
)

func (t *tail) add(records []eventlog.Record) {
	if n := len(t.records); n > 0 && t.records[n-1].Position.N+1 != records[0].Position.N {
		t.reset()
	}
	for _, r := range records {
		t.bytes += len(r.Value)
	}
	t.records = append(t.records, records...)
	if len(t.records) <= tailRecords && t.bytes <= tailBytes {
		return
	}
	from, size := len(t.records), 0
	for from > len(t.records)-tailRecords/2 && from > 0 && size < tailBytes/2 {
		from--
		size += len(t.records[from].Value)
	}
	t.records, t.bytes = append([]eventlog.Record(nil), t.records[from:]...), size
}

func (t *tail) reset() { t.records, t.bytes = nil, 0 }

// after returns the records after a number, or false if some are no longer there.
func (t *tail) after(n uint64) ([]eventlog.Record, bool) {
	if len(t.records) == 0 || n+1 < t.records[0].Position.N {
		return nil, false
	}
	i := min(n+1-t.records[0].Position.N, uint64(len(t.records)))
	return t.records[i:len(t.records):len(t.records)], true
}
