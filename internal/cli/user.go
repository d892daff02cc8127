package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/app"
)

// UserCmd is what an operator does to accounts, on the data folder or the database itself.
type UserCmd struct {
	Add    UserAddCmd    `cmd:"" help:"Make an account and print the link by which its password is set."`
	Passwd UserPasswdCmd `cmd:"" help:"Print a link by which an account's password is set, once, within 24 hours."`
	Role   UserRoleCmd   `cmd:"" help:"Make an account an admin's, or an admin's none."`
	List   UserListCmd   `cmd:"" help:"List the accounts, and whoever else is banned."`
}

// A userFolder says whose accounts.
type userFolder struct {
	app.Site
}

// with opens the accounts for f.
func (u userFolder) with(env *Env, f func(*account.Service) error) error {
	accounts, closer, err := app.Accounts(env.Context, u.Site)
	if err != nil {
		return err
	}
	return errors.Join(f(accounts), closer.Close())
}

// A userSite says where the page is.
type userSite struct {
	PublicURL string `name:"public-url" help:"URL under which people reach the page." placeholder:"URL" default:"http://127.0.0.1:8080"`
}

// link prints the one-time link of a code.
func (u userSite) link(env *Env, code string) error {
	_, err := fmt.Fprintln(env.Stdout, account.ResetLink(u.PublicURL, code))
	return err
}

// UserAddCmd makes an account.
type UserAddCmd struct {
	userFolder
	userSite
	Username string `arg:"" help:"What the account signs in with: 3 to 32 of a-z 0-9 _ . and -."`
	Name     string `help:"How it is shown; the username without."`
	Admin    bool   `help:"Make it an admin's."`
}

// Run prints the link.
func (c *UserAddCmd) Run(env *Env) error {
	return c.with(env, func(accounts *account.Service) error {
		_, code, err := accounts.Add(env.Context, c.Username, c.Name, c.Admin)
		if err != nil {
			return fmt.Errorf("add the user %s: %w", c.Username, err)
		}
		return c.link(env, code)
	})
}

// UserPasswdCmd prints a link.
type UserPasswdCmd struct {
	userFolder
	userSite
	Username string `arg:"" help:"Username of the account."`
}

// Run prints the link.
func (c *UserPasswdCmd) Run(env *Env) error {
	return c.with(env, func(accounts *account.Service) error {
		code, err := accounts.OfferReset(env.Context, c.Username)
		if err != nil {
			return fmt.Errorf("make a link for %s: %w", c.Username, err)
		}
		return c.link(env, code)
	})
}

// UserRoleCmd sets a role.
type UserRoleCmd struct {
	userFolder
	Username string `arg:"" help:"Username of the account."`
	Role     string `arg:"" help:"admin or none." enum:"admin,none"`
}

// Run prints nothing.
func (c *UserRoleCmd) Run(env *Env) error {
	return c.with(env, func(accounts *account.Service) error {
		if _, err := accounts.SetRole(env.Context, c.Username, c.Role == "admin"); err != nil {
			return fmt.Errorf("change the role of %s: %w", c.Username, err)
		}
		return nil
	})
}

// UserListCmd lists accounts.
type UserListCmd struct {
	userFolder
	Query string `arg:"" optional:"" help:"Only those who have this in their name or username."`
}

// Run prints a table, newest first.
func (c *UserListCmd) Run(env *Env) error {
	return c.with(env, func(accounts *account.Service) error {
		table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "USERNAME\tNAME\tROLE\tSINCE\tBANNED\tID")
		for u, err := range accounts.All(env.Context, c.Query) {
			if err != nil {
				return fmt.Errorf("list users: %w", err)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", orDash(u.Username), u.Name, orDash(strings.Join(u.Roles(), " ")),
				u.CreatedAt.UTC().Format(time.DateOnly), banned(u.Ban), u.ID)
		}
		return table.Flush()
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// banned says until when a ban is.
func banned(b account.Ban) string {
	switch {
	case !b.Holds(time.Now()):
		return "-"
	case b.Until.IsZero():
		return "for good"
	}
	return "until " + b.Until.UTC().Format(time.RFC3339)
}
