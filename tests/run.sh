#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and tests everything: `sudo tests/run.sh`, from any folder, on a bare Debian 12. It installs what is missing.
# The last line is `N passed, N failed, N skipped`, counted from the reports of pytest and ctest; the exit code is 0
# only when nothing failed. With CI set, a skipped test counts as failed.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. tests/lib/packages.sh
. tests/lib/sections.sh

# Beside the build dependencies of debian/control.
TOOLS=(abigail-tools busybox-static ccache clang clang-format-14 curl dbus docker.io dpkg-dev e2fsprogs gcovr haproxy iproute2
    keepalived less lintian mmdebstrap nftables openjdk-17-jdk-headless openssl patch polkitd procps python3 python3-pytest
    socat systemd systemd-container tcpdump util-linux)
TOOLS_ALL=(clang-tidy-14)
PYTEST=(/usr/bin/python3 -m pytest -q -p no:cacheprovider --tb=short)

# Compiler results are shared by all copies of the tree on the machine.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 PYTHONDONTWRITEBYTECODE=1

usage() {
    cat <<'USAGE'
usage: tests/run.sh [--all] [--list] [SECTION...]
  Without a SECTION: all of the default ones, in order.
  --all   also the long ones (marked * in --list)
  --list  the sections, one a line: those with & run beside the next
USAGE
}

# Name, time limit in seconds, `*` for --all alone, `&` beside the section that follows, what it does.
SECTIONS='
style     120  - rules of the house over the tree
build     900  - preset dev
unit      300  - unit tests
sdk       300  - the SDK as others get it: installed, and a plugin built with nothing else
net-calm 1500  & of the tests in network namespaces those that measure nothing
net      1500  - the agent in network namespaces, with keepalived as its peer
net-alone 900  - of these tests those that everything beside them would feel
tsan      900  - what crosses two threads, under ThreadSanitizer
coverage  900  * line coverage of agent/vrrp and agent/core
asan     1200  & unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
package   900  - the package, installed in a systemd node
package-full 1500 * the same, with the unit tests that a package build runs
sim       900  * 10 000 seeds of the simulation, and five planted faults that it must find
fuzz     1800  * each fuzz target for a minute; REGENT_FUZZ_SECONDS for longer
net-asan 2400  * the namespace tests again, with the agent of preset asan
lint     1800  * clang-tidy over agent/
'

# build PRESET [TARGET...]: configures and builds.
build() {
    local preset=$1
    shift
    cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || { cat "build/configure-$preset.log"; return 1; }
    ninja -C "build/$preset" "$@" >"build/ninja-$preset.log" 2>&1 || { tail -n 60 "build/ninja-$preset.log"; return 1; }
}

# unit PRESET REPORT [CTEST ARGUMENT...]: the unit tests of a built preset.
unit() {
    local preset=$1 report=$2
    shift 2
    ctest --test-dir "build/$preset" --parallel 2 --output-on-failure --no-tests=error --output-junit "$report" "$@"
}

section_style() { "${PYTEST[@]}" --junitxml="$1" tests/style; }

section_build() { build dev; }

# Not in the list: runs beside section net.
section_ahead() { build asan && build tsan test-platform test-app test-bus; }

section_unit() { unit dev "$1" --timeout 120; }

section_sdk() { "${PYTEST[@]}" --junitxml="$1" tests/sdk; }

section_asan() { build asan && unit asan "$1" --timeout 300; }

# The engine is one thread: only what it and the service thread hand each other can race, and a plugin's own threads.
section_tsan() { build tsan test-platform test-app test-bus test-sdk && unit tsan "$1" --timeout 300 --tests-regex '^(platform|app|bus|sdk)$'; }

section_coverage() { build coverage test-vrrp test-core && ninja -C build/coverage coverage; }

# What the sanitizers need is compiled meanwhile, for these tests wait most of the time, and only when nothing else wants
# a core: SCHED_IDLE (sched(7)) gives way at once. What is not done by the end the sections of these presets do.
section_net() {
    setsid chrt --idle 0 bash tests/run.sh --inside ahead - >/dev/null 2>&1 </dev/null &
    trap "kill -- -$! 2>/dev/null" EXIT
    net_tests "$1"
}

net_tests() { REGENT_BUILD=$PWD/build/dev "${PYTEST[@]}" -s --junitxml="$1" -m "not calm and not alone" tests/net; }

section_net_calm() { require_promtool; REGENT_BUILD=$PWD/build/dev "${PYTEST[@]}" -s --junitxml="$1" -m calm tests/net; }

section_net_alone() { REGENT_BUILD=$PWD/build/dev "${PYTEST[@]}" -s --junitxml="$1" -m alone tests/net; }

section_net_asan() { require_promtool; REGENT_BUILD=$PWD/build/asan "${PYTEST[@]}" --junitxml="$1" tests/net; }

section_sim() { build/dev/bin/sim --seeds 10000 && tests/sim/planted/check.sh; }

# A finding is left in build/fuzz, where the same program replays it.
section_fuzz() {
    local target
    cmake -G Ninja -S . -B build/fuzz -DCMAKE_CXX_COMPILER=clang++-14 -DREGENT_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DREGENT_SANITIZE=address,undefined,fuzzer-no-link >build/configure-fuzz.log 2>&1 || { cat build/configure-fuzz.log; return 1; }
    ninja -C build/fuzz fuzz >build/ninja-fuzz.log 2>&1 || { tail -n 60 build/ninja-fuzz.log; return 1; }
    for target in build/fuzz/bin/fuzz-*; do
        echo "-- ${target##*/}"
        (cd build/fuzz && "bin/${target##*/}" -verbosity=0 -max_total_time="${REGENT_FUZZ_SECONDS:-60}" -print_final_stats=1) || return 1
    done
}

# Without the unit tests, which other sections have run by now: they are most of what there is to compile.
section_package() { DEB_BUILD_OPTIONS="parallel=2 nocheck" "${PYTEST[@]}" --junitxml="$1" tests/package; }

section_package_full() { "${PYTEST[@]}" --junitxml="$1" tests/package; }

section_lint() { ninja -C build/dev lint; }

main() {
    local all=no wanted=() name limit mark
    while [ $# -gt 0 ]; do
        case $1 in
            --all) all=yes ;;
            --list) grep . <<<"$SECTIONS"; exit 0 ;;
            -h | --help) usage; exit 0 ;;
            --inside) "section_${2//-/_}" "$3"; exit ;;
            -*) usage >&2; exit 2 ;;
            *) wanted+=("$1") ;;
        esac
        shift
    done
    for name in "${wanted[@]}"; do
        grep -q "^$name " <<<"$SECTIONS" || { echo "no section '$name': see --list" >&2; exit 2; }
    done
    [ "$all" = no ] && [ "${#wanted[@]}" = 0 ] || TOOLS+=("${TOOLS_ALL[@]}")
    require_packages "${TOOLS[@]}" || exit 1
    [ "$all" = no ] || export REGENT_LONG=1
    sections_begin
    while read -r name limit mark _; do
        [ -n "$name" ] || continue
        if [ "${#wanted[@]}" -gt 0 ]; then
            [[ " ${wanted[*]} " == *" $name "* ]] || continue
        elif [ "$mark" = '*' ] && [ "$all" = no ]; then
            continue
        fi
        if [ "$mark" = '&' ]; then section_beside "$name" "$limit"; else section "$name" "$limit"; fi
    done <<<"$SECTIONS"
    sections_end
}

main "$@"
