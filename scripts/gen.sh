#!/usr/bin/env bash
# Regenerates committed generated code and the record of what it was made from. A
# test compares the two, so that a test run needs no generator.
source "$(dirname "$0")/prelude.sh"
go build -C tools -o "$cache/sqlc" github.com/sqlc-dev/sqlc/cmd/sqlc # takes minutes the first time
(cd internal/metastore && "$cache/sqlc" generate)
go test ./internal/metastore -run TestGeneratedCodeIsFresh -update
