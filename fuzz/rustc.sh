#!/bin/sh
# rustc for Kyso's own crates: counts the branches that an input takes and tells what it compares, for libFuzzer. What
# `cargo fuzz` passes, but for the sanitizer, which needs a nightly compiler and finds nothing in safe code. Called by
# cargo (RUSTC_WORKSPACE_WRAPPER) with the compiler's name first.
compiler=$1
shift
case " $* " in
  *' --crate-name build_script_build '* | *' --crate-name as_tests '* | *' --print '*) exec "$compiler" "$@" ;;
esac
exec "$compiler" "$@" --cfg fuzzing -C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4 \
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
  -C llvm-args=-sanitizer-coverage-trace-compares -C debug-assertions=yes -C overflow-checks=yes
