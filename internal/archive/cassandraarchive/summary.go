package cassandraarchive

import (
	"context"
	"fmt"
	"math"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	addCitation = `INSERT INTO citations (stream, prefix, id, epoch, n, number) VALUES (?, ?, ?, ?, ?, ?)`
	markBucket  = `INSERT INTO buckets (stream, epoch, bucket, summaries) VALUES (?, ?, ?, true)`
	// Both are conditional, as is deleting a sentence: then they have one order.
	addSummary = `INSERT INTO summaries (stream, epoch, bucket, n, number, from_epoch, from_n, method, time)
		VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?) IF NOT EXISTS`
	addSentence = `INSERT INTO summaries (stream, epoch, bucket, n, number, sentence, cites)
		VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`

	listCitations  = `SELECT epoch, n, number FROM citations WHERE stream = ? AND prefix = ? AND id = ?`
	deleteSentence = `DELETE FROM summaries WHERE stream = ? AND epoch = ? AND bucket = ? AND n = ? AND number = ? IF EXISTS`

	listSummaries = `SELECT n, number, from_epoch, from_n, method, time, sentence, cites FROM summaries` + inBucket + ` AND n < ?`
)

// AddSummary stores a summary. Its citations come first and erasures are asked for
// afterwards, so that either an erasure finds the sentence or this finds the erasure.
func (a *Archive) AddSummary(ctx context.Context, s archive.Summary) error {
	leave, err := a.enter()
	if err != nil {
		return err
	}
	defer leave()
	if s.Through.N > math.MaxInt64 || s.From.N > math.MaxInt64 {
		return fmt.Errorf("a summary of stream %s from %v through %v is too far", s.Stream, s.From, s.Through)
	}
	if err := a.addSummary(ctx, s); err != nil {
		return fmt.Errorf("archive a summary of stream %s: %w", s.Stream, interpret(err))
	}
	return nil
}

func (a *Archive) addSummary(ctx context.Context, s archive.Summary) error {
	if err := a.addCitations(ctx, s); err != nil {
		return err
	}
	b, n := bucketOf(s.Stream, s.Through), number(s.Through)
	if err := a.exec(ctx, markBucket, string(b.stream), b.epoch, b.number); err != nil {
		return err
	}
	batch := a.session.Batch(gocql.LoggedBatch)
	batch.Query(addSummary, string(b.stream), b.epoch, b.number, n, int64(s.From.Epoch), number(s.From), s.Method, s.At.UnixMilli())
	for i, sentence := range s.Sentences {
		batch.Query(addSentence, string(b.stream), b.epoch, b.number, n, i+1, sentence.Text, texts(sentence.Messages))
	}
	// Which row was there does not matter.
	if _, _, err := batch.MapExecCASContext(ctx, map[string]any{}); err != nil {
		return err
	}
	for _, sentence := range s.Sentences {
		for _, id := range sentence.Messages {
			found, err := a.find(ctx, s.Stream, s.Through, id)
			if err == nil && len(found) > 0 && found[0].Erased {
				err = a.eraseSentences(ctx, s.Stream, id)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Archive) addCitations(ctx context.Context, s archive.Summary) error {
	for i, sentence := range s.Sentences {
		for _, id := range sentence.Messages {
			err := a.exec(ctx, addCitation, string(s.Stream), prefixOf(id), string(id), int64(s.Through.Epoch), number(s.Through), i+1)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func texts(ids []hubbub.MessageID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

// eraseSentences deletes the sentences that cite a message.
func (a *Archive) eraseSentences(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) error {
	iter := a.query(ctx, 100, listCitations, string(stream), prefixOf(id), string(id))
	var epoch, n int64
	var sentence int
	for iter.Scan(&epoch, &n, &sentence) {
		deletion := a.session.Query(deleteSentence, string(stream), epoch, n>>bucketBits, n, sentence)
		if _, err := deletion.MapScanCASContext(ctx, map[string]any{}); err != nil {
			_ = iter.Close()
			return err
		}
	}
	return iter.Close()
}

// Summaries returns the newest summaries of a stream, as they may be shown now.
func (a *Archive) Summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) ([]archive.Summary, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if before.IsZero() {
		before = newest
	}
	found, err := a.summaries(ctx, stream, before, limit)
	if err == nil {
		err = a.showable(ctx, stream, found)
	}
	if err != nil {
		return nil, fmt.Errorf("read summaries of stream %s: %w", stream, interpret(err))
	}
	return found, nil
}

func (a *Archive) summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) (found []archive.Summary, err error) {
	err = a.buckets(ctx, stream, before, false, func(d described) (bool, error) {
		if d.summaries {
			if found, err = a.summariesOf(ctx, d.bucket, before, limit, found); err != nil {
				return false, err
			}
		}
		return len(found) < limit, nil
	})
	return found, err
}

// summariesOf adds what a bucket has, up to limit in all, newest first.
func (a *Archive) summariesOf(ctx context.Context, b bucket, before hubbub.Position, limit int, found []archive.Summary) ([]archive.Summary, error) {
	below := int64(math.MaxInt64)
	if b.holds(before) {
		below = number(before)
	}
	iter := a.query(ctx, 100, listSummaries, string(b.stream), b.epoch, b.number, below)
	for {
		s := archive.Summary{Stream: b.stream}
		var n, ms int64
		var number int
		var sentence archive.Sentence
		var cites []string
		if !iter.Scan(&n, &number, &s.From.Epoch, &s.From.N, &s.Method, &ms, &sentence.Text, &cites) {
			return found, iter.Close()
		}
		if number == 0 {
			if len(found) == limit {
				return found, iter.Close()
			}
			s.Through, s.At = hubbub.Position{Epoch: uint32(b.epoch), N: uint64(n)}, time.UnixMilli(ms).UTC()
			found = append(found, s)
			continue
		}
		for _, id := range cites {
			sentence.Messages = append(sentence.Messages, hubbub.MessageID(id))
		}
		last := &found[len(found)-1]
		last.Sentences = append(last.Sentences, sentence)
	}
}

// showable leaves out the sentences that cite what may not be shown now.
func (a *Archive) showable(ctx context.Context, stream hubbub.StreamID, summaries []archive.Summary) error {
	for i := range summaries {
		s := &summaries[i]
		var shown []archive.Sentence
		for _, sentence := range s.Sentences {
			ok, err := a.allShown(ctx, stream, s.Through, sentence.Messages)
			if err != nil {
				return err
			}
			if ok {
				shown = append(shown, sentence)
			}
		}
		s.Sentences = shown
	}
	return nil
}

func (a *Archive) allShown(ctx context.Context, stream hubbub.StreamID, through hubbub.Position, ids []hubbub.MessageID) (bool, error) {
	for _, id := range ids {
		found, err := a.find(ctx, stream, through, id)
		if err == nil {
			err = a.withhold(ctx, stream, found)
		}
		if err != nil || len(found) == 0 || found[0].Erased || found[0].Withheld {
			return false, err
		}
	}
	return true, nil
}
