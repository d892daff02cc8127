#!/usr/bin/env bash
# The kill matrix in its short form, printed as events of go test -json. It runs
# without the race detector, which is too slow for 250 messages a second on two cores.
source "$(dirname "$0")/prelude.sh"
: "${HUBBUB_BIN:?must be the path of the hubbub binary}"
go test -json -tags cluster -count=1 -timeout 12m ./test/e2e -run '^TestCluster$'
