#!/usr/bin/env bash
# How far a comparison can be trusted here: RUNS=8 runs of the reference load on one
# configuration, DURATION=300 seconds each, held against each other in every way;
# then how large a change of the recorded CPU would have been found. Shorter windows
# show whether it works, and support no claim. ENV=FILE is another plan, OUT=FOLDER
# keeps the runs; a broken series goes on where it ended if LISTEN=host:port is kept
# as well.
source "$(dirname "$0")/prelude.sh"

folder=$(mktemp -d)
out=${OUT:-$folder/runs}
export HUBBUB_JWT_SECRET="a secret for measurements, nothing else"
bin/hubbub serve --listen "${LISTEN:-127.0.0.1:0}" --data "$folder/data" --message-rate 0 --connect-rate 0 >"$folder/ready" 2>"$folder/log" &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  url=$(sed -nE 's/^hubbub is ready: (http[^ ]*).*/\1/p' "$folder/ready")
  [[ -n $url ]] && break
  kill -0 "$server" 2>/dev/null || die "the server ended: $(tail -1 "$folder/log")"
  sleep 0.1
done
[[ -n $url ]] || die "the server was not ready"

run=0
WEBSOCKET_URL="ws${url#http}/chat/ws" DURATION_SECONDS="${DURATION:-300}" JWT_SECRET="$HUBBUB_JWT_SECRET" \
  bin/hubbub lab run --env "${ENV:-lab/reference.env}" --repeats "${RUNS:-8}" --out "$out" || run=$?
[[ $run == 0 || $run == 3 ]] || die "the runs failed"
bin/hubbub lab compare --out "$out" "$out"
