package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	".gitkeep":             {},
	"index.html":           {Data: []byte("<!doctype html><title>built</title>" + strings.Repeat(" ", 200))},
	"favicon.svg":          {Data: []byte("<svg/>")},
	"assets/index-1a2b.js": {Data: []byte(strings.Repeat("call();", 100))},
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestRoutes(t *testing.T) {
	h := handler(built)
	for _, c := range []struct {
		path, kind, cache string
		status            int
	}{
		{"/", "text/html; charset=utf-8", "no-cache", 200},    // the list
		{"/s/1", "text/html; charset=utf-8", "no-cache", 200}, // a room, opened by its address
		{"/overlay/1", "text/html; charset=utf-8", "no-cache", 200},
		{"/claim", "text/html; charset=utf-8", "no-cache", 200}, // the code is behind a #, which no server sees
		{"/studio", "text/html; charset=utf-8", "no-cache", 200},
		{"/assets/index-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200}, // never changes under its name
		{"/favicon.svg", "image/svg+xml", "no-cache", 200},                                                      // keeps its name when it changes
		{"/assets/index-0000.js", "", "", 404},                                                                  // of an older build: no page in its place
		{"/index.html", "", "", 404},                                                                            // one address per page
		{"/.gitkeep", "", "", 404},                                                                              // not the page's
		{"/s/", "", "", 404},
		{"/s/1/more", "", "", 404},
		{"/api/v1/nothing", "", "", 404}, // the API's to answer
	} {
		res := get(t, h, c.path)
		if res.StatusCode != c.status {
			t.Errorf("GET %s: %d, want %d", c.path, res.StatusCode, c.status)
			continue
		}
		if c.status != 200 {
			continue
		}
		if got := res.Header.Get("Content-Type"); got != c.kind {
			t.Errorf("GET %s: type %q, want %q", c.path, got, c.kind)
		}
		if got := res.Header.Get("Cache-Control"); got != c.cache {
			t.Errorf("GET %s: cache %q, want %q", c.path, got, c.cache)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("GET %s: not guarded: %v", c.path, res.Header)
		}
	}
}

func TestPolicyAllowsNothingInlineAndOnlyPicturesFromElsewhere(t *testing.T) {
	for directive := range strings.SplitSeq(policy, "; ") {
		name, sources, _ := strings.Cut(directive, " ")
		for _, word := range []string{"unsafe", "data:", "blob:", "http", "*"} {
			if strings.Contains(sources, word) && (word != "http" || name != "img-src" && name != "media-src") {
				t.Errorf("policy has %q in %s", word, directive)
			}
		}
	}
}

func TestCompression(t *testing.T) {
	h := handler(built)
	for accept, want := range map[string]string{
		"":                    "",
		"gzip, deflate, br":   "gzip",
		"br;q=1, gzip;q=0.5":  "gzip",
		"gzip;q=0":            "", // refused by name
		"gzip; q=0.0":         "",
		"x-gzipped, identity": "",
	} {
		res := get(t, h, "/assets/index-1a2b.js", "Accept-Encoding", accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accept, got, want)
		}
		body := io.Reader(res.Body)
		if want == "gzip" {
			zip, err := gzip.NewReader(body)
			if err != nil {
				t.Fatal(err)
			}
			body = zip
		}
		content, err := io.ReadAll(body)
		if err != nil || string(content) != strings.Repeat("call();", 100) {
			t.Errorf("Accept-Encoding %q: other content (%v)", accept, err)
		}
	}
}

func TestNotModified(t *testing.T) {
	h := handler(built)
	etag := get(t, h, "/").Header.Get("Etag")
	if res := get(t, h, "/s/7", "If-None-Match", etag); res.StatusCode != http.StatusNotModified {
		t.Errorf("the same page again: %d", res.StatusCode)
	}
	if res := get(t, h, "/", "If-None-Match", `"other"`); res.StatusCode != http.StatusOK {
		t.Errorf("another build's page: %d", res.StatusCode)
	}
}

func TestUnbuiltSaysHowToBuild(t *testing.T) {
	h := handler(fstest.MapFS{".gitkeep": {}})
	for _, path := range []string{"/", "/s/1"} {
		res := get(t, h, path)
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), "npm run build") {
			t.Errorf("GET %s: %d %s", path, res.StatusCode, body)
		}
	}
}

func TestEmbeddedPageServes(t *testing.T) {
	res := get(t, Handler(), "/")
	body, _ := io.ReadAll(res.Body)
	if has := strings.Contains(string(body), "/assets/"); has != Built() {
		t.Errorf("Built() is %t, and the page at / has assets: %t", Built(), has)
	}
}
