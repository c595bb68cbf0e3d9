# Steps that continue after a failure, and a summary with the duration of each step. Shared by .ci/run and
# tests/release-check.
# shellcheck shell=bash

summary=""
failed=0

step() {
    local started=$SECONDS result=ok
    printf '\n== %s\n' "$*"
    "$@" </dev/null || { result=FAILED && failed=1; }
    summary+=$(printf '%-6s %5d s  %s' "$result" $((SECONDS - started)) "$*")$'\n'
}

# Prints the summary and exits, with 1 if a step failed.
finish() {
    printf '\n== %s s in total\n%s' "$SECONDS" "$summary"
    exit "$failed"
}
