#!/usr/bin/env bash
# SIGKILL at random instants under load, KILLS times (default 100); prints the
# seed and what was unacknowledged at each kill. SEED repeats a run.
source "$(dirname "$0")/prelude.sh"
export HUBBUB_BIN=$PWD/bin/hubbub HUBBUB_KILLS=${KILLS:-100} HUBBUB_SEED=${SEED:-}
go test -count=1 -timeout 6h -v -run '^TestKill$' ./test/e2e | tee "$cache/test-kill.log"
grep -q '^--- PASS: TestKill' "$cache/test-kill.log" || die "TestKill did not run"
