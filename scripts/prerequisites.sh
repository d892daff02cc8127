#!/usr/bin/env bash
# Installs the Debian packages and the pinned npm and pip clients that the tests
# drive the server with. Does nothing when all is there. Prints nothing but what
# it does; the clients' folder is `scripts/prerequisites.sh --where`, and what
# drives the browser lies in its folder `browser`.
source "$(dirname "$0")/prelude.sh"

python=$(working_python) || die "Python 3.9 or newer is missing, see make doctor"
pins=$(cat test/{clients,browser}/package-lock.json test/clients/requirements.txt | sha256sum | cut -c1-16)
clients=$cache/clients-$pins-node$(major "$(node -v)")-$("$python" -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
if [[ ${1:-} == --where ]]; then
  echo "$clients"
  exit
fi

have() {
  local version
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] || return
  version=$(dpkg-query -W -f '${Version}' "$1")
  (($(major "$version") >= $2))
}

wanted=()
while read -r package least; do
  have "$package" "$least" || wanted+=("$package")
done < <(grep -v '^#' test/debian-packages.txt)
if ((${#wanted[@]})); then
  echo "installing ${wanted[*]}"
  command -v apt-get >/dev/null || die "there is no apt-get here; install by hand: ${wanted[*]}"
  ((EUID == 0)) || die "not root; run: apt-get install ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  install=(apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "${wanted[@]}")
  # Lists that are missing or too old make the first attempt fail.
  "${install[@]}" </dev/null >"$cache/apt.log" 2>&1 ||
    { apt-get update -qq </dev/null && "${install[@]}" </dev/null; } >>"$cache/apt.log" 2>&1 ||
    { tail -20 "$cache/apt.log" >&2; die "apt could not install ${wanted[*]}"; }
  while read -r package least; do
    have "$package" "$least" || die "apt's $package is older than $least"
  done < <(grep -v '^#' test/debian-packages.txt)
fi

if [[ ! -d $clients ]]; then
  echo "installing the pinned clients of test/clients and test/browser"
  fresh=$(mktemp -d "$cache/clients.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  pinned() { # FOLDER TO: its npm packages
    mkdir -p "$2"
    cp "$1"/package.json "$1"/package-lock.json "$2"
    npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error
  }
  pinned test/clients "$fresh"
  pinned test/browser "$fresh/browser"
  "$python" -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore \
    --no-deps --target "$fresh/python" -r test/clients/requirements.txt
  # Only now is it there, whole; unless somebody else was faster.
  mv -T "$fresh" "$clients" 2>/dev/null || [[ -d $clients ]] || die "could not put the clients into $clients"
fi
