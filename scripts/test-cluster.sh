#!/usr/bin/env bash
# The promises on real engines, the kill matrix, and what operators do to a cluster;
# SHORT=1: a part of the matrix alone. It is not run with the race detector, which is too
# slow for 250 messages a second on two cores.
source "$(dirname "$0")/prelude.sh"
export HUBBUB_BIN=$PWD/bin/hubbub
status=0
matrix='^TestCluster$'
# One is about files, which a process on engines has not; the other needs more messages
# a second than engines on two cores take.
others='TestG8AnalysisStandsStill|TestG6'
promises='TestG[0-9]|TestKill$|TestModer|TestBansOutlive|TestSummary|TestStreamEnds|TestBlockedWords|TestErasure|TestBots|TestSiteBan|TestStop$|TestCarried|TestImportIntoEngines|TestTopicsGrow|TestForeign|TestPrefixes|TestWrongAddresses|TestOtherPartitions|TestBad(Frames|Sends|Subscriptions|Requests|Absence)'
if [[ -z ${SHORT:-} ]]; then
  export HUBBUB_FULL=1
  matrix='^TestCluster'
  # Full disks are mounted, which takes root.
  go test -tags cluster -count=1 -timeout 10m ./internal/eventlog/kafkalog -run Disk || status=1
  HUBBUB_E2E_ENGINES=1 go test -tags cluster -count=1 -timeout 40m -parallel 2 ./test/e2e -run "$promises" -skip "$others" || status=1
fi
go test -tags cluster -count=1 -timeout 60m ./test/e2e -run "$matrix" -v || status=1
exit "$status"
