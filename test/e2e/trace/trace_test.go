package trace

import (
	"slices"
	"strings"
	"testing"
)

const (
	a = "01a21368-5784-72ac-a153-95aa46cb553a"
	b = "01a21368-5784-72ac-a153-95aa46cb553b"

	writeA   = `7 pwrite64(29</d/log/1.blk>, "x{\"id\":\"` + a + `\",\"content\":\"a\"}", 60, 0) = 60`
	writeAB  = `7 write(29</d/log/1.blk>, "{\"id\":\"` + a + `\"}\n{\"id\":\"` + b + `\"}", 120) = 120`
	sync     = `7 fsync(29</d/log/1.blk>) = 0`
	receiptA = `8 write(31<socket:[1]>, "\201\\RECEIPT\nreceipt-id:r5\nmessage-id:` + a + `\nposition:1.1\n\n\0", 94) = 94`
	receiptB = `8 write(31<socket:[1]>, "\201\\RECEIPT\nreceipt-id:r6\nmessage-id:` + b + `\nposition:1.2\n\n\0", 94) = 94`
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		why      string
		trace    []string
		receipts int
		early    []string
	}{
		{"written, synced, promised", []string{writeA, sync, receiptA}, 1, nil},
		{"one sync is enough for all that was written", []string{writeAB, sync, receiptB, receiptA}, 2, nil},
		{"no sync at all", []string{writeA, receiptA}, 1, []string{a}},
		{"promised before the sync", []string{writeA, receiptA, sync}, 1, []string{a}},
		{"promised without a write", []string{sync, receiptA}, 1, []string{a}},
		{"the sync failed", []string{writeA, `7 fsync(29</d/log/1.blk>) = -1 EIO (Input/output error)`, receiptA}, 1, []string{a}},
		{"the sync after a failed one counts", []string{writeA, `7 fsync(29</d/log/1.blk>) = -1 EINTR (x)`, sync, receiptA}, 1, nil},
		{"the write failed", []string{`7 write(29</d/log/1.blk>, "{\"id\":\"` + a + `\"}", 60) = -1 ENOSPC (x)`, sync, receiptA}, 1, []string{a}},
		{"another file of the log was synced", []string{writeA, `7 fsync(30</d/log/2.blk>) = 0`, receiptA}, 1, []string{a}},
		{"a file beside the log was synced", []string{writeA, `7 fsync(30</d/archive.db>) = 0`, receiptA}, 1, []string{a}},
		{"written beside the log", []string{strings.Replace(writeA, "/d/log/1.blk", "/d/archive.db", 1), sync, receiptA}, 1, []string{a}},
		{"the sync has begun but not returned",
			[]string{writeA, `7 fsync(29</d/log/1.blk> <unfinished ...>`, receiptA, `7 <... fsync resumed>) = 0`}, 1, []string{a}},
		{"the sync returned in two lines",
			[]string{writeA, `7 fdatasync(29</d/log/1.blk> <unfinished ...>`, `7 <... fdatasync resumed>) = 0`, receiptA}, 1, nil},
		{"the sync began before the write, so it need not cover it",
			[]string{`9 fsync(29</d/log/1.blk> <unfinished ...>`, writeA, `9 <... fsync resumed>) = 0`, receiptA}, 1, []string{a}},
		{"the write had not ended when the sync began",
			[]string{strings.Replace(writeA, ") = 60", " <unfinished ...>", 1), `9 fsync(29</d/log/1.blk>) = 0`, `7 <... pwrite64 resumed>) = 60`, receiptA}, 1, []string{a}},
		{"a promise counts when its write begins",
			[]string{writeA, strings.Replace(receiptA, ") = 94", " <unfinished ...>", 1), sync, `8 <... write resumed>) = 94`}, 1, []string{a}},
		{"a promise under way when strace left", []string{writeA, strings.Replace(receiptA, ") = 94", " <detached ...>", 1)}, 1, []string{a}},
		{"a MESSAGE promises nothing, and no receipt of a SUBSCRIBE does",
			[]string{`8 write(31<socket:[1]>, "RECEIPT\nreceipt-id:r4\nposition:1.0\n\n\0\201~MESSAGE\nmessage-id:` + a + `\n\n{}\0", 9) = 9`}, 0, nil},
		{"signals and ends of threads are no calls", []string{`7 --- SIGURG {si_signo=SIGURG} ---`, `7 +++ exited with 0 +++`}, 0, nil},
	} {
		t.Run(test.why, func(t *testing.T) {
			got, err := Check(strings.NewReader(strings.Join(test.trace, "\n")), "/log/")
			if err != nil || got.Receipts != test.receipts || !slices.Equal(got.Early, test.early) {
				t.Errorf("got %+v, %v; want %d receipts, early %v", got, err, test.receipts, test.early)
			}
		})
	}
	if _, err := Check(strings.NewReader("nonsense"), "/log/"); err == nil {
		t.Error("what is no trace was taken for one")
	}
}
