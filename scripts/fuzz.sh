#!/usr/bin/env bash
# Fuzzes every Fuzz function, FUZZTIME each (default 1m), and stops at the first
# finding. FUZZ=regexp chooses by package or name.
source "$(dirname "$0")/prelude.sh"
found=0
while IFS=: read -r file name; do
  package=./$(dirname "$file")
  [[ "$package $name" =~ ${FUZZ:-.} ]] || continue
  echo "$package $name"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-1m}" "$package"
  found=$((found + 1))
done < <(git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's/:func /:/')
((found > 0)) || die "nothing to fuzz"
echo "$found parsers, no finding"
