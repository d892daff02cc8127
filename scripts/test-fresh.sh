#!/usr/bin/env bash
# Clones HEAD into an empty folder and runs it there as a stranger would: nothing
# in the environment but PATH, an empty home, an odd time zone, no Go settings,
# and port 8080 taken. Uncommitted changes are not tested.
source "$(dirname "$0")/prelude.sh"
python=$(working_python) || die "Python 3 is missing, see make doctor"
place=$(mktemp -d)
"$python" -c 'import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try: s.bind(("127.0.0.1", 8080)); s.listen()
except OSError: pass # taken already, which is as good
time.sleep(86400)' &
squatter=$!
trap 'kill "$squatter" 2>/dev/null || true; chmod -R u+w "$place"; rm -rf "$place"' EXIT

git clone --quiet . "$place/hubbub"
mkdir "$place/home"
fresh() { (cd "$place/hubbub" && env -i PATH="$PATH" HOME="$place/home" TZ=Pacific/Chatham GOENV=off "$@" </dev/null); }
scripts/stage.sh "make run" bash -c "$(declare -f fresh); place=$place; fresh RUN_FOR=30s make run | tee '$place/run.log'"
grep -q 'port 8080 is taken' "$place/run.log" || die "make run did not say that it took another port"
scripts/stage.sh "make test" bash -c "$(declare -f fresh); place=$place; fresh make test"
[[ -z $(git -C "$place/hubbub" status --porcelain) ]] || die "the tests left files behind: $(git -C "$place/hubbub" status --porcelain)"
