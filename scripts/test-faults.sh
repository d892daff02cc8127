#!/usr/bin/env bash
# What is done to the system for the sake of each promise (docs/promises.md), and a
# table of it; make test does the same. KILLS is how often the server is killed
# (3), ROUNDS how often all other faults come (1); FULL=1: 100 and 10.
source "$(dirname "$0")/prelude.sh"
scripts/prerequisites.sh
export HUBBUB_BIN=$PWD/bin/hubbub
kills=3 rounds=1
if [[ -n "${FULL:-}" ]]; then
  kills=100 rounds=10
fi
export HUBBUB_KILLS=${KILLS:-$kills}
work=$(mktemp -d "$cache/faults.XXXXXX")
trap 'rm -rf "$work"' EXIT
go build -o "$work/tally" ./test/tally

status=0
faults() { # RUN TESTS FLAGS…
  local events=$work/$1.json tests=$2
  shift 2
  go test -json -parallel 8 -timeout 6h -run "$tests" "$@" ./test/e2e | "$work/tally" show "$events" || status=1
}
faults kills '^Test(Kill$|G[45])' -count=1
faults others '^Test(G[1236789]|Fsync|Disk|Stop$|LogLost|Bad(Sends|Frames|Requests|Subscriptions|Tokens)$)' -count="${ROUNDS:-$rounds}"
"$work/tally" promises "$work"/*.json || status=1
exit "$status"
