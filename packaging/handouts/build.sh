#!/usr/bin/env bash
# Makes leader.pdf, clerk.pdf and administrator.pdf beside the Markdown they are made from, for A4.
# Pictures are those that the tests keep. printed.sha256 holds what was printed of what: a test compares it.
# Needs Debian's cmark-gfm, chromium and, for its check, poppler-utils.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly pictures=../../tests/data/pictures
readonly names=(leader clerk administrator)

main() {
  local tool
  for tool in cmark-gfm chromium pdfinfo; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install cmark-gfm chromium poppler-utils"
  done
  work=$(mktemp -d "${TMPDIR:-/tmp}/kyso-handouts.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT
  local name
  for name in "${names[@]}"; do
    page "$name" >"$work/$name.html"
    print "$name"
  done
  sources | xargs sha256sum >printed.sha256
}

# The PDFs and all they were made from.
sources() {
  local name
  for name in "${names[@]}"; do
    printf '%s\n' "$name.md" "$name.pdf"
    shown "$name"
  done | sort -u
  printf '%s\n' build.sh page.css ../../src/ui/fonts/NotoSansVN-{Bold,Regular}.ttf
}

# The pictures of a page.
shown() {
  grep -o "$pictures/[^)]*" "$1.md"
}

page() {
  local picture
  for picture in $(shown "$1"); do
    [ -s "$picture" ] || fail "$1.md shows $picture, which is not there"
  done
  cat <<HTML
<!doctype html>
<html lang="vi"><meta charset="utf-8"><base href="file://$PWD/"><title>$(sed -n '1s/^# //p' "$1.md")</title>
<link rel="stylesheet" href="page.css"><body class="$1">
$(cmark-gfm --extension table "$1.md")
<footer>Kyso – ký số bằng token. Bản in này đi kèm phần mềm; chi tiết ở README.vi.md.</footer>
HTML
}

print() {
  local options=(--headless --disable-gpu --no-pdf-header-footer --user-data-dir="$work/profile")
  [ "$(id -u)" -ne 0 ] || options+=(--no-sandbox)
  chromium "${options[@]}" --print-to-pdf="$work/$1.pdf" "file://$work/$1.html" 2>"$work/said" ||
    fail "chromium: $(cat "$work/said")"
  local pages
  pages=$(pdfinfo "$work/$1.pdf" | sed -n 's/^Pages: *//p')
  [ "$pages" -eq 1 ] || fail "$1.pdf has $pages pages: each is to be a page on the wall"
  mv "$work/$1.pdf" "$1.pdf"
  echo "packaging/handouts/$1.pdf"
}

fail() {
  echo "handouts: $1" >&2
  exit 1
}

main
