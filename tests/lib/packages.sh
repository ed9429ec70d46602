# SPDX-License-Identifier: Apache-2.0
# Installs what a bare Debian 12 lacks. Sourced by tests/run.sh and tests/demo.sh from the top of the tree. What the
# build needs stands in debian/control alone; what a test needs besides is handed in by the caller. The network and the
# package lists are touched only when something is missing.

# installed PACKAGE: is it unpacked and configured?
installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# apt_bounded ARGUMENT...: apt-get without questions, ten minutes at most, quiet unless it fails.
apt_bounded() {
    local log status=0
    log=$(mktemp)
    DEBIAN_FRONTEND=noninteractive timeout --kill-after=10 600 \
        apt-get --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 || status=$?
    [ "$status" = 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# require_promtool: the one program of Debian's prometheus that a test needs, as build/tools/promtool. Installing the
# package would start a server. A test that misses it says so.
require_promtool() {
    local folder
    [ ! -x build/tools/promtool ] || return 0
    folder=$(mktemp -d)
    chmod 755 "$folder"
    if fetch_promtool "$folder" || { apt_bounded update && fetch_promtool "$folder"; }; then
        dpkg-deb --extract "$folder"/prometheus_*.deb "$folder" &&
            install -D "$folder/usr/bin/promtool" build/tools/promtool
    fi
    rm -r "$folder"
}

fetch_promtool() { (cd "$1" && apt_bounded download prometheus); }

# require_packages PACKAGE...: the build dependencies of debian/control and the packages named. Says what it installs.
# Fails, naming what is missing, when it is not root.
require_packages() {
    local package missing=() build=no
    for package in "$@"; do
        installed "$package" || missing+=("$package")
    done
    dpkg-checkbuilddeps >/dev/null 2>&1 || build=yes
    [ "$build" = yes ] || [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "missing packages (run as root to install them): ${missing[*]}" \
            "$([ "$build" = no ] || echo 'and the build dependencies in debian/control')" >&2
        return 1
    fi
    apt_bounded update || return 1
    if [ "$build" = yes ]; then
        echo "installing the build dependencies of debian/control"
        apt_bounded build-dep ./ || return 1
    fi
    if [ "${#missing[@]}" -gt 0 ]; then
        echo "installing ${missing[*]}"
        apt_bounded install "${missing[@]}" || return 1
    fi
}
