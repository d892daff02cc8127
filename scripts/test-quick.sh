#!/usr/bin/env bash
# Unit tests in their short form, cached as go test does.
source "$(dirname "$0")/prelude.sh"
# shellcheck disable=SC2046 # a list of packages
go test -short $(scripts/packages.sh unit)
