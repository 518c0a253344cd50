#!/usr/bin/env bash
# Makes beside.png: GNOME's own prompt for a card's PIN (pinentry-gnome3, drawn by gcr-prompter) beside Kyso's window,
# so that whoever changes the window can compare. Needs Debian's pinentry-gnome3, gcr, xvfb, openbox, xdotool, dbus
# and imagemagick.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly kyso=../../tests/data/pictures/sign/en-light.png
# Where GnuPG asks for a card's PIN it says this.
readonly asks='SETTITLE Unlock the card
SETDESC Please unlock the card%0A%0ANumber: 0005 00001234%0AHolder: Nguyễn Thị Ánh Tuyết
SETPROMPT PIN:
SETOK Unlock
SETCANCEL Cancel
GETPIN'

main() {
  local tool
  for tool in pinentry-gnome3 Xvfb openbox xdotool dbus-run-session convert; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install pinentry-gnome3 gcr xvfb openbox xdotool dbus imagemagick"
  done
  work=$(mktemp -d "${TMPDIR:-/tmp}/kyso-beside.XXXXXX")
  trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf -- "$work"' EXIT
  started=()
  Xvfb -displayfd 1 -screen 0 1366x768x24 -nolisten tcp >"$work/display" 2>/dev/null &
  started+=($!)
  await test -s "$work/display"
  export DISPLAY=:$(cat "$work/display") HOME=$work XDG_RUNTIME_DIR=$work LANG=C.UTF-8 NO_AT_BRIDGE=1
  openbox 2>/dev/null &
  started+=($!)
  mkfifo "$work/said"
  dbus-run-session -- pinentry-gnome3 <"$work/said" >/dev/null 2>&1 &
  started+=($!)
  exec 3>"$work/said"
  printf '%s\n' "$asks" >&3
  await xdotool search --onlyvisible --name 'Unlock the card' >"$work/window"
  # It fades in.
  sleep 2
  import -window "$(tail -1 "$work/window")" "$work/gnome.png"
  exec 3>&-
  convert -background '#d8dce2' -gravity center "$work/gnome.png" "$kyso" -bordercolor '#d8dce2' -border 24 +append \
    -strip +dither -colors 200 beside.png
  echo "packaging/pictures/beside.png"
}

await() {
  local try
  for try in $(seq 100); do
    "$@" 2>/dev/null && return
    sleep 0.1
  done
  fail "nothing came of: $*"
}

fail() {
  echo "beside: $1" >&2
  exit 1
}

main
