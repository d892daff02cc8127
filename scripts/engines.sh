#!/usr/bin/env bash
# Installs the engines into the cache, a line per step.
source "$(dirname "$0")/prelude.sh"
go run ./cluster/engines
