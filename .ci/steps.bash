# Shared by .ci/run and tests/release-check: steps that continue after a failure, and a summary with their duration.
# shellcheck shell=bash

summary=""
failed=0

step() {
    local started=$SECONDS verdict=ok
    printf '\n== %s\n' "$*"
    "$@" </dev/null || { verdict=FAILED && failed=1; }
    summary+=$(printf '%-6s %5d s  %s' "$verdict" $((SECONDS - started)) "$*")$'\n'
}

# Prints the summary and exits, with 1 if a step failed.
finish() {
    printf '\n== %s s in all\n%s' "$SECONDS" "$summary"
    exit "$failed"
}
