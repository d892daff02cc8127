package sqlitearchive

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	addSummary = `INSERT INTO summaries (stream, epoch, n, from_epoch, from_n, method, time)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	addSentence = `INSERT INTO sentences (stream, epoch, n, number, text, cites) VALUES (?, ?, ?, ?, ?, ?)`
	addCitation = `INSERT INTO citations (stream, epoch, n, number, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	// isErased is asked before a sentence is added: an erasure that comes later
	// finds it by its citations.
	isErased = `SELECT EXISTS (SELECT 1 FROM entries INDEXED BY entries_by_id
		WHERE stream = ? AND id = ? AND kind = '' AND id <> '' AND erased = 1)`
	eraseSentences = `DELETE FROM sentences WHERE (stream, epoch, n, number) IN
		(SELECT stream, epoch, n, number FROM citations WHERE stream = ? AND id = ?)`

	selectSummaries = `SELECT epoch, n, from_epoch, from_n, method, time FROM summaries
		WHERE stream = ? AND (epoch, n) < (?, ?) ORDER BY epoch DESC, n DESC LIMIT ?`
	// selectSentences are those of which no citation is of what is not shown.
	selectSentences = `SELECT text, cites FROM sentences s
		WHERE stream = ? AND epoch = ? AND n = ? AND NOT EXISTS (
			SELECT 1 FROM json_each(s.cites) cited WHERE NOT EXISTS (
				SELECT 1 FROM rooms r CROSS JOIN entries e INDEXED BY entries_by_id ON e.stream = r.stream
				WHERE r.stream = s.stream AND e.id = cited.value AND e.kind = '' AND e.id <> '' AND e.erased = 0
				AND (e.epoch, e.n) >= (r.cleared_epoch, r.cleared_n)
				AND NOT EXISTS (SELECT 1 FROM withheld w WHERE w.stream = e.stream AND w.id = e.id)))
		ORDER BY number`
)

// AddSummary stores a summary.
func (a *Archive) AddSummary(ctx context.Context, s archive.Summary) error {
	leave, err := a.enter()
	if err != nil {
		return err
	}
	defer leave()
	if s.Through.N > math.MaxInt64 || s.From.N > math.MaxInt64 {
		return fmt.Errorf("a summary of stream %s from %v through %v is too far", s.Stream, s.From, s.Through)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := a.transact(func(tx *sql.Tx) error { return insertSummary(tx, s) }); err != nil {
		return fmt.Errorf("archive a summary of stream %s: %w", s.Stream, err)
	}
	return nil
}

func insertSummary(tx *sql.Tx, s archive.Summary) error {
	result, err := tx.Exec(addSummary, string(s.Stream), int64(s.Through.Epoch), number(s.Through),
		int64(s.From.Epoch), number(s.From), s.Method, s.At.UnixMilli())
	if err != nil {
		return err
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return err
	}
	for i, sentence := range s.Sentences {
		if err := insertSentence(tx, s, i, sentence); err != nil {
			return err
		}
	}
	return nil
}

func insertSentence(tx *sql.Tx, s archive.Summary, i int, sentence archive.Sentence) error {
	for _, id := range sentence.Messages {
		var erased bool
		if err := tx.QueryRow(isErased, string(s.Stream), string(id)).Scan(&erased); err != nil || erased {
			return err
		}
	}
	cites, err := json.Marshal(sentence.Messages)
	if err != nil {
		return err
	}
	key := []any{string(s.Stream), int64(s.Through.Epoch), number(s.Through), i}
	if _, err := tx.Exec(addSentence, append(key, sentence.Text, string(cites))...); err != nil {
		return err
	}
	for _, id := range sentence.Messages {
		if _, err := tx.Exec(addCitation, append(key, string(id))...); err != nil {
			return err
		}
	}
	return nil
}

// Summaries returns the newest summaries of a stream, as they may be shown now.
func (a *Archive) Summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) ([]archive.Summary, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if before.IsZero() {
		before = hubbub.Position{Epoch: math.MaxUint32, N: math.MaxUint64}
	}
	found, err := a.summaries(ctx, stream, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read summaries of stream %s: %w", stream, interpret(err))
	}
	return found, nil
}

func (a *Archive) summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) (found []archive.Summary, err error) {
	rows, err := a.readers.QueryContext(ctx, selectSummaries, string(stream), int64(before.Epoch), number(before), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		s := archive.Summary{Stream: stream}
		var ms int64
		if err := rows.Scan(&s.Through.Epoch, &s.Through.N, &s.From.Epoch, &s.From.N, &s.Method, &ms); err != nil {
			return nil, err
		}
		s.At = time.UnixMilli(ms).UTC()
		found = append(found, s)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Sentences, err = a.sentences(ctx, stream, found[i].Through); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (a *Archive) sentences(ctx context.Context, stream hubbub.StreamID, through hubbub.Position) (shown []archive.Sentence, err error) {
	rows, err := a.readers.QueryContext(ctx, selectSentences, string(stream), int64(through.Epoch), number(through))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s archive.Sentence
		var cites []byte
		if err := rows.Scan(&s.Text, &cites); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(cites, &s.Messages); err != nil {
			return nil, err
		}
		shown = append(shown, s)
	}
	return shown, rows.Err()
}
