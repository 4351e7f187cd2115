#!/bin/sh
# Runs the tests of the HDF5 layer, the library and the dialects under the address sanitizer, in a build of its own.
# Usage: Tests/sanitize.sh [FILTER]
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$top"
LOCKEDH5_PYTHON=${LOCKEDH5_PYTHON:-$top/.build/venv/bin/python}
LOCKEDH5_FIXTURES=${LOCKEDH5_FIXTURES:-$top/.build/fixtures}
# What libhdf5 still has at the end of the process is not a leak: it may end without libhdf5's clean-up.
ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
SWIFT_BACKTRACE=enable=no
export LOCKEDH5_PYTHON LOCKEDH5_FIXTURES ASAN_OPTIONS SWIFT_BACKTRACE

[ -x "$LOCKEDH5_PYTHON" ] && [ -d "$LOCKEDH5_FIXTURES" ] || {
    echo "sanitize.sh: run Tests/run.sh first: it makes the Python environment and the fixtures" >&2
    exit 1
}
exec swift test --sanitize=address --scratch-path .build/sanitized --filter "${1:-^(HDF5Tests|LockedH5Tests|DialectsTests)\.}"
