#!/usr/bin/env bash
# What runs on real engines, which are installed by name and started on loopback.
source "$(dirname "$0")/prelude.sh"

work=$(mktemp -d "$cache/engines-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
go build -o "$work/tally" ./test/tally
status=0
scripts/stage.sh "engines" bash -o pipefail -c 'go test -json -count=1 -race -timeout 15m "${@:3}" | "$1" show "$2"' \
  run "$work/tally" "$work/engines.json" $(scripts/packages.sh engines) || status=1
"$work/tally" table test/rows-engines.txt "$work/engines.json" || status=1
exit "$status"
