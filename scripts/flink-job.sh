#!/usr/bin/env bash
# Builds bin/hubbub-flink.jar, the analysis job of Flink: of what it needs only what is
# not in the cluster's lib, which is nothing.
source "$(dirname "$0")/prelude.sh"
sources=$(cat engines/flink/pom.xml $(git ls-files engines/flink/src/main) | sha256sum | cut -c1-16)
if [[ -f bin/hubbub-flink.jar && $(cat bin/hubbub-flink.of 2>/dev/null) == "$sources" ]]; then
  echo unchanged
  exit
fi
mvn -B -q -f engines/flink/pom.xml -DskipTests package
mkdir -p bin
cp engines/flink/target/hubbub-flink.jar bin/
echo "$sources" >bin/hubbub-flink.of
echo "bin/hubbub-flink.jar, $(($(stat -c %s bin/hubbub-flink.jar) / 1000)) KB"
