# Sourced by every script: strict mode, the repository's root, a home and a cache.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

# go, npm and the browser need a home, and a container may have none.
if [[ -z "${HOME:-}" ]]; then
  HOME="${TMPDIR:-/tmp}/hubbub-home-$(id -u)"
  mkdir -p -m 0700 "$HOME"
  [[ -O "$HOME" ]] || { echo "$HOME belongs to somebody else; set HOME" >&2; exit 1; }
  export HOME
fi

# npm and pip come with certificates of their own; the system's are those that this
# machine trusts, also where a proxy is on the way.
system_certificates=/etc/ssl/certs/ca-certificates.crt
if [[ -r $system_certificates ]]; then
  export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$system_certificates}" PIP_CERT="${PIP_CERT:-$system_certificates}"
fi

# What tests install and download, outside of git.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hubbub"
mkdir -p "$cache"

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# working_python prints a Python 3 that runs; a version manager's shim may not.
working_python() {
  local candidate
  for candidate in $(type -ap python3); do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# major prints the leading number of a version such as v20.1 or 1:156.0-deb12u1.
major() { sed -E 's/^[^0-9]*([0-9]+:)?[^0-9]*([0-9]+).*/\2/' <<<"$1"; }
