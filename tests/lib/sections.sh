# SPDX-License-Identifier: Apache-2.0
# Runs the sections of tests/run.sh one after the other: each with a time limit, a report and a line of its own, and
# goes on after one that failed. A section is the function section_NAME of that script (- becomes _), which gets the path
# of the JUnit report it should write; one that writes none counts as one test.
# A section can run beside the next one; its output is shown after that.

RESULTS=build/test-results

sections_begin() {
    rm -rf "$RESULTS"
    mkdir -p "$RESULTS"
    : >"$RESULTS/sections"
    BESIDE=()
}

# section NAME SECONDS: a section, and the end of those beside it.
section() {
    run_section "$1" "$2"
    end_beside
}

# section_beside NAME SECONDS
section_beside() {
    run_section "$1" "$2" >"$RESULTS/$1.log" 2>&1 &
    BESIDE+=("$! $1")
}

end_beside() {
    local pid name
    while read -r pid name; do
        [ -n "$pid" ] || continue
        wait "$pid"
        cat "$RESULTS/$name.log"
    done < <(printf '%s\n' "${BESIDE[@]}")
    BESIDE=()
}

# run_section NAME SECONDS: the script calls itself for the body, because only a process can be ended when its time is up.
# SIGINT, so that pytest still takes down what it has set up.
run_section() {
    local name=$1 limit=$2 started=$SECONDS status=0 verdict
    printf '\n=== %s\n' "$name"
    timeout --signal=INT --kill-after=30 "$limit" \
        bash tests/run.sh --inside "$name" "$PWD/$RESULTS/$name.xml" </dev/null || status=$?
    case $status in
        0) verdict=ok ;;
        124 | 137) verdict="FAILED, ended after $limit s" ;;
        *) verdict="FAILED, exit code $status" ;;
    esac
    echo "=== $name: $verdict, $((SECONDS - started)) s"
    echo "$name $status $((SECONDS - started))" >>"$RESULTS/sections"
}

# The table of times and the closing line; the exit code of the run.
sections_end() {
    end_beside
    printf '\n'
    /usr/bin/python3 tests/lib/tally.py "$RESULTS"
}
