#!/usr/bin/env bash
# Makes beside.png: GNOME's own password prompts beside Kyso's window, light and dark, in Vietnamese, so that whoever
# changes the window can compare. The first is pinentry-gnome3's, for a card's PIN. It draws nothing itself: it asks the
# desktop's prompter (org.gnome.keyring.SystemPrompter), as GNOME's keyring does, so that is GNOME's own prompt, too, as
# gcr-prompter draws it. The second is GNOME's dialog for scripts (zenity --password).
# Needs Debian's pinentry-gnome3, gcr, zenity, locales, xvfb, openbox, xdotool, x11-xserver-utils, dbus and imagemagick.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly pictures=../../tests/data/pictures
# Where GnuPG asks for a card's PIN it says this.
readonly asks='SETTITLE Mở khóa thẻ
SETDESC Xin mở khóa thẻ%0A%0ASố: 0005 00001234%0AChủ thẻ: Nguyễn Thị Ánh Tuyết
SETPROMPT Mã PIN
SETOK Mở khóa
SETCANCEL Hủy
GETPIN'
readonly pinentry='Mở khóa thẻ' zenity='Nhập mã PIN của token'

main() {
  local tool
  for tool in pinentry-gnome3 zenity localedef Xvfb openbox xdotool xsetroot dbus-run-session convert; do
    command -v "$tool" >/dev/null ||
      fail "$tool is missing: apt-get install pinentry-gnome3 gcr zenity locales xvfb openbox xdotool x11-xserver-utils dbus imagemagick"
  done
  work=$(mktemp -d "${TMPDIR:-/tmp}/kyso-beside.XXXXXX")
  started=()
  trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf -- "$work"' EXIT
  localedef -i vi_VN -f UTF-8 "$work/vi_VN.UTF-8"
  export LOCPATH=$work LANG=vi_VN.UTF-8 HOME=$work XDG_RUNTIME_DIR=$work NO_AT_BRIDGE=1
  row light Adwaita '#d8dce2'
  row dark Adwaita:dark '#3a3f47'
  convert "$work/light.png" "$work/dark.png" -append -strip +dither -colors 255 beside.png
  echo "packaging/pictures/beside.png"
}

# row NAME THEME GROUND: the three, side by side.
row() {
  local name=$1 ground=$3
  export GTK_THEME=$2
  display "$ground"
  mkfifo "$work/$name.asks"
  dbus-run-session -- pinentry-gnome3 <"$work/$name.asks" >/dev/null 2>&1 &
  started+=($!)
  exec 3>"$work/$name.asks"
  printf '%s\n' "$asks" >&3
  window "$pinentry" "$ground" "$work/pinentry.png"
  exec 3>&-
  # The prompter keeps its window for a while.
  display "$ground"
  zenity --password --title="$zenity" >/dev/null 2>&1 &
  started+=($!)
  window "$zenity" "$ground" "$work/zenity.png"
  convert -background "$ground" "$work/pinentry.png" "$work/zenity.png" -gravity center -append "$work/both.png"
  convert -background "$ground" -gravity center "$work/both.png" "$pictures/sign/vi-$name.png" \
    -bordercolor "$ground" -border 28 +append "$work/$name.png"
}

# A display with a window manager, and nothing else on it.
display() {
  Xvfb -displayfd 1 -screen 0 1366x768x24 -nolisten tcp -noreset >"$work/display" 2>/dev/null &
  started+=($!)
  await test -s "$work/display"
  export DISPLAY=:$(cat "$work/display")
  openbox >/dev/null 2>&1 &
  started+=($!)
  await xsetroot -solid "$1"
}

# window TITLE GROUND FILE: what is seen of it, with its frame and some of the ground around it.
window() {
  await xdotool search --onlyvisible --name "$1"
  # It fades in.
  sleep 2
  import -window root "$work/root.png"
  convert "$work/root.png" -bordercolor "$2" -border 1 -trim +repage -border 16 "$3"
}

await() {
  local try
  for try in $(seq 100); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  fail "nothing came of: $*"
}

fail() {
  echo "beside: $1" >&2
  exit 1
}

main
