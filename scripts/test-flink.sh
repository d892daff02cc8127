#!/usr/bin/env bash
# Everything that is done to the job on Flink, for who looks at it.
source "$(dirname "$0")/prelude.sh"
export HUBBUB_BIN=$PWD/bin/hubbub
go test -tags flink -count=1 -timeout 25m -v ./internal/flink
