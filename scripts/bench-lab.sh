#!/usr/bin/env bash
# The lab beside an independent load generator, FANLOAD=its binary: both load a
# fresh server with the reference load, in turns, RUNS=3 times for DURATION=60s
# each, and have to agree.
source "$(dirname "$0")/prelude.sh"
: "${FANLOAD:?name the binary of the load generator: make bench-lab FANLOAD=…}"
go run ./test/reach -fanload "$FANLOAD" -runs "${RUNS:-3}" -duration "${DURATION:-60s}"
