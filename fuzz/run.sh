#!/usr/bin/env bash
# Fuzzes every target of fuzz/fuzz_targets, as many at once as there are processors: `fuzz/run.sh [SECONDS [TARGET…]]`.
# Each starts from its corpus and gets SECONDS (60). What crashes, hangs or takes too much memory is kept in
# target/fuzz/TARGET, and the run fails. Needs a C++ compiler for libFuzzer, nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: fuzz/run.sh [SECONDS [TARGET…]]" >&2 && exit 64; }
export seconds
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=($(basename -as .rs fuzz/fuzz_targets/*.rs))

# Only Kyso's library is built anew, with counters. What it is made of is that of the tests: with both packages and an
# example named, cargo chooses the same features.
build() {
  local bins=() target
  for target in "${targets[@]}"; do bins+=(--bin "$target"); done
  RUSTC_WORKSPACE_WRAPPER=$PWD/fuzz/rustc.sh cargo build --locked --package kyso --package kyso-fuzz \
    "${bins[@]}" --example as_tests --config 'profile.dev.package.kyso.opt-level=1'
}

# One target; its whole output only if it fails.
one() {
  local target=$1 folder=target/fuzz/$1 status=0
  mkdir -p "$folder/found"
  "target/debug/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=8192 \
    -artifact_prefix="$folder/" -print_final_stats=1 "$folder/found" "fuzz/corpus/$target" >"$folder/log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 60 "$folder/log" >&2
    echo "fuzz: $target failed; the input is in $folder" >&2
    return 1
  fi
  printf '%-12s %s runs, %s inputs worth keeping, no crash\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")" \
    "$(sed -n 's/^stat::new_units_added: *//p' "$folder/log")"
}
export -f one

build
printf '%s\n' "${targets[@]}" | xargs --max-procs="$(nproc)" --max-args=1 bash -c 'set -euo pipefail; one "$1"' fuzz
echo "fuzz: ok"
