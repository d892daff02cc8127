#!/usr/bin/env bash
# Builds and starts the server with the demo. 8080 taken: the next free port. RUN_FOR=30s: lets
# it run that long, meanwhile sends itself a message over the real wire, stops it
# with SIGTERM, and exits 0 only if all of that went well. RUN_FLAGS are added to
# `hubbub serve`.
source "$(dirname "$0")/prelude.sh"

free_port() {
  local port
  for port in $(seq 8080 8180); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  die "no free port from 8080 to 8180"
}

step() { echo "▸ $*"; }

step "building the page and the program"
make build
if [[ -n "${HUBBUB_LISTEN:-}" ]]; then
  listen=$HUBBUB_LISTEN
else
  port=$(free_port)
  [[ $port == 8080 ]] || step "port 8080 is taken, using $port"
  listen=127.0.0.1:$port
fi
read -ra flags <<<"${RUN_FLAGS:-}"
step "starting on http://$listen, Ctrl-C stops it"
if [[ -z "${RUN_FOR:-}" ]]; then
  exec bin/hubbub serve --demo --listen "$listen" ${flags[@]+"${flags[@]}"}
fi

bin/hubbub serve --demo --listen "$listen" ${flags[@]+"${flags[@]}"} &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
deadline=$((SECONDS + $(major "$RUN_FOR")))

step "sending a message to itself"
status=0
go run ./test/smoke -url "http://$listen" || status=$?

while ((SECONDS < deadline)) && kill -0 "$server" 2>/dev/null; do sleep 0.2; done
kill -0 "$server" 2>/dev/null || die "the server ended by itself"
step "stopping"
kill -TERM "$server"
wait "$server" || die "the server did not stop cleanly (status $?)"
trap - EXIT
((status == 0)) || die "the message did not make its way"
step "all is well"
