package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// events are lines of action, package, test.
func events(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		f := strings.Fields(line + " - -")
		test := f[2]
		if test == "-" {
			test = ""
		}
		fmt.Fprintf(&b, `{"Action":%q,"Package":"github.com/hubbub-live/hubbub/%s","Test":%q}`+"\n", f[0], f[1], test)
	}
	return b.String()
}

func TestCount(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events string
		want   []result
	}{
		{"a test alone",
			events("start a", "run a TestX", "pass a TestX", "pass a"),
			[]result{{"unit", "a", "TestX", passed}}},
		{"a group is not counted beside its members",
			events("run a TestX", "run a TestX/1", "run a TestX/2", "pass a TestX/1", "fail a TestX/2", "fail a TestX", "fail a"),
			[]result{{"unit", "a", "TestX/1", passed}, {"unit", "a", "TestX/2", failed}}},
		{"a group that failed by itself is",
			events("run a TestX", "run a TestX/1", "pass a TestX/1", "fail a TestX", "fail a"),
			[]result{{"unit", "a", "TestX", failed}, {"unit", "a", "TestX/1", passed}}},
		{"a name that begins like another is no member of it",
			events("run a TestX", "pass a TestX", "run a TestXY", "pass a TestXY", "pass a"),
			[]result{{"unit", "a", "TestX", passed}, {"unit", "a", "TestXY", passed}}},
		{"a package that does not build, or leaks at its end",
			events("start a", "fail a"),
			[]result{{"unit", "a", "", failed}}},
		{"a package without tests",
			events("start a", "skip a"),
			nil},
		{"a run cut off within a test",
			events("start a", "run a TestX"),
			[]result{{"unit", "a", "TestX", failed}}},
		{"a run cut off between tests",
			events("start a", "run a TestX", "pass a TestX"),
			[]result{{"unit", "a", "", failed}, {"unit", "a", "TestX", passed}}},
		{"a skip",
			events("run a TestX", "skip a TestX", "pass a"),
			[]result{{"unit", "a", "TestX", skipped}}},
		{"lines that are no events",
			"go: downloading\n" + events("run a TestX", "pass a TestX", "pass a") + "{}\nend",
			[]result{{"unit", "a", "TestX", passed}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := count("unit", strings.NewReader(tt.events))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v (%v), want %+v", got, err, tt.want)
			}
		})
	}
	if _, err := count("unit", strings.NewReader("")); err == nil {
		t.Error("an empty run is no success")
	}
}

func TestReport(t *testing.T) {
	rows, err := readRows(strings.NewReader(`
# suites
Archive, SQLite | unit | ^internal/archive/ | . | echo 3
Browser         | e2e  | . | ^TestBrowser/ | echo 156
`))
	if err != nil {
		t.Fatal(err)
	}
	good := []result{
		{"unit", "internal/archive/sqlitearchive", "TestX", passed},
		{"e2e", "test/e2e", "TestBrowser/chat", passed},
		{"unit", "internal/text", "TestY", passed},
	}
	with := func(more ...result) []result { return append(good[:len(good):len(good)], more...) }
	fine := func(string) (string, error) { return "v3", nil }
	for _, tt := range []struct {
		name    string
		results []result
		version func(string) (string, error)
		last    string
		ok      bool
	}{
		{"all is well", good, fine, "3 passed, 0 failed", true},
		{"a test failed", with(result{"unit", "a", "TestZ", failed}), fine, "3 passed, 1 failed", false},
		{"a test was skipped", with(result{"unit", "a", "TestZ", skipped}), fine, "3 passed, 1 failed", false},
		{"a suite did not run", good[:1], fine, "1 passed, 1 failed", false},
		{"the right package in another run", []result{good[1], {"race", "internal/archive/a", "TestX", passed}}, fine, "2 passed, 1 failed", false},
		{"a version is unknown", good, func(string) (string, error) { return "", errors.New("no such program") }, "3 passed, 2 failed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			ok := report(&out, rows, tt.results, tt.version)
			if ok != tt.ok || !strings.HasSuffix(out.String(), "\n"+tt.last+"\n") {
				t.Errorf("ok %v, want %v and the last line %q, got:\n%s", ok, tt.ok, tt.last, out.String())
			}
		})
	}
}

func TestRowsAreChecked(t *testing.T) {
	for _, bad := range []string{"too | few | fields", "name | ( | . | . | echo"} {
		if _, err := readRows(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestShow(t *testing.T) {
	in := events("run a TestX") +
		`{"Action":"output","Package":"a","Test":"TestX","Output":"x_test.go:1: quiet\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestY","Output":"x_test.go:2: loud\n"}
{"Action":"fail","Package":"a","Test":"TestY"}
{"Action":"build-output","ImportPath":"b","Output":"b.go:1: syntax error\n"}
{"Action":"fail","Package":"a","Elapsed":1.5}
{"Action":"output","Package":"c","Test":"TestZ","Output":"panic: cut off\n"}
{"Action":"fail","Package":"c","Elapsed":0.5}
`
	var kept, shown strings.Builder
	if err := show(strings.NewReader(in), &kept, &shown); err != nil {
		t.Fatal(err)
	}
	if kept.String() != in {
		t.Errorf("kept %q, want all of %q", kept.String(), in)
	}
	if want := "x_test.go:2: loud\nb.go:1: syntax error\nFAIL  a  1.5 s\npanic: cut off\nFAIL  c  0.5 s\n"; shown.String() != want {
		t.Errorf("shown %q, want %q", shown.String(), want)
	}
}

func TestVersion(t *testing.T) {
	if v, err := version("printf 'v1\nmore\n'"); v != "v1" || err != nil {
		t.Errorf("got %q %v", v, err)
	}
	for _, bad := range []string{"true", "exit 3"} {
		if v, err := version(bad); err == nil {
			t.Errorf("%s: %q without an error", bad, v)
		}
	}
}
