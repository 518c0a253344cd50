#!/usr/bin/env bash
# Prints the changelog in the form that Debian's tools read: that this version is packaged, and where its changes stand.
# Its date is that of the newest commit, so that one state makes one package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
maintainer=$(sed -n 's/^maintainer = "\(.*\)"$/\1/p' Cargo.toml)
date=$(git log -1 --format=%cD 2>/dev/null || date --rfc-email)
printf 'kyso (%s-1) unstable; urgency=medium\n\n  * Version %s. What changes for people is in CHANGELOG.md.\n\n -- %s  %s\n' \
  "$version" "$version" "$maintainer" "$date"
