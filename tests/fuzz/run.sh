#!/usr/bin/env bash
# Builds the fuzz targets with the stable compiler and runs them: run.sh SECONDS [TARGET…].
#
# libFuzzer needs the compiler to count which code ran. Those flags are LLVM's, and stable Rust
# passes them on; only the sanitizers need a nightly compiler, and code without `unsafe` does well
# without them. A C++ compiler is needed for libFuzzer itself.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(sed -n 's/^name = "\(.*\)"/\1/p' Cargo.toml | grep -v '^cookietrail-fuzz$')

host=$(rustc -vV | sed -n 's/^host: //p')
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# With a target named, build scripts are compiled without the flags.
RUSTFLAGS="$flags --cfg fuzzing -Ccodegen-units=1" \
    cargo build --release --quiet --target "$host" "${targets[@]/#/--bin=}"

built=${CARGO_TARGET_DIR:-target}/$host/release
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" artifacts
    python3 seeds.py "$target" "corpus/$target"
    echo "== $target: $seconds seconds"
    "$built/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=65536 \
        -artifact_prefix="artifacts/$target-" -print_final_stats=1 -verbosity=0 "corpus/$target"
done
