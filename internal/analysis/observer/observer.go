// Package observer reads records of raw-chats into what tallies take: the one place where
// a message's value and its mood are read, wherever it is counted.
package observer

import (
	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// An Observer reads messages and their moods. It is one goroutine's.
type Observer struct {
	classifier classify.Classifier
	reading    classify.Reading
	message    message
}

// New returns an observer by a classifier, which is its own from then on.
func New(c classify.Classifier) *Observer { return &Observer{classifier: c} }

// Observe reads a record; false if it is no message that this program knows.
func (o *Observer) Observe(r *eventlog.Record) (analysis.Observation, bool) {
	if r.Foreign != nil || r.Kind != hubbub.KindMessage || r.Version > eventlog.Version || !o.message.read(r.Value) {
		return analysis.Observation{}, false
	}
	o.classifier.Classify(o.message.Content, &o.reading)
	return analysis.Observation{
		ID: o.message.ID, Sender: analysis.SenderHash(o.message.Sender.ID), Mood: o.reading.Mood,
		Text: o.message.Content, Time: r.Time, Position: r.Position,
	}, true
}

// Sender is who wrote the message that was observed last.
func (o *Observer) Sender() hubbub.UserID { return o.message.Sender.ID }
