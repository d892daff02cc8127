package hub

import (
	"context"
	"errors"
	"testing"

	"github.com/hubbub-live/hubbub/test/api"
)

// Of returns a server that others run as several processes: front is the address of
// all, without a slash at the end; parts are those of the processes, where their metrics
// are. It can be asked, and neither started nor ended.
func Of(t testing.TB, front string, parts ...string) *Server {
	s := &Server{At: api.At(front), t: t}
	for _, part := range parts {
		s.parts = append(s.parts, api.At(part))
	}
	return s
}

// Metrics returns all samples, by name with labels as printed; those that several
// processes have are the largest.
func (s *Server) Metrics(ctx context.Context) (map[string]float64, error) {
	if len(s.parts) == 0 {
		return s.At.Metrics(ctx)
	}
	all := map[string]float64{}
	for _, part := range s.parts {
		samples, err := part.Metrics(ctx)
		if err != nil {
			return nil, errors.Join(errors.New("a part of "+s.URL()), err)
		}
		for name, value := range samples {
			all[name] = max(all[name], value)
		}
	}
	return all, nil
}

// AwaitSettled is api.At's, for all parts.
func (s *Server) AwaitSettled(ctx context.Context) error { return api.AwaitSettled(ctx, s.Metrics) }
