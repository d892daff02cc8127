// Package web is the page: it owns the TypeScript sources and serves what they
// were built into, from the binary. Without a build it still compiles, and says
// on a fallback page how to make one. It knows nothing of the server's API.
package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

//go:embed unbuilt.html
var unbuilt []byte

// The page runs its own files and talks to its own server, nothing else. What
// streamers link to, a picture of their stream or of themselves and a video, lies
// wherever they keep it: those may come from any host. They run nothing, and are
// asked for without saying from which page; their hosts do see viewers' addresses.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' https: http:; media-src https: http:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// places are the addresses of the page: its script shows what belongs there.
var places = []string{
	"/{$}", "/s/{streamId}", "/overlay/{streamId}", "/signin", "/signup", "/claim", "/reset",
	"/profile", "/settings", "/studio",
}

// Built says whether the binary has the page, not just the fallback.
func Built() bool {
	_, err := fs.Stat(embedded, "dist/index.html")
	return err == nil
}

// Handler serves the page at its places, and its files. Everything else is 404, so it may be mounted at / beside the API. It is safe for concurrent use.
func Handler() http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil { // only an invalid path literal could fail
		panic(err)
	}
	return handler(dist)
}

func handler(dist fs.FS) http.Handler {
	files := load(dist)
	page, built := files["/index.html"]
	if !built {
		page = newFile("index.html", unbuilt)
		page.policy = strings.Replace(policy, "style-src 'self'", "style-src 'unsafe-inline'", 1)
	}
	mux := http.NewServeMux()
	for _, place := range places {
		mux.Handle("GET "+place, page)
	}
	for name, f := range files {
		if name != "/index.html" {
			mux.Handle("GET "+name, f)
		}
	}
	return mux
}

// load reads all files, by URL path. The page is small: it stays in memory.
func load(dist fs.FS) map[string]*file {
	files := map[string]*file{}
	// The walk is over files in the binary, which can be read.
	_ = fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err == nil {
			files["/"+name] = newFile(name, content)
		}
		return err
	})
	return files
}

// kinds are the types of the page's files; the system's own table may differ.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// A file is one file of the page, ready to be sent.
type file struct {
	content, gzipped  []byte // gzipped: nil if it is no smaller
	kind, etag, cache string
	policy            string
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		content: content,
		kind:    cmp.Or(kinds[path.Ext(name)], "application/octet-stream"),
		etag:    `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
		cache:   "no-cache",
		policy:  policy,
	}
	if strings.HasPrefix(name, "assets/") { // their names change with their content
		f.cache = "public, max-age=31536000, immutable"
	}
	var buf bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is valid
	_, _ = zip.Write(content)                                 // to memory
	_ = zip.Close()
	if buf.Len() < len(content) {
		f.gzipped = buf.Bytes()
	}
	return f
}

// ServeHTTP sends the file, compressed to those who take it.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.cache)
	h.Set("Etag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Security-Policy", f.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := f.content
	if f.gzipped != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		content = f.gzipped
	}
	_, _ = w.Write(content) // a client that left needs no answer
}

func takesGzip(accept string) bool {
	for coding := range strings.SplitSeq(accept, ",") {
		name, quality, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if name == "gzip" {
			return strings.Trim(quality, "q=0.") != "" || quality == ""
		}
	}
	return false
}
