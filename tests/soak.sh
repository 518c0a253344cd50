#!/usr/bin/env bash
# Endurance: so many signatures (default: a million) by four clients while the token comes and goes; prints what became of
# memory, descriptors, processes, PKCS#11 sessions and time, and fails by its limits once it ran for ten minutes. On a machine that
# tests/run.sh has prepared.
#   tests/soak.sh [SIGNATURES [A REQUEST'S]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export KYSO_SOAK=${1:-1000000} KYSO_SOAK_BATCH=${2:-100} REQUIRE_TOKENS=all
cargo build --locked --release --bins --examples
cargo test --locked --release --test it -- --exact office::soak::r70_soak
