#!/usr/bin/env bash
# Kyso's demonstration on Debian 12: a throwaway token, the agent, and a document system on another
# origin where a leader signs, a clerk gives the number and seals, and the server verifies. Touches
# nothing outside its own folder (KYSO_DEMO_DIR, default target/demo) but installs missing Debian
# packages and, where there is no Rust 1.95, a Rust toolchain by rustup. Exit code 0: it went well.
set -euo pipefail

readonly here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
readonly pin=123456

. "$here/softhsm-setup/machine.sh"

main() {
  cd "$here"
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  choose_desk
  local wanted=("${build_packages[@]}" "${token_packages[@]}")
  [ "$desk" != window ] || wanted+=("${window_packages[@]}")
  install_packages "${wanted[@]}"
  install_rust
  build
  make_folder
  case "$desk" in
    window) with_windows ;;
    terminal) with_terminal ;;
    nobody) with_nobody ;;
  esac
}

# Where the person can be asked: windows, else this terminal, else nowhere.
choose_desk() {
  desk=nobody
  if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    desk=window
  elif (: </dev/tty) 2>/dev/null; then
    desk=terminal
  fi
}

with_windows() {
  start_agent window
  "$system" --anchors "$token/ca/root.crt" --port "${KYSO_DEMO_PORT:-0}" >"$folder/document-system.log" 2>&1 &
  children+=($!)
  wait_for "$folder/document-system.log" 'http://[0-9.:]*' "${children[-1]}"
  say "Mở $found trong trình duyệt: chọn một văn bản, bấm \"Ký văn bản\", trả lời cửa sổ Kyso; rồi sang vai Văn thư để cấp số và đóng dấu. Mã PIN: $pin." \
    "Open $found in a browser: choose a document, click \"Ký văn bản\" (sign), answer Kyso's windows; then, as the clerk (Văn thư), give the number and seal. PIN: $pin."
  say "Nhấn Ctrl-C để dừng." "Press Ctrl-C to stop."
  if command -v xdg-open >/dev/null; then
    (restore_desktop && exec xdg-open "$found") >/dev/null 2>&1 &
  fi
  wait -n "${children[@]}" || true
  fail "Một tiến trình đã dừng; xem các tệp .log trong $folder." \
    "A process ended; see the .log files in $folder."
}

with_terminal() {
  say "Không có màn hình đồ họa: bản dùng thử tự đóng vai trang web, Kyso hỏi ngay tại đây. Mã PIN: $pin." \
    "No display: the demonstration plays the web page itself, and Kyso asks right here. PIN: $pin."
  start_agent terminal
  play
  show_log
}

with_nobody() {
  say "Không có màn hình và cũng không có cửa sổ dòng lệnh: bản dùng thử tự trả lời thay người dùng qua một cửa sổ dòng lệnh giả lập (đồng ý, mã PIN $pin)." \
    "No display and no terminal: the demonstration answers for the person through a pseudo-terminal (yes, PIN $pin)."
  start_agent terminal "$system" --answer "$pin" --
  play
  show_log
}

# start_agent PROMPT [COMMAND…]: under COMMAND if given; sets $agent to where it serves.
start_agent() {
  local prompt=$1
  shift
  "$@" "$kyso" agent --config "$config" --prompt "$prompt" >"$folder/agent.log" 2>&1 &
  children+=($!)
  wait_for "$folder/agent.log" 'http://127\.0\.0\.1:[0-9]+' $!
  agent=$found
  say "Kyso đang chạy tại $agent." "Kyso serves at $agent."
}

play() {
  "$system" --anchors "$token/ca/root.crt" --port 0 --play --agent "$agent" --save "$folder/signed" || {
    cat "$folder/agent.log" >&2
    fail "Chưa ký được: xem lý do ở trên." "No valid signature: see the reason above."
  }
}

show_log() {
  say "Nhật ký:" "The log:"
  "$kyso" audit list
  "$kyso" audit verify
  say "Xong. Mọi chữ ký hợp lệ, nhật ký nguyên vẹn; văn bản đã ký ở $folder/signed." \
    "Done. All signatures are valid and the log is whole; the signed documents are in $folder/signed."
}

