#!/usr/bin/env bash
# The engines, and the adapters of each, under the race detector, printed as events of
# go test -json. What they need is started on loopback.
source "$(dirname "$0")/prelude.sh"
go test -json -count=1 -race -timeout 15m $(scripts/packages.sh engines)
