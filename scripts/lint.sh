#!/usr/bin/env bash
# The heavy linters, built from tools/go.mod so that they are no dependency of
# the program. The first run builds them, which takes minutes.
source "$(dirname "$0")/prelude.sh"
scripts/vet.sh
go mod tidy -diff
go build -C tools -o "$cache/golangci-lint" github.com/golangci/golangci-lint/v2/cmd/golangci-lint
"$cache/golangci-lint" run ./...
if command -v shellcheck >/dev/null; then shellcheck -x scripts/*.sh; fi
