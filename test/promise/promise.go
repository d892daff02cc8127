// Package promise is how a test says what it did to the system for the sake of a
// promise, and what it counted afterwards. `go test -json` carries it to
// test/tally, which makes a table of it; the verdict is how the test ended.
package promise

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A Promise is one of those of docs/promises.md, "G1" to "G9".
type Promise string

// Says is what a promise says, in a few words.
type Says struct {
	Promise Promise
	Words   string
}

// All are the promises.
var All = []Says{
	{"G1", "acked is durable"},
	{"G2", "one order"},
	{"G3", "nothing missing unnoticed"},
	{"G4", "archived = logged"},
	{"G5", "analysed once"},
	{"G6", "a slow viewer harms nobody"},
	{"G7", "no forged sender"},
	{"G8", "visible age"},
	{"G9", "bad input gets a clear answer"},
}

// Attribute is the key of testing.T.Attr; its value is a Trial in JSON.
const Attribute = "promise"

// A Trial is what was done for the sake of a promise.
type Trial struct {
	Promise Promise `json:"promise"`
	Fault   string  `json:"fault"` // what was done to the system
	Times   int     `json:"times"`
	Counted []Count `json:"counted"` // in the order in which they are shown
}

// A Count is one of the figures. Those of several trials add up.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
	// Worst: of several trials the largest stands.
	Worst bool `json:"worst,omitempty"`
}

// Tried records a trial of the test t, one line of its output. It is called once
// per test and fault, as soon as the figures are there: also where the test has
// failed already.
func Tried(t interface{ Attr(key, value string) }, p Promise, fault string, times int, counted ...Count) {
	text, err := json.Marshal(Trial{p, fault, times, counted})
	if err != nil {
		panic(err) // strings and integers
	}
	t.Attr(Attribute, string(text))
}

// Parse reads what Tried recorded. A trial of nothing, or one that counted
// nothing, is an error: it would show nothing.
func Parse(value string) (t Trial, err error) {
	err = json.Unmarshal([]byte(value), &t)
	switch {
	case err != nil:
	case !slices.ContainsFunc(All, func(known Says) bool { return known.Promise == t.Promise }):
		err = errors.New("there is no such promise")
	case t.Fault == "" || t.Times < 1 || len(t.Counted) == 0:
		err = errors.New("nothing was done, or nothing counted")
	}
	if err != nil {
		err = fmt.Errorf("trial %s: %w", value, err)
	}
	return t, err
}
