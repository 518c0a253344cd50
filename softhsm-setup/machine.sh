# What the two commands need on a fresh Debian 12 machine. Sourced by demo.sh and tests/run.sh.

readonly rust_needed=1.95
readonly build_packages=(gcc libc6-dev pkg-config libpcsclite-dev ca-certificates curl)
readonly token_packages=(softhsm2 opensc openssl)
readonly window_packages=(libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon0 libxkbcommon-x11-0 libxcb1 libwayland-client0)

# Installs what is missing of these Debian packages.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Cài các gói Debian còn thiếu: ${missing[*]}" "Installing missing Debian packages: ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "Cần quyền root. Hãy chạy bằng root: apt-get install ${missing[*]}" \
        "Root is needed. Run as root: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

# Finds Rust, or installs it by rustup's own installer.
install_rust() {
  export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  local version
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2 || true)
  if command -v cargo >/dev/null && at_least "${version:-0}"; then return 0; fi
  if command -v rustup >/dev/null; then
    say "Rust ${version:-?} cũ hơn $rust_needed: cài bản ổn định mới nhất bằng rustup." \
      "Rust ${version:-?} is older than $rust_needed: installing the current stable one with rustup."
    rustup toolchain install stable --profile minimal
    export RUSTUP_TOOLCHAIN=stable
  else
    say "Chưa có Rust $rust_needed: cài bằng bộ cài rustup (https://rustup.rs) vào ${CARGO_HOME:-$HOME/.cargo}." \
      "No Rust $rust_needed here: installing it with rustup's installer (https://rustup.rs) into ${CARGO_HOME:-$HOME/.cargo}."
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --profile minimal --no-modify-path ||
      fail "Không tải được rustup. Hãy cài Rust $rust_needed theo https://rustup.rs rồi chạy lại." \
        "rustup could not be downloaded. Install Rust $rust_needed from https://rustup.rs, then run this again."
  fi
  version=$(rustc --version | cut -d' ' -f2)
  at_least "$version" || fail "Vẫn là Rust $version; cần $rust_needed." "Still Rust $version; $rust_needed is needed."
}

at_least() {
  [ "$(printf '%s\n' "$rust_needed" "$1" | sort -V | head -n1)" = "$rust_needed" ]
}

say() {
  printf '\n» %s\n  %s\n' "$1" "$2"
}

fail() {
  printf '\n✗ %s\n  %s\n' "$1" "$2" >&2
  exit 1
}
