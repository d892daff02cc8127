#!/usr/bin/env bash
# Regenerates committed generated code, and notes in gen.sum what it came from and
# what came out. --check only compares with gen.sum, so that a test run needs none
# of the generators: it fails when either side was changed by hand.
source "$(dirname "$0")/prelude.sh"

# Inputs and outputs, as git knows them.
files() { grep -v '^#' scripts/gen.files | xargs git ls-files -co --exclude-standard -- | sort; }

if [[ ${1:-} == --check ]]; then
  [[ "$(files)" == "$(awk '{print $2}' gen.sum)" ]] || die "files came or went since make gen: $(diff <(files) <(awk '{print $2}' gen.sum) || true)"
  sha256sum --check --quiet gen.sum || die "run make gen"
  exit
fi
go build -C tools -o "$cache/sqlc" github.com/sqlc-dev/sqlc/cmd/sqlc # takes minutes the first time
(cd internal/metastore && "$cache/sqlc" generate)
files | xargs -r sha256sum >gen.sum
