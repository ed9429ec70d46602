#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows a pair failing over: installs what is missing, builds the release preset, runs tests/demo/demo.py.
#
#   sudo tests/demo.sh [--peer keepalived | --both keepalived] [--pair] [--json FILE]
#   sudo tests/demo.sh --cluster [--json FILE]    the real application behind the balancers, and its faults
#
# REGENT_BUILD=DIR uses the programs of another build directory and builds nothing.
set -euo pipefail

here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/lib/packages.sh

PYTHON=/usr/bin/python3
LIMIT=360 # seconds; a backstop behind the demo's own limit

die() {
    echo "demo: $*" >&2
    exit 2
}

# As the owner of the tree, so that no file of root is left in it.
as_owner() {
    local owner
    owner=$(stat --format=%U .)
    if [ "$owner" = root ] || [ "$owner" = UNKNOWN ]; then
        "$@"
    else
        runuser --user "$owner" -- "$@"
    fi
}

build() {
    local log
    log=$(mktemp /tmp/regent-build.XXXXXX)
    echo "building (preset release)"
    if ! { as_owner cmake --preset release && as_owner cmake --build --preset release; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "the build failed; all of its output is in $log"
    fi
    rm -f "$log"
}

usage() {
    sed -n 's/^# \?//; 3,8p' tests/demo.sh
}

for word in "$@"; do
    case $word in -h | --help) usage && exit 0 ;; esac
done
[ "$(uname -s)" = Linux ] || die "this runs on Linux only"
[ "$(id -u)" = 0 ] || die "root is needed, for network namespaces. Run: sudo tests/demo.sh $*"

needed=(python3 iproute2 nftables haproxy util-linux)
case " $* " in *keepalived*) needed+=(keepalived) ;; esac
case " $* " in
    *" --cluster "*)
        needed+=(busybox-static docker.io openjdk-17-jdk-headless openssl)
        LIMIT=290
        ;;
esac
require_packages "${needed[@]}" || die "the packages above could not be installed"
if [ -z "${REGENT_BUILD:-}" ]; then
    case " $* " in
        *" --both keepalived "* | *" --both=keepalived "*) ;; # nothing of ours runs
        *) build ;;
    esac
    export REGENT_BUILD=$PWD/build/release
fi
demo=$PWD/tests/demo/demo.py
cd "$here" # where a relative --json FILE belongs
exec timeout --foreground --kill-after=20 "$LIMIT" "$PYTHON" "$demo" "$@"
