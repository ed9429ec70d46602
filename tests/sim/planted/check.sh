#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plants each fault of this folder into a copy of the tree, builds the simulation there and shows that it finds the
# fault: prints the first seed and what it says. Fails when one is not found. Takes some minutes, so it is not part of
# the ordinary run.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
tree=$(cd "$here/../../.." && pwd) || exit 1
seeds=${1:-20000}
copy=$(mktemp -d "${TMPDIR:-/tmp}/planted.XXXXXX") || exit 1
trap 'rm -rf "$copy"' EXIT
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1

for part in agent cmake plugins sdk tests CMakeLists.txt CMakePresets.json debian etc docs LICENSE; do
    cp -a "$tree/$part" "$copy/" || exit 1
done
cd "$copy" || exit 1
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release >configure.log 2>&1 || { cat configure.log; exit 1; }

# built: the simulation is up to date.
built() { ninja -C build sim >ninja.log 2>&1 || { tail -n 30 ninja.log; exit 1; }; }

missed=0
for patch in "$here"/*.patch; do
    name=$(basename "$patch" .patch)
    patch -s -p1 <"$patch" || { echo "$name: does not apply any more"; exit 1; }
    built
    build/bin/sim --seeds "$seeds" --stop >"$name.log" 2>&1
    if [ $? = 0 ]; then
        echo "$name: NOT FOUND in $seeds seeds"
        missed=$((missed + 1))
    else
        found=$(grep -m 1 -E '^FAILED|^aborted' "$name.log")
        replay=$(grep -m 1 -o -E -- '--seed [0-9]+|seed [0-9]+$' "$name.log")
        echo "$name: found by ${replay#--}: ${found#FAILED }"
    fi
    patch -s -R -p1 <"$patch" || exit 1
done
built
build/bin/sim --seeds 200 >none.log 2>&1 || { echo "without a fault it fails too:"; tail -n 3 none.log; exit 1; }
echo "none planted: $(tail -n 1 none.log)"
exit "$missed"
