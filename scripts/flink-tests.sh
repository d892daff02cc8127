#!/usr/bin/env bash
# The job's own tests, and the job on a real Flink and a real Kafka, printed as events of
# go test -json. FULL=1: everything that is done to it; without, a TaskManager and a child
# are killed.
source "$(dirname "$0")/prelude.sh"
: "${HUBBUB_BIN:?must be the path of the hubbub binary}"
tests='^Test(JUnit|Faults|SubmittingTwice)$'
[[ -z ${FULL:-} ]] || tests=.
go test -json -tags flink -count=1 -timeout 25m ./internal/flink -run "$tests"
