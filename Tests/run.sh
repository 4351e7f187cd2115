#!/bin/sh
# Builds everything in one configuration and runs all tests: those in Swift, then those in Python against the server.
# Usage: Tests/run.sh
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$top"
build=$top/.build
results=$build/results

sh deploy/install.sh hdf5-tools wrk strace jq
command -v swift >/dev/null || {
    echo "run.sh: the Swift toolchain (6.2 or newer) is missing: https://www.swift.org/install/linux/" >&2
    exit 1
}

# Whatever a test starts inherits this mark, and so can be found and ended when the run is over.
LOCKEDH5_TEST_RUN=$$-$(date +%s)
export LOCKEDH5_TEST_RUN
end_leftovers() {
    for process in /proc/[0-9]*; do
        [ "${process#/proc/}" != $$ ] || continue
        tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qx "LOCKEDH5_TEST_RUN=$LOCKEDH5_TEST_RUN" || continue
        name=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
        if kill -KILL "${process#/proc/}" 2>/dev/null; then
            echo "ended a process that was left behind: $name" >&2
        fi
    done
}
trap end_leftovers EXIT
trap 'exit 1' HUP INT TERM

# The distribution's Python where there is one, so that the environment does not depend on whose shell this is.
venv=$build/venv
if ! cmp -s Tests/requirements.txt "$venv/requirements.txt"; then
    echo "preparing the Python environment"
    python=/usr/bin/python3
    [ -x "$python" ] || python=python3
    "$python" -m venv --clear "$venv"
    "$venv/bin/pip" --disable-pip-version-check install -q -r Tests/requirements.txt
    cp Tests/requirements.txt "$venv/"
fi

rm -rf "$results"
mkdir -p "$results"
"$venv/bin/python" Tests/fixtures/make.py "$build/fixtures"
LOCKEDH5_FIXTURES=$build/fixtures
LOCKEDH5_PYTHON=$venv/bin/python
export LOCKEDH5_FIXTURES LOCKEDH5_PYTHON

# Runs a command and shows what it said only if it fails, without the lines that match a pattern.
quietly() {
    pattern=$1
    shift
    if "$@" >"$results/log" 2>&1; then return 0; fi
    grep -vE "$pattern" "$results/log" >&2
    return 1
}

echo "building"
quietly '^\[' swift build --build-tests --explicit-target-dependency-import-check error
: "${LOCKEDH5_BINARY:=$(swift build --show-bin-path)/lockedh5}"
export LOCKEDH5_BINARY

failed=0
echo "testing"
# swift_tests REPORT OPTION...: runs some of the tests in Swift.
swift_tests() {
    report=$1
    shift
    quietly ' (started|passed after .*)\.$' \
        timeout --kill-after=30 1800 \
        swift test --skip-build --parallel --xunit-output "$results/$report.xml" "$@" || failed=1
}
# Those that speak to a server have leases to renew meanwhile, and so run beside none that keep threads waiting.
live='^(ContractTests|LockedH5ClientTests)\.'
swift_tests swift --skip "$live"
swift_tests live --filter "$live"
timeout --kill-after=30 3300 \
    "$venv/bin/python" -m pytest Tests/python -q -p no:cacheprovider --timeout=300 \
    --junitxml="$results/python.xml" || failed=1
end_leftovers
# What the documentation says is proven has to have been.
"$venv/bin/python" Tests/parity.py docs/parity.md "$results" || failed=1
"$venv/bin/python" Tests/tally.py "$results" "$failed"
