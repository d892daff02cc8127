package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/measure"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/token"
)

// tokens says who the clients are: users lab-0, lab-1 … signed with the plan's
// secret or data folder, else guests.
func tokens(p *plan.Plan, api *measure.API) (func(context.Context, int) (string, error), error) {
	var keys *token.Keys
	var err error
	switch {
	case p.Secret != "":
		keys, err = token.FromSecret([]byte(p.Secret))
	case p.DataDir != "":
		keys, err = token.Open(p.DataDir, false)
	default:
		return func(ctx context.Context, client int) (string, error) {
			return api.Guest(ctx, fmt.Sprintf("Viewer %d", client))
		}, nil
	}
	if err != nil {
		return nil, err
	}
	ttl := p.RampUp + p.Duration + time.Hour
	return func(_ context.Context, client int) (string, error) {
		return keys.Mint(token.Identity{
			User: hubbub.UserID(fmt.Sprintf("lab-%d", client)), Name: fmt.Sprintf("Viewer %d", client),
		}, ttl)
	}, nil
}
