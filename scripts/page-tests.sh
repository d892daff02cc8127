#!/usr/bin/env bash
# The page's unit tests, printed as events of go test -json.
source "$(dirname "$0")/prelude.sh"
NODE_OPTIONS="--test-reporter=$PWD/test/tally/node.mjs" npm test --prefix web --silent
