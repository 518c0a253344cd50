#!/usr/bin/env bash
# Makes target/debian/kyso_VERSION_ARCH.deb. `--profile dev` builds quickly, for tests of the
# package; what is handed out is built with the default profile, `dist`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

profile=dist
case "${1:-}" in
  '') ;;
  --profile) profile=${2:?--profile needs a name} ;;
  *)
    echo "usage: packaging/build.sh [--profile dist|dev]" >&2
    exit 64
    ;;
esac

readonly cargo_deb=3.8.0
tool=target/tools/bin/cargo-deb
if [ ! -x "$tool" ]; then
  if command -v cargo-deb >/dev/null; then
    tool=cargo-deb
  else
    echo "building cargo-deb into target/tools, once (cargo install cargo-deb --locked --version =$cargo_deb)"
    cargo install cargo-deb --locked --debug --version "=$cargo_deb" --root target/tools
  fi
fi
command -v dpkg-shlibdeps >/dev/null || {
  echo "dpkg-shlibdeps is missing, and the package's dependencies are read with it: apt-get install dpkg-dev" >&2
  exit 69
}

# What is handed out is built without the examples: with them cargo chooses other features. The tests' own build
# has them, and among them the one that writes the manual.
cargo build --locked --bins --examples
[ "$profile" = dev ] || cargo build --locked --bins --profile "$profile"
rm -rf target/package
target/debug/examples/manual target/package
packaging/licences.py target/package/THIRD-PARTY-LICENCES
packaging/changelog.sh >target/package/changelog
mkdir -p target/debian
rm -f target/debian/kyso_*.deb
"$tool" --profile "$profile" --no-build --deb-revision 1 --output target/debian/
ls target/debian/kyso_*.deb
