package httpapi

import (
	"net/http"
	"strings"

	"github.com/hubbub-live/hubbub"
)

// rest answers what no route does: with the page, if there is one, with 405 where
// another method would do, else with 404.
func (a *api) rest(mux *http.ServeMux, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		if page != nil && reading && !isAPI(r) {
			page.ServeHTTP(w, r)
			return
		}
		allowed := methodsAt(mux, r)
		if page != nil && !isAPI(r) && allowed == nil {
			allowed = []string{http.MethodGet, http.MethodHead}
		}
		if allowed == nil {
			WriteProblem(w, hubbub.Refuse(hubbub.CodeNotFound, "there is nothing at this path; /docs lists what there is"))
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		WriteProblem(w, hubbub.Refuse(hubbub.CodeUnsupported, "this path takes %s", strings.Join(allowed, ", ")))
	})
}

// methodsAt returns the methods for which there is a route at r's path.
func methodsAt(mux *http.ServeMux, r *http.Request) (methods []string) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}
