#!/usr/bin/env bash
# packages.sh unit|race: the packages of that run. test/e2e runs by itself, with
# the built binary, and so does cluster, which starts engines.
source "$(dirname "$0")/prelude.sh"
all=$(go list ./... | grep -v -e /test/e2e -e /hubbub/cluster -e /node_modules/)
case $1 in
  unit) echo "$all" ;;
  # See race-tests.sh.
  race) grep -E '/internal/(analysis/worker|archive/archiver|cache|chat|client|demo|eventlog|follow|history|lab|livebus|moderation|presence|relay|streams)(/|$)' <<<"$all" ;;
  *) die "packages.sh unit|race" ;;
esac
