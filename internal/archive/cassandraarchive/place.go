package cassandraarchive

import (
	"hash/fnv"
	"math"

	"github.com/hubbub-live/hubbub"
)

// bucketBits: positions of a log partition that share a partition here. A message is
// some 300 bytes, so a room that is alone in its partition of the log fills 20 MB.
const bucketBits = 16

// A bucket is the key of a partition of entries.
type bucket struct {
	stream hubbub.StreamID
	epoch  int64
	number int64
}

func bucketOf(stream hubbub.StreamID, p hubbub.Position) bucket {
	return bucket{stream, int64(p.Epoch), number(p) >> bucketBits}
}

// holds says whether a position is in the bucket.
func (b bucket) holds(p hubbub.Position) bool {
	return b.epoch == int64(p.Epoch) && b.number == number(p)>>bucketBits
}

// number is a position's number as a column holds it. Append refuses what does not
// fit, so for readers the largest is after everything.
func number(p hubbub.Position) int64 { return int64(min(p.N, math.MaxInt64)) }

// shards keep the list of all streams from being one partition.
const shards = 16

func shardOf(stream hubbub.StreamID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(stream)) // it cannot fail
	return int(h.Sum32() % shards)
}

// prefixLength of an id that is a UUIDv7 is some four and a half hours.
const prefixLength = 6

func prefixOf(id hubbub.MessageID) string { return string(id[:min(len(id), prefixLength)]) }

// month is that of a time in Unix ms, as erasures are kept by.
func month(ms int64) int {
	const length = 30 * 24 * 60 * 60 * 1000
	return int(ms / length)
}