# wait_for FILE PATTERN PID: the first match in a file that a child writes, in $found.
wait_for() {
  local tries
  for tries in $(seq 300); do
    found=$(grep -oEm1 "$2" "$1" 2>/dev/null || true)
    found=${found%%$'\r'*}
    [ -z "$found" ] || return 0
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  cat "$1" >&2
  fail "Không khởi động được: xem lý do ở trên." "It did not start: see the reason above."
}

build() {
  say "Biên dịch Kyso (bản phát triển, nhanh hơn; lần đầu mất vài phút)." \
    "Building Kyso (development profile, which is quicker; the first time takes minutes)."
  cargo build --locked --bins --example document_system
  local target
  target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
  kyso=$target/debug/kyso
  system=$target/debug/examples/document_system
}

# A folder of the demonstration's own, made anew; whatever else stands there is left alone.
make_folder() {
  folder=${KYSO_DEMO_DIR:-target/demo}
  if [ -e "$folder" ] && [ ! -e "$folder/.kyso-demo" ] && [ -n "$(ls -A "$folder")" ]; then
    fail "$folder có tệp của bạn; hãy đặt KYSO_DEMO_DIR là thư mục khác." \
      "$folder holds files of yours; set KYSO_DEMO_DIR to another folder."
  fi
  rm -rf -- "$folder"
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  touch "$folder/.kyso-demo"
  chmod 700 "$folder"

  token=$folder/token
  config=$folder/config.toml
  say "Tạo token giả lập SoftHSM2 tại $token (mã PIN $pin)." "Making a SoftHSM2 token at $token (PIN $pin)."
  local environment module
  environment=$(softhsm-setup/create.sh "$token")
  eval "$environment"
  module=$(find_module)
  own_folders
  cat >"$config" <<TOML
chain_folder = "$token/ca"

[[modules]]
path = "$module"
writable = ["$token/tokens"]
TOML
}

# Kyso's folders, for this process and its children. The desktop's sockets keep their places.
own_folders() {
  runtime=$(mktemp -d "${TMPDIR:-/tmp}/kyso-demo.XXXXXX")
  if [ -n "${XDG_RUNTIME_DIR:-}" ]; then
    users_runtime=$XDG_RUNTIME_DIR
    case "${WAYLAND_DISPLAY:-}" in
      '' | /*) ;;
      *) export WAYLAND_DISPLAY="$users_runtime/$WAYLAND_DISPLAY" ;;
    esac
    if [ -z "${DBUS_SESSION_BUS_ADDRESS:-}" ] && [ -S "$users_runtime/bus" ]; then
      export DBUS_SESSION_BUS_ADDRESS="unix:path=$users_runtime/bus"
    fi
  fi
  users_config=${XDG_CONFIG_HOME:-}
  users_data=${XDG_DATA_HOME:-}
  export XDG_RUNTIME_DIR=$runtime XDG_CONFIG_HOME=$folder/config XDG_DATA_HOME=$folder/data
}

# What a browser started from here shall find again: the user's own folders.
restore_desktop() {
  unset XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME
  [ -z "${users_runtime:-}" ] || export XDG_RUNTIME_DIR=$users_runtime
  [ -z "$users_config" ] || export XDG_CONFIG_HOME=$users_config
  [ -z "$users_data" ] || export XDG_DATA_HOME=$users_data
}

find_module() {
  local path
  for path in /usr/lib/softhsm/libsofthsm2.so "/usr/lib/$(uname -m)-linux-gnu/softhsm/libsofthsm2.so"; do
    if [ -e "$path" ]; then
      echo "$path"
      return
    fi
  done
  fail "Không thấy libsofthsm2.so." "libsofthsm2.so was not found."
}

# Ends what this script started, by id, and waits for it.
stop() {
  local code=$? child
  trap '' INT TERM
  for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  [ -z "${runtime:-}" ] || rm -rf -- "$runtime"
  exit "$code"
}



children=()
main "$@"
