#!/usr/bin/env bash
# The page in Debian's Chromium against the binary HUBBUB_BIN, printed as events
# of go test -json. FLOOD_SECONDS=60 is the flood as promised; arguments go to
# node, for example --test-name-pattern=phone.
source "$(dirname "$0")/prelude.sh"
: "${HUBBUB_BIN:?must be the path of the hubbub binary}"
HUBBUB_BIN=$(realpath "$HUBBUB_BIN")
export HUBBUB_BIN CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"
[[ -x $CHROMIUM ]] || die "there is no $CHROMIUM, run scripts/prerequisites.sh"

NODE_PATH=$(scripts/prerequisites.sh --where)/browser/node_modules
[[ -d $NODE_PATH ]] || die "there is no playwright-core, run scripts/prerequisites.sh"
export NODE_PATH TALLY_PACKAGE=test/browser
# One file at a time: three browsers on two cores would only wait for each other.
node --test --test-concurrency=1 --test-reporter="$PWD/test/tally/node.mjs" "$@" test/browser/*.test.mjs
