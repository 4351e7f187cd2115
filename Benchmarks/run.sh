#!/bin/sh
# Compares lockedh5 with h5grove, nginx and a naive server, side by side, and writes .build/bench/results.md.
# Usage: Benchmarks/run.sh [reads | writes | waiting | transactions] [--seconds N] [--rounds N] [--only WORD] [--check]
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

command -v swift >/dev/null || [ -n "${LOCKEDH5_BINARY-}" ] ||
    die "the Swift toolchain (6.2 or newer) is missing: https://www.swift.org/install/linux/"

# build PACKAGE SCRATCH PRODUCT: makes a release build; the product is in $product then.
build() {
    echo "building $3 (some minutes the first time)" >&2
    if ! swift build --package-path "$1" --scratch-path "$2" -c release --product "$3" >"$log" 2>&1; then
        cat "$log" >&2
        die "the build failed"
    fi
    product=$(swift build --package-path "$1" --scratch-path "$2" -c release --show-bin-path)/$3
}

part=
case ${1-} in
    reads | writes | waiting | transactions) part=$1 ;;
esac

if [ "$part" != transactions ]; then
    if [ -z "${LOCKEDH5_BINARY-}" ]; then
        build "$top" "$build" lockedh5
        LOCKEDH5_BINARY=$product
    fi
    [ -x "$LOCKEDH5_BINARY" ] || die "there is no server at $LOCKEDH5_BINARY"
    set -- "$@" --binary "$LOCKEDH5_BINARY"
fi
if [ -z "$part" ] || [ "$part" = transactions ]; then
    build "$top/Benchmarks/transactions" "$build/bench/transactions" transactions
    plain=$build/bench/plain
    # The flags are words.
    cc -O2 -o "$plain" "$top/Benchmarks/transactions/plain.c" $(pkg-config --cflags --libs hdf5) ||
        die "the plain program cannot be built"
    set -- "$@" --programs "$product" "$plain"
fi

exec "$venv/bin/python" -B "$top/Benchmarks/compare.py" --folder "$build/bench" "$@"
