#!/usr/bin/env bash
# Builds the page into web/dist when its sources changed. Without Node it fails:
# a binary with the fallback page must never come out of make by itself.
source "$(dirname "$0")/prelude.sh"
command -v node >/dev/null || die "the page needs Node 20 or newer, see make doctor"
(($(major "$(node -v)") >= 20)) || die "the page needs Node 20 or newer, this is $(node -v)"

sources() { find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name '*.go' -print0 | sort -z; }
state=$({ sources | xargs -0 sha256sum; node -v; } | sha256sum | cut -d' ' -f1)
stamp=web/dist/.stamp
if [[ -f web/dist/index.html && -f $stamp && $(<"$stamp") == "$state" ]]; then
  echo "unchanged"
  exit
fi

lock=$(sha256sum <web/package-lock.json)
if [[ ! -f web/node_modules/.lock || $(<web/node_modules/.lock) != "$lock" ]]; then
  npm ci --prefix web --no-audit --no-fund --loglevel=error
  echo "$lock" >web/node_modules/.lock
fi
rm -f "$stamp"
npm run --prefix web --silent build
[[ -f web/dist/index.html ]] || die "npm run build made no web/dist/index.html"
echo "$state" >"$stamp"
