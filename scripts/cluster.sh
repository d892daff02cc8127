#!/usr/bin/env bash
# cluster.sh up|down|status: all engines and hubbub in all its roles, on this machine.
# CLUSTER_FLAGS are added: `go run ./cluster/local --help` has them.
source "$(dirname "$0")/prelude.sh"
read -ra flags <<<"${CLUSTER_FLAGS:-}"
if [[ $1 == up && ${CLUSTER_FLAGS:-} == *task-managers* ]]; then scripts/flink-job.sh; fi
exec go run ./cluster/local "$1" ${flags[@]+"${flags[@]}"}
