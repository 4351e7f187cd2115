#!/bin/sh
# Installs the Debian packages that building and serving takes, and those named as arguments; only what is missing.
# Usage: deploy/install.sh [PACKAGE ...]
set -eu

# liblzf1: Debian's hdf5-plugin-lzf calls it but does not depend on it.
needed="libmicrohttpd-dev libhdf5-dev libseccomp-dev zlib1g-dev libpng-dev pkg-config
    hdf5-plugin-lzf liblzf1 hdf5-filter-plugin hdf5-filter-plugin-blosc-serial hdf5-filter-plugin-zfp-serial
    g++ curl python3-venv"

if ! command -v dpkg-query >/dev/null; then
    echo "install.sh: this is no Debian; install the counterparts of these packages:" $needed "$@" >&2
    exit 1
fi

missing=
for package in $needed "$@"; do
    # A package that was removed is still known, so its state is what counts.
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install.sh: run this as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
# A package source that does not answer matters only if the packages cannot be had without it.
$as_root apt-get update >"$log" 2>&1 || true
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
    cat "$log" >&2
    echo "install.sh: these packages could not be installed:$missing" >&2
    exit 1
fi
