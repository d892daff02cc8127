#!/usr/bin/env bash
# Tests under the race detector, where goroutines meet. SQLite is many times slower
# under it, so packages that mostly wait for their databases run only the tests
# that are about doing things at once.
source "$(dirname "$0")/prelude.sh"
race() { go test -json -count=1 -short -race -timeout 8m "$@"; }
status=0
race $(scripts/packages.sh race) || status=$?
at_once='AtOnce|Bounded|Concurrent|Cycles|DemoServed|Eras|Events|Export|LastUse|Limited|Many|OIDC|Part|Rate|Run|Sweep|UnderWay|Viewer|Watch'
race -run "$at_once" ./internal/{account/...,app,httpapi} || status=$?
exit $status
