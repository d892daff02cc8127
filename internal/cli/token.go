package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/token"
)

// TokenCmd mints access tokens from the key alone, also while the server runs.
type TokenCmd struct {
	User      string        `help:"Subject of the token; with --count, -1 to -N are added." required:""`
	Name      string        `help:"Name shown in chat; the user id without."`
	Role      []string      `help:"Roles: admin or guest." enum:"admin,guest"`
	TTL       time.Duration `name:"ttl" help:"Lifetime." default:"15m"`
	Count     int           `help:"How many tokens, a line each." default:"1"`
	Data      string        `help:"Data folder with the signing key." default:"./hubbub-data" type:"path"`
	JWTSecret string        `name:"jwt-secret" help:"Shared HS512 secret, in the place of the key in the data folder." secret:""`
}

// Validate refuses what would print nothing of use.
func (c *TokenCmd) Validate() error {
	if c.TTL <= 0 || c.Count < 1 {
		return errors.New("--ttl and --count must be above 0")
	}
	return nil
}

// Run prints the tokens, one a line.
func (c *TokenCmd) Run(env *Env) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	for i := range c.Count {
		user := c.User
		if c.Count > 1 {
			user = fmt.Sprintf("%s-%d", c.User, i+1)
		}
		text, err := keys.Mint(token.Identity{User: hubbub.UserID(user), Name: c.Name, Roles: c.Role}, c.TTL)
		if err != nil {
			return fmt.Errorf("mint a token: %w", err)
		}
		if _, err := fmt.Fprintln(env.Stdout, text); err != nil {
			return err
		}
	}
	return nil
}

func (c *TokenCmd) keys() (*token.Keys, error) {
	if c.JWTSecret != "" {
		return token.FromSecret([]byte(c.JWTSecret))
	}
	return token.Open(c.Data, false)
}
