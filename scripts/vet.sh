#!/usr/bin/env bash
# The quick part of linting. make lint has the rest.
source "$(dirname "$0")/prelude.sh"
unformatted=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
[[ -z $unformatted ]] || die "not formatted by gofmt: $unformatted"
go vet ./...
go vet -tags cluster ./test/e2e ./internal/eventlog/kafkalog
