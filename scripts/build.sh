#!/usr/bin/env bash
# Builds bin/hubbub: static, stripped, with version and page.
source "$(dirname "$0")/prelude.sh"
[[ -f web/dist/index.html ]] || die "the page is not built: make web"
version=$(git describe --tags --always --dirty 2>/dev/null || echo dev)
CGO_ENABLED=0 go build -trimpath \
  -ldflags "-s -w -X github.com/hubbub-live/hubbub/internal/cli.Version=$version" \
  -o bin/hubbub ./cmd/hubbub
echo "bin/hubbub $version, $(($(stat -c %s bin/hubbub) / 1000000)) MB"
