package httpapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
)

var update = flag.Bool("update", false, "write the golden files")

// An openAPI document is as much of OpenAPI 3.1 as these tests look at.
type openAPI struct {
	OpenAPI string
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]struct {
		OperationID string
		Summary     string
		Security    []map[string][]string
		Parameters  []struct {
			Name, In string
			Required bool
			Schema   any
		}
		RequestBody *struct {
			Content map[string]struct{ Schema any }
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema any }
		}
	}
	Components struct {
		Schemas         map[string]any
		SecuritySchemes map[string]any
	}
}

func TestOpenAPIGolden(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/openapi.json"})
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/vnd.oai.openapi+json" {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	var got bytes.Buffer
	s.must(json.Indent(&got, []byte(a.body), "", "  "))
	got.WriteByte('\n')
	const golden = "testdata/openapi.json"
	if *update {
		s.must(os.WriteFile(golden, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the API's document is not that of %s (%v); if it is meant to differ, go test ./internal/httpapi -update\n%s", golden, err, firstDifference(got.String(), string(want)))
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got  " + a[i] + "\nwant " + b[i]
		}
	}
	return "one is the beginning of the other"
}

func TestOpenAPIIsValid(t *testing.T) {
	s := newSite(t, nil)
	text := s.do(request{path: "/openapi.json"}).body
	doc := get[openAPI](s, request{path: "/openapi.json"})
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version != "1.2.3" {
		t.Errorf("openapi %s, %+v", doc.OpenAPI, doc.Info)
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			where := method + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
				t.Errorf("%s: operation %q, %q", where, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = true
			var inPath []string
			for _, p := range op.Parameters {
				if p.In == "path" && p.Required {
					inPath = append(inPath, "{"+p.Name+"}")
				}
				if p.Schema == nil || p.Name == "" || !slices.Contains([]string{"path", "query"}, p.In) {
					t.Errorf("%s: parameter %+v", where, p)
				}
			}
			if named := regexp.MustCompile(`{\w+}`).FindAllString(path, -1); !slices.Equal(named, inPath) {
				t.Errorf("%s: parameters %q", where, inPath)
			}
			body := op.RequestBody != nil
			if (method == "post" || method == "patch") && !body || method == "get" && body {
				t.Errorf("%s: body %+v", where, op.RequestBody)
			}
			if _, ok := op.Responses["default"].Content["application/problem+json"]; !ok || len(op.Responses) < 2 {
				t.Errorf("%s: answers %+v", where, op.Responses)
			}
			for status, answer := range op.Responses {
				if answer.Description == "" {
					t.Errorf("%s: %s is not described", where, status)
				}
			}
			for _, needed := range op.Security {
				for scheme := range needed {
					if doc.Components.SecuritySchemes[scheme] == nil {
						t.Errorf("%s: security scheme %q", where, scheme)
					}
				}
			}
		}
	}
	refs := regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(refs) == 0 {
		t.Error("no schema is referred to")
	}
	for _, ref := range refs {
		name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
		if !ok || doc.Components.Schemas[name] == nil {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
	for name := range doc.Components.Schemas {
		if !regexp.MustCompile(`^[a-zA-Z0-9._-]+$`).MatchString(name) {
			t.Errorf("schema %q cannot be named so", name)
		}
		if !strings.Contains(text, `"#/components/schemas/`+name+`"`) {
			t.Errorf("schema %s is not used", name)
		}
	}
}

// TestOpenAPIIsWhatIsServed asks every path of the document with every method.
func TestOpenAPIIsWhatIsServed(t *testing.T) {
	s := newSite(t, nil)
	doc := get[openAPI](s, request{path: "/openapi.json"})
	if len(doc.Paths) < 25 {
		t.Errorf("only %d paths", len(doc.Paths))
	}
	for path, item := range doc.Paths {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			a := s.do(request{method: method, path: strings.ReplaceAll(path, "{id}", "7")})
			var p Problem
			_ = json.Unmarshal([]byte(a.body), &p) // of an answer that is none, nothing
			_, listed := item[strings.ToLower(method)]
			if served := p.Code != hubbub.CodeUnsupported && p.Code != hubbub.CodeNotFound; served != listed && !overlaps(method, path) {
				t.Errorf("%s %s: served %v, listed %v: %s", method, path, served, listed, a.body)
			}
		}
	}
}

// overlaps says whether a path is also that of a stream or user, with an id that
// none has.
func overlaps(method, path string) bool {
	stream := strings.HasSuffix(path, "/enter") || strings.HasSuffix(path, "/leave") || strings.HasSuffix(path, "/subscribe")
	user := strings.HasPrefix(path, "/api/v1/users/") && strings.Count(path, "/") == 4
	return stream && method != "POST" || user && method == "PATCH"
}

// TestOpenAPIDescribesAnswers holds answers against the schemas they are said to have.
func TestOpenAPIDescribesAnswers(t *testing.T) {
	s := newSite(t, nil)
	s.say("hello")
	doc := get[openAPI](s, request{path: "/openapi.json"})
	guest, admin := s.guest("Mina"), s.admin("mina")
	for schema, r := range map[string]request{
		"Site":         {path: "/api/v1/site"},
		"AccountList":  {path: "/api/v1/users", token: admin.AccessToken},
		"SignedIn":     {path: "/api/v1/users/guest", body: `{"name":"Mina"}`},
		"Tokens":       {path: "/api/v1/users/reissue", body: refreshBody(guest.RefreshToken)},
		"User":         {path: "/api/v1/users/me", token: guest.AccessToken},
		"StreamList":   {path: "/api/v1/streams"},
		"Noted":        {path: "/api/v1/streams/enter", body: `{"streamId":"1"}`, token: guest.AccessToken},
		"StreamDetail": {path: "/api/v1/streams/over"},
		"MessagePage":  {path: "/api/v1/streams/1/messages"},
		"Problem":      {path: "/api/v1/streams?size=x"},
	} {
		var value any
		s.must(json.Unmarshal([]byte(s.do(r).body), &value))
		for _, fault := range misfits(doc.Components.Schemas, doc.Components.Schemas[schema], value, schema) {
			t.Error(fault)
		}
	}
}

// misfits says where a value is not of a schema: types, properties, required ones.
func misfits(schemas map[string]any, schema, value any, where string) (faults []string) {
	m, ok := schema.(map[string]any)
	if !ok {
		return []string{where + ": no schema"}
	}
	if ref, ok := m["$ref"].(string); ok {
		return misfits(schemas, schemas[strings.TrimPrefix(ref, "#/components/schemas/")], value, where)
	}
	want, _ := m["type"].(string) // none: anything
	switch v := value.(type) {
	case map[string]any:
		if want == "object" {
			properties, _ := m["properties"].(map[string]any)
			for name, value := range v {
				if properties[name] == nil {
					faults = append(faults, where+" has "+name+", which is not described")
					continue
				}
				faults = append(faults, misfits(schemas, properties[name], value, where+"."+name)...)
			}
			required, _ := m["required"].([]any)
			for _, name := range required {
				if _, there := v[name.(string)]; !there {
					faults = append(faults, where+" lacks "+name.(string))
				}
			}
			return faults
		}
	case []any:
		if want == "array" {
			for _, value := range v {
				faults = append(faults, misfits(schemas, m["items"], value, where+"[]")...)
			}
			return faults
		}
	case string:
		if want == "string" {
			return nil
		}
	case float64:
		if want == "integer" || want == "number" {
			return nil
		}
	case bool:
		if want == "boolean" {
			return nil
		}
	}
	if want != "" {
		faults = append(faults, where+" is no "+want)
	}
	return faults
}

func TestJWKS(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/.well-known/jwks.json"})
	if a.StatusCode != http.StatusOK || a.body != string(s.keys.JWKS()) || !strings.Contains(a.body, `"Ed25519"`) || strings.Contains(a.body, `"d"`) {
		t.Errorf("%s %s", a.Status, a.body)
	}
}

// TestDocsLoadNothing: the page is whole in itself, and its policy holds it to that.
func TestDocsLoadNothing(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/docs"})
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s %v", a.Status, a.Header)
	}
	if bad := regexp.MustCompile(`(?i)<(script|link|img|iframe|object|embed|base|form|meta http)|\ssrc=|\son\w+=|\sstyle=|@import|url\(`).FindString(a.body); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		if link[1] != "/openapi.json" {
			t.Errorf("the page leads to %s", link[1])
		}
	}
	policy := a.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none';") || !strings.Contains(policy, "style-src 'sha256-") || strings.Contains(policy, "http") {
		t.Errorf("the page may load: %s", policy)
	}
	doc := get[openAPI](s, request{path: "/openapi.json"})
	for path, item := range doc.Paths {
		for method, op := range item {
			if !strings.Contains(a.body, strings.ToUpper(method)+" "+path) || !strings.Contains(a.body, op.Summary) {
				t.Errorf("the page lacks %s %s", method, path)
			}
		}
	}
	for name := range doc.Components.Schemas {
		if !strings.Contains(a.body, "schema-"+name) {
			t.Errorf("the page lacks schema %s", name)
		}
	}
}
