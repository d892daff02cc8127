#!/usr/bin/env bash
# stage.sh NAME COMMAND…: runs a command and says how many seconds it took.
set -euo pipefail
name=$1
shift
echo "── $name"
status=0
"$@" || status=$?
if ((status == 0)); then
  echo "── $name: ${SECONDS} s"
else
  echo "── $name: failed with status $status after ${SECONDS} s" >&2
fi
exit "$status"
