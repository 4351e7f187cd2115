#!/bin/sh
# Makes a directory with small, lifelike HDF5 files, with h5py in a virtual environment that is thrown away again.
# Usage: deploy/make-sample.sh DIR (which is not there yet)
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
python=/usr/bin/python3
[ -x "$python" ] || python=python3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
echo "making a sample" >&2
"$python" -m venv "$work/venv"
# The versions that the tests pin.
if ! "$work/venv/bin/pip" --disable-pip-version-check install -q -c "$top/Tests/requirements.txt" h5py >"$work/log" 2>&1; then
    cat "$work/log" >&2
    echo "make-sample.sh: h5py, which writes the sample, could not be installed" >&2
    exit 1
fi
mkdir -p "$(dirname -- "$1")"
# Under another name until it is complete.
rm -rf "$1.new"
"$work/venv/bin/python" "$top/deploy/make-sample.py" "$1.new"
mv "$1.new" "$1"
