package main

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// A result is how one test ended. Tests that only group others are not counted,
// unless they failed by themselves.
type result struct {
	run     string // the events' file, without .json
	pkg     string // below the module
	test    string // "": the package itself failed, outside its tests
	outcome outcome
}

type outcome int

const (
	passed outcome = iota
	failed
	skipped
)

const modulePath = "github.com/hubbub-live/hubbub/"

// count reads the events of one run. A package that began and did not end has
// failed, and so has a run without a package.
func count(run string, r io.Reader) ([]result, error) {
	packages := make(map[string]map[string]outcome) // by test; "" is the package
	err := each(r, func(_ []byte, e event, ok bool) error {
		if !ok || e.Package == "" {
			return nil
		}
		tests := packages[e.Package]
		if tests == nil {
			tests = map[string]outcome{"": failed}
			packages[e.Package] = tests
		}
		switch e.Action {
		case "run":
			tests[e.Test] = failed // until it says otherwise
		case "pass":
			tests[e.Test] = passed
		case "fail":
			tests[e.Test] = failed
		case "skip":
			tests[e.Test] = skipped
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(packages) == 0 {
		return nil, errors.New("no test ran")
	}
	var results []result
	for pkg, tests := range packages {
		for test, o := range tests {
			if counts(tests, test, o) {
				results = append(results, result{run, strings.TrimPrefix(pkg, modulePath), test, o})
			}
		}
	}
	slices.SortFunc(results, func(a, b result) int { return strings.Compare(a.pkg+"\x00"+a.test, b.pkg+"\x00"+b.test) })
	return results, nil
}

// counts says whether a test is a result of its own: a leaf, or a failure that
// none below it explains.
func counts(tests map[string]outcome, name string, o outcome) bool {
	leaf := name != ""
	for other, oo := range tests {
		if other == name || name != "" && !strings.HasPrefix(other, name+"/") {
			continue
		}
		leaf = false
		if oo == failed {
			return false
		}
	}
	return leaf || o == failed
}
