#!/bin/sh
# Builds lockedh5 and serves a directory of HDF5 files, or a small sample where none is given.
# Usage: deploy/run.sh [DIR] [OPTION of `lockedh5 serve` ...]
# For example: deploy/run.sh /srv/hdf5 --listen 127.0.0.1:8081 (port 0: a free one)
# Environment: LISTEN, the address to listen on without --listen (127.0.0.1:8080).
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
listen=${LISTEN:-127.0.0.1:8080}

die() {
    echo "run.sh: $1" >&2
    exit 1
}

for argument in "$@"; do
    case $argument in
        -h | --help)
            sed -n '2,5s/^# //p' "$0"
            exit 0
            ;;
    esac
done

directory=
case ${1-} in
    '' | -*) ;;
    *)
        directory=$1
        shift
        [ -d "$directory" ] || die "$directory is not a directory"
        ;;
esac

command -v swift >/dev/null || die "the Swift toolchain (6.2 or newer) is missing: https://www.swift.org/install/linux/"
sh "$top/deploy/install.sh"

echo "building (some minutes the first time)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
# One product: the libraries and their tests are not needed here.
if ! swift build --package-path "$top" -c release --product lockedh5 >"$log" 2>&1; then
    cat "$log" >&2
    die "the build failed"
fi
binary=$(swift build --package-path "$top" -c release --show-bin-path)/lockedh5
rm -f "$log"

# What curl is to ask: the last --listen counts, and a server on all addresses answers on loopback.
address=$listen
previous=
for argument in "$@"; do
    case $previous in --listen) address=$argument ;; esac
    case $argument in --listen=*) address=${argument#--listen=} ;; esac
    previous=$argument
done
case $address in
    0.0.0.0:*) address=127.0.0.1:${address##*:} ;;
    '[::]:'*) address="[::1]:${address##*:}" ;;
esac
case $address in *:0) address=${address%:0}:PORT ;; esac

if [ -z "$directory" ]; then
    directory=$top/.build/sample
    [ -d "$directory" ] || sh "$top/deploy/make-sample.sh" "$directory"
    values=beamtime/scan_0042.h5/entry/data/counts
    group=beamtime/scan_0042.h5/entry
    query='?select=7,64,90:106'
else
    values=FILE/PATH
    group=FILE
    query='?select=0:10'
fi

cat <<END
When it says "listening", try in another terminal:
  curl 'http://$address/v1/files/'
  curl 'http://$address/v1/groups/$group'
  curl 'http://$address/v1/values/$values$query'
END

case " $* " in
    *' --listen '* | *' --listen='*) exec "$binary" serve "$directory" "$@" ;;
    *) exec "$binary" serve "$directory" --listen "$listen" "$@" ;;
esac
