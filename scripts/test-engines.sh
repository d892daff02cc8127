#!/usr/bin/env bash
# What runs on real engines, which are installed by name.
source "$(dirname "$0")/prelude.sh"

work=$(mktemp -d "$cache/engines-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
go build -o "$work/tally" ./test/tally
status=0
scripts/stage.sh "adapters" bash -o pipefail -c 'scripts/engine-tests.sh | "$1" show "$2"' \
  run "$work/tally" "$work/adapters.json" || status=1
grep '| adapters |' test/rows.txt >"$work/rows"
"$work/tally" table "$work/rows" "$work/adapters.json" || status=1
exit "$status"
