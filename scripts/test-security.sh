#!/usr/bin/env bash
# Engines that let hubbub's user in alone, over TLS, with no more rights than it needs:
# whom they do not let in is told why; and the promises hold there too.
source "$(dirname "$0")/prelude.sh"
export HUBBUB_BIN=$PWD/bin/hubbub HUBBUB_E2E_ENGINES=secured
status=0
go test -tags cluster -count=1 -timeout 10m ./test/e2e -run 'TestRefusedByEngines' -v || status=1
go test -tags cluster -count=1 -timeout 20m -parallel 2 ./test/e2e -run 'TestG[1-5]|TestG7|TestModer|TestSummary|TestErasure|TestBots|TestBadSends' || status=1
exit "$status"
