package sqlmeta

import "time"

// millis is a time as a column holds it; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
