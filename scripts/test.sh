#!/usr/bin/env bash
# Every test, stage by stage. A failing stage does not stop the later ones, so
# that the table at the end is whole; it decides the status.
source "$(dirname "$0")/prelude.sh"

events=$(mktemp -d "$cache/events.XXXXXX")
trap 'rm -rf "$events"' EXIT
failed=()
stage() { scripts/stage.sh "$@" || failed+=("$1"); }

scripts/stage.sh "what tests need" scripts/prerequisites.sh
HUBBUB_CLIENTS=$(scripts/prerequisites.sh --where)
export HUBBUB_CLIENTS
stage "engines" scripts/engines.sh
make build
stage "flink job" scripts/flink-job.sh
export HUBBUB_BIN=$PWD/bin/hubbub
go build -o "$events/tally" ./test/tally

# run NAME COMMAND…: keeps the events that COMMAND prints as run NAME.
run() {
  local name=$1
  shift
  stage "$name" bash -o pipefail -c '"${@:3}" | "$1" show "$2"' run "$events/tally" "$events/$name.json" "$@"
}

stage "vet and format" scripts/vet.sh
run unit go test -json -count=1 -short -timeout 5m $(scripts/packages.sh unit)
run page scripts/page-tests.sh
run race scripts/race-tests.sh
run e2e go test -json -count=1 -parallel 8 -timeout 12m ./test/e2e/...
run browser scripts/browser-tests.sh
run adapters scripts/engine-tests.sh
run cluster scripts/matrix.sh
run flink scripts/flink-tests.sh

"$events/tally" promises "$events"/{e2e,cluster}.json || failed+=("promises")
"$events/tally" table test/rows.txt "$events"/*.json || failed+=("table")
if ((${#failed[@]})); then
  # After the table's last line nothing may follow on standard output.
  printf 'failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
