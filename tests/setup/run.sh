#!/usr/bin/env bash
# Runs all tests, and counts every test that skipped its real part as a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

status=0
cargo test --no-fail-fast -- --nocapture --test-threads 4 2>&1 | tee "$log" || status=$?

skipped=$(grep -c 'SKIPPED:' "$log" || true)
if [ "$skipped" -gt 0 ]; then
    echo "These tests skipped their real part:" >&2
    grep 'SKIPPED:' "$log" | sort | uniq -c >&2
    # A user's clone has no ../shared: that alone is no failure.
    if grep 'SKIPPED:' "$log" | grep -qv 'SKIPPED: ../shared is not here'; then
        status=1
    fi
fi

passed=$(grep -o '[0-9]* passed' "$log" | awk '{n += $1} END {print n + 0}')
failed=$(grep -o '[0-9]* failed' "$log" | awk '{n += $1} END {print n + 0}')
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
