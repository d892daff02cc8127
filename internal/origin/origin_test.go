package origin

import (
	"net/http"
	"slices"
	"testing"
)

func request(host string, origins ...string) *http.Request {
	r := &http.Request{Host: host, Header: http.Header{}}
	for _, o := range origins {
		r.Header.Add("Origin", o)
	}
	return r
}

func TestAllowed(t *testing.T) {
	same, err := New("", nil)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := New("https://chat.example/live", []string{"http://localhost:5173", "https://Other.Example:443/"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := New("", []string{Any})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why     string
		policy  *Policy
		request *http.Request
		want    bool
	}{
		{"no page at all", same, request("h:8080"), true},
		{"the same origin", same, request("h:8080", "http://h:8080"), true},
		{"the same in other letters", same, request("H:8080", "http://h:8080"), true},
		{"TLS ended by a proxy", same, request("h", "https://h"), true},
		{"the default port said", same, request("h:443", "https://h"), true},
		{"IPv6", same, request("[::1]:8080", "http://[::1]:8080"), true},
		{"another port is another origin", same, request("h:8080", "http://h:8081"), false},
		{"another host", same, request("h:8080", "http://evil.example"), false},
		{"our host as a prefix", same, request("h", "http://h.evil.example"), false},
		{"our host as user information", same, request("h", "http://h@evil.example"), false},
		{"a sandboxed frame", same, request("h", "null"), false},
		{"a file or an extension", same, request("h", "file://h"), false},
		{"an empty header", same, request("h", ""), false},
		{"two headers", same, request("h", "http://h", "http://h"), false},
		{"rubbish", same, request("h", "http://%zz"), false},
		{"the public URL behind a proxy that changes Host", listed, request("10.0.0.1:8080", "https://chat.example"), true},
		{"the public URL on http is another origin", listed, request("10.0.0.1:8080", "http://chat.example"), false},
		{"listed", listed, request("h", "http://localhost:5173"), true},
		{"listed with port and letters", listed, request("h", "https://other.example"), true},
		{"not listed", listed, request("h", "https://third.example"), false},
		{"any", all, request("h", "https://third.example"), true},
		{"any, sandboxed", all, request("h", "null"), true},
	} {
		if got := row.policy.Allowed(row.request); got != row.want {
			t.Errorf("%s: %v", row.why, got)
		}
	}
}

func TestBadOriginsAreRefusedAtStart(t *testing.T) {
	for _, bad := range []string{"chat.example", "ftp://chat.example", "https://", "https://a/b", "https://a?b", "https://u@a"} {
		if _, err := New("", []string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, bad := range []string{"chat.example", "/live", "javascript:x"} {
		if _, err := New(bad, nil); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzAllowed(f *testing.F) {
	f.Add("http://h:8080", "h:8080")
	f.Add("null", "")
	p, err := New("https://chat.example", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, origin, host string) {
		if !p.Allowed(request(host, origin)) {
			return
		}
		if o := mustNormalise(t, origin); !slices.Contains(p.listed, o) && !sameHost(o, host) {
			t.Errorf("%q was let in at %q", origin, host)
		}
	})
}

func mustNormalise(t *testing.T, s string) string {
	o, ok := normalise(s)
	if !ok {
		t.Fatalf("%q is no origin and was let in", s)
	}
	if again, ok := normalise(o); !ok || again != o {
		t.Fatalf("%q became %q, then %q", s, o, again)
	}
	return o
}
