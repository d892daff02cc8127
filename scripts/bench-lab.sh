#!/usr/bin/env bash
# The lab beside an independent load generator, FANLOAD=its binary: both load the
# same server with the same load, in turns, RUNS=3 times each for DURATION=20
# seconds. Prints what each counted, and whether they agree.
source "$(dirname "$0")/prelude.sh"
: "${FANLOAD:?name the binary of the load generator with FANLOAD=}"
python=$(working_python) || die "Python 3 is missing, see make doctor"
exec "$python" scripts/bench-lab.py "$FANLOAD" "${RUNS:-3}" "${DURATION:-20}"
