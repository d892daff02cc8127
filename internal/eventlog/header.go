package eventlog

import "strconv"

// The headers that a record has where the log keeps such beside its value. Without a
// kind it is a message; without a version of ours, of version 1, and maybe foreign.
const (
	HeaderKind    = "kind"
	HeaderVersion = "v"
)

// ReadHeader takes what a header says into a record that has kind and version of one
// without headers. Others say nothing.
func (r *Record) ReadHeader(key string, value []byte) {
	switch key {
	case HeaderKind:
		r.Kind = string(value)
	case HeaderVersion:
		if v, err := strconv.ParseInt(string(value), 10, 32); err == nil && v > 0 {
			r.Version = int(v)
		}
	}
}
