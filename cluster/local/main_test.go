package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"
)

// leash names a pipe that the tests hold: a cluster that they started ends with them,
// also if they are killed.
const leash = "HUBBUB_TEST_LEASH"

// The tests run the command, and what stands for hubbub, as processes of this binary.
func TestMain(m *testing.M) {
	if os.Getenv(leash) == "" {
		goleak.VerifyTestMain(m)
	}
	switch os.Args[1] {
	case "serve", "migrate":
		os.Exit(standIn(os.Args[1:]))
	case "flink": // it watches until it is ended
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM)
		<-ended
		os.Exit(0)
	case "run":
		go func() {
			held, err := os.Open(os.Getenv(leash))
			if err == nil {
				_, err = held.Read(make([]byte, 1)) // there is nothing to read: it ends
			}
			fmt.Fprintln(os.Stderr, "the tests ended:", err)
			os.Exit(1)
		}()
	}
	main()
}

// standIn stands for hubbub: the real one as separate roles is not what is tested here.
// It is ready at once, says which role it has and how it was called, and takes WebSockets.
func standIn(args []string) int {
	flags := flag.NewFlagSet("stand-in", flag.ContinueOnError)
	listen, role := flags.String("listen", "", ""), flags.String("roles", "migrate", "")
	for _, other := range []string{"kafka", "redis", "redis-replicas", "cassandra", "mysql", "prefix", "member", "trusted-proxies", "public-url", "shared-listen", "analysis-by"} {
		flags.String(other, "", "")
	}
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 || len(os.Getenv("HUBBUB_JWT_SECRET")) < 64 {
		fmt.Println("called wrongly:", args, err)
		return 2
	}
	if *role == "migrate" {
		return 0
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			if conn, _, _, err := ws.UpgradeHTTP(r, w); err == nil {
				_ = wsutil.WriteServerText(conn, []byte(*role))
			}
		case r.URL.Path == "/metrics":
			fmt.Fprintln(w, "hubbub_stand_in 1")
		default:
			fmt.Fprintln(w, *role, strings.Join(args, " "))
		}
	})))
	return 1
}
