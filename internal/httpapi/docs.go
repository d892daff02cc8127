package httpapi

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

var problemType = reflect.TypeFor[Problem]()

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle string

// documents adds what describes the API: the OpenAPI document, a page made of it
// beforehand, which needs no script and loads nothing, and the key set.
func documents(mux *http.ServeMux, api *huma.OpenAPI, jwks []byte) error {
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own; see translate
		delete(api.Components.Schemas.Map(), unused)
	}
	document, err := json.Marshal(api)
	if err != nil {
		return fmt.Errorf("write the OpenAPI document: %w", err)
	}
	page, err := renderDocs(api)
	if err != nil {
		return fmt.Errorf("write the API's page: %w", err)
	}
	style := sha256.Sum256([]byte(docsStyle))
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'"
	mux.Handle("GET /openapi.json", fixed("application/vnd.oai.openapi+json", document, nil))
	mux.Handle("GET /.well-known/jwks.json", fixed("application/jwk-set+json", jwks, nil))
	mux.Handle("GET /docs", fixed("text/html; charset=utf-8", page, map[string]string{"Content-Security-Policy": policy}))
	return nil
}

// fixed answers the same to everybody.
func fixed(contentType string, body []byte, headers map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "public, max-age=300")
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		_, _ = w.Write(body) // the client may be gone
	})
}

// A described is a route on the page.
type described struct {
	Method string
	Path   string
	*huma.Operation
}

// A named is a schema on the page.
type named struct{ Name, Schema string }

func renderDocs(api *huma.OpenAPI) ([]byte, error) {
	data := struct {
		Info    *huma.Info
		Style   template.CSS
		Routes  []described
		Schemas []named
	}{Info: api.Info, Style: template.CSS(docsStyle)}
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op != nil {
				data.Routes = append(data.Routes, described{Method: method, Path: path, Operation: op})
			}
		}
	}
	slices.SortFunc(data.Routes, func(a, b described) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	schemas := api.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		text, err := indented(schemas[name])
		if err != nil {
			return nil, err
		}
		data.Schemas = append(data.Schemas, named{Name: name, Schema: text})
	}
	page, err := template.New("docs").Funcs(template.FuncMap{"indented": indented}).Parse(docsPage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, data)
	return out.Bytes(), err
}

func indented(v any) (string, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return string(text), err
}
