#!/usr/bin/env bash
# packages.sh unit|race|engines: the packages of that run. test/e2e runs by itself,
# with the built binary; what starts engines runs once, under the race detector.
source "$(dirname "$0")/prelude.sh"
engines='/hubbub/cluster(/|$)|/(kafkalog|rediscache|redisbus|mysqldb|mysqlmeta|mysqltally|mysqlepochs|cassandraarchive|internal/spark)$'
all=$(go list ./... | grep -v -e /test/e2e -e /node_modules/)
without=$(grep -Ev "$engines" <<<"$all")
case $1 in
  unit) echo "$without" ;;
  # See race-tests.sh.
  race) grep -E '/internal/(analysis/worker|archive/archiver|cache|chat|client|demo|eventlog|follow|history|lab|livebus|moderation|presence|relay|streams)(/|$)' <<<"$without" ;;
  engines) grep -E "$engines" <<<"$all" ;;
  *) die "packages.sh unit|race|engines" ;;
esac
