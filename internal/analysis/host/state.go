package host

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/hubbub-live/hubbub/internal/analysis"
)

// stateVersion is that of a room's state here, its first octet. Older ones are read.
const stateVersion = 1

// A state is what the engine keeps of a room: the version, in unsigned varints when a
// summary was asked for last, then the tally's state.
type state struct {
	summed uint64 // messages when a summary was asked for last
	rest   uint64 // ms by the engine's clock: no summary is asked for before
	tally  *analysis.Tally
}

func decodeState(octets []byte) (s state, err error) {
	if len(octets) == 0 {
		return state{tally: new(analysis.Tally)}, nil
	}
	if octets[0] > stateVersion {
		return s, fmt.Errorf("%w: %d, this program knows %d", analysis.ErrNewerState, octets[0], stateVersion)
	}
	rest := octets[1:]
	for _, to := range []*uint64{&s.summed, &s.rest} {
		n, size := binary.Uvarint(rest)
		if octets[0] == 0 || size <= 0 || n > math.MaxInt64 {
			return s, analysis.ErrState
		}
		*to, rest = n, rest[size:]
	}
	s.tally, err = analysis.DecodeState(rest)
	return s, err
}

func (s *state) appendTo(dst []byte) []byte {
	dst = append(dst, stateVersion)
	dst = binary.AppendUvarint(dst, s.summed)
	dst = binary.AppendUvarint(dst, s.rest)
	return s.tally.AppendState(dst)
}
