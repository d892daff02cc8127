#!/usr/bin/env bash
# Names each missing prerequisite and how to get it; status 1 if one is missing.
source "$(dirname "$0")/prelude.sh"
missing=0

# need NAME COMMAND HINT: COMMAND prints what is there, or fails.
need() {
  local found
  if found=$(eval "$2" 2>/dev/null) && [[ -n $found ]]; then
    printf '  ok       %-14s %s\n' "$1" "${found%%$'\n'*}"
  else
    printf '  MISSING  %-14s %s\n' "$1" "$3"
    missing=1
  fi
}

# at_least LEAST VERSION: prints VERSION if its major.minor is not below LEAST.
at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -1) == "$1" ]] && echo "$2"; }
apt() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1") == installed ]] && dpkg-query -W -f '${Version}' "$1"; }

echo "to build and run:"
need "go" 'at_least 1.26 "$(go env GOVERSION | sed s/^go//)"' "Go 1.26 or newer from https://go.dev/dl"
need "node" 'at_least 20 "$(node -v | sed s/^v//)"' "Node 20 or newer from https://nodejs.org"
need "npm" 'npm -v' "comes with Node"
need "git" 'git --version' "apt-get install git"
need "make" 'make --version' "apt-get install make"

echo "to test (make test installs the Debian packages by itself, as root):"
need "C compiler" 'cc --version' "apt-get install gcc libc6-dev (for the race detector)"
need "python3" '"$(working_python)" -V' "apt-get install python3"
need "pip" '"$(working_python)" -m pip -V' "apt-get install python3-pip"
need "apt" 'apt-get --version' "the browser and engine tests want Debian or Ubuntu"
while read -r package least; do
  need "$package" "at_least $least \"\$(apt $package | sed 's/^[0-9]*://')\"" "apt-get install $package (version $least or newer)"
done < <(grep -v '^#' test/debian-packages.txt)

echo "for the engines of tests and clusters (Kafka, Flink, Cassandra, MySQL, Spark):"
java17() { # the path of the one that engines run on
  local java
  for java in "${JAVA_HOME:-}/bin/java" "$(command -v java)" /usr/lib/jvm/*/bin/java; do
    if [[ -x $java ]] && "$java" --version 2>&1 | grep -q ' 17\.'; then realpath "$java"; return; fi
  done
  return 1
}
need "Java 17" '"$(java17)" --version' "apt-get install openjdk-17-jdk-headless"
need "javac" '"$(dirname "$(java17)")/javac" --version' "apt-get install openjdk-17-jdk-headless"
need "Maven" 'mvn -v' "apt-get install maven"
exit "$missing"
