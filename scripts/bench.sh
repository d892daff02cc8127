#!/usr/bin/env bash
# Benchmarks of the Go packages; BENCH=regexp chooses. They are figures to read
# side by side, never tests.
source "$(dirname "$0")/prelude.sh"
# shellcheck disable=SC2046 # a list of packages
go test -run '^$' -bench "${BENCH:-.}" -benchmem $(git grep -l '^func Benchmark' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's#^#./#')
