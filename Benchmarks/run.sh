#!/bin/sh
# Compares lockedh5 with h5grove, nginx and a naive server, side by side, and writes .build/bench/results.md.
# Usage: Benchmarks/run.sh [reads | writes | transactions] [--seconds N] [--rounds N] [--only WORD] [--check]
# Environment: LOCKEDH5_BINARY, a server that is built already (else a release build is made).
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$top/.build
venv=$build/bench-venv

die() {
    echo "run.sh: $1" >&2
    exit 1
}

case ${1-} in
    -h | --help)
        sed -n '2,4s/^# //p' "$0"
        exit 0
        ;;
esac

sh "$top/deploy/install.sh" wrk nginx-light curl

mkdir -p "$build/bench"
log=$build/bench/log
: >"$log"

if ! cmp -s "$top/Benchmarks/requirements.txt" "$venv/requirements.txt"; then
    echo "preparing the Python environment" >&2
    # The distribution's Python where there is one, so that the environment does not depend on whose shell this is.
    python=/usr/bin/python3
    [ -x "$python" ] || python=python3
    "$python" -m venv --clear "$venv"
    if ! "$venv/bin/pip" --disable-pip-version-check install -q -r "$top/Benchmarks/requirements.txt" >"$log" 2>&1; then
        cat "$log" >&2
        die "the Python environment could not be made"
    fi
    cp "$top/Benchmarks/requirements.txt" "$venv/"
fi

if [ -z "${LOCKEDH5_BINARY-}" ]; then
    command -v swift >/dev/null ||
        die "the Swift toolchain (6.2 or newer) is missing: https://www.swift.org/install/linux/"
    echo "building (some minutes the first time)" >&2
    if ! swift build --package-path "$top" -c release --product lockedh5 >"$log" 2>&1; then
        cat "$log" >&2
        die "the build failed"
    fi
    LOCKEDH5_BINARY=$(swift build --package-path "$top" -c release --show-bin-path)/lockedh5
fi
[ -x "$LOCKEDH5_BINARY" ] || die "there is no server at $LOCKEDH5_BINARY"

exec "$venv/bin/python" -B "$top/Benchmarks/compare.py" --binary "$LOCKEDH5_BINARY" --folder "$build/bench" "$@"
