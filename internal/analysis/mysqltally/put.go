package mysqltally

import (
	"context"
	"database/sql"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// A statement takes rows until it has so many, or so many bytes of tallies, which may
// be twice as long in it. A server takes 64 MiB at once, or 4 if it is set up for little.
const (
	mostRows  = 500
	mostBytes = 1 << 20
)

// An upsert puts rows into a table, many to a statement: a round trip takes longer than
// a row does.
type upsert struct {
	into, row, update string // around and between "(row),(row)"
}

var (
	putTallies = upsert{
		into: `INSERT INTO tallies (stream, part, epoch, n, tally) VALUES `, row: `(?,?,?,?,?)`,
		update: ` ON DUPLICATE KEY UPDATE part = VALUES(part), epoch = VALUES(epoch), n = VALUES(n), tally = VALUES(tally)`,
	}
	addMinutes = upsert{
		into: `INSERT INTO tally_minutes (stream, minute, praise, criticism, laughter, question, advice, other) VALUES `, row: `(?,?,?,?,?,?,?,?)`,
		update: ` ON DUPLICATE KEY UPDATE praise = praise + VALUES(praise), criticism = criticism + VALUES(criticism),
			laughter = laughter + VALUES(laughter), question = question + VALUES(question),
			advice = advice + VALUES(advice), other = other + VALUES(other)`,
	}
)

// rows are those of an upsert that are not sent yet.
type rows struct {
	upsert
	tx          *sql.Tx
	args        []any
	count, size int // rows, and bytes of what has no small bound
}

// add adds a row. It sends what there is once that is enough.
func (r *rows) add(ctx context.Context, size int, row ...any) error {
	r.args = append(r.args, row...)
	r.count++
	r.size += size
	if r.count < mostRows && r.size < mostBytes {
		return nil
	}
	return r.send(ctx)
}

func (r *rows) send(ctx context.Context) error {
	if r.count == 0 {
		return nil
	}
	values := strings.TrimSuffix(strings.Repeat(r.row+",", r.count), ",")
	_, err := r.tx.ExecContext(ctx, r.into+values+r.update, r.args...)
	r.args, r.count, r.size = r.args[:0], 0, 0
	return err
}

// put replaces the tallies of states, and adds their closed minutes.
func put(ctx context.Context, tx *sql.Tx, states []worker.State) error {
	tallies, minutes := rows{upsert: putTallies, tx: tx}, rows{upsert: addMinutes, tx: tx}
	for i := range states {
		at := &states[i]
		if err := tallies.add(ctx, len(at.Tally), string(at.Stream), at.Partition, at.Newest.Epoch, at.Newest.N, at.Tally); err != nil {
			return err
		}
		for _, m := range at.Closed {
			if err := minutes.addMinute(ctx, at.Stream, &m); err != nil {
				return err
			}
		}
	}
	if err := tallies.send(ctx); err != nil {
		return err
	}
	return minutes.send(ctx)
}

func (r *rows) addMinute(ctx context.Context, stream hubbub.StreamID, m *worker.Minute) error {
	row := append(make([]any, 0, 2+len(m.Counts)), string(stream), m.Number)
	for _, n := range m.Counts {
		row = append(row, n)
	}
	return r.add(ctx, 0, row...)
}
