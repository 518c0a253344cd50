#!/usr/bin/env bash
# Installs what the tests need (Debian 12) and runs them all: the demonstration with nobody at the
# desk, the package, the crate's own. As root: some tests act as another user, look into memory, or start a
# reader stack. Each test starts the tokens it needs; REQUIRE_TOKENS=all lets none be skipped.
# KYSO_LONG=1 runs the long forms (tests/long.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. softhsm-setup/machine.sh

readonly test_packages=(
  xvfb openbox xdotool x11-utils imagemagick dbus at-spi2-core xdg-utils
  sway wtype grim weston
  python3 python3-gi gir1.2-atspi-2.0 chromium chromium-driver
  iproute2 util-linux procps systemd dpkg-dev lintian git g++ jq gnutls-bin desktop-file-utils sqlite3
  ibus-unikey ibus-gtk3 zenity
  opensc-pkcs11 pcscd vsmartcard-vpcd opencryptoki python3-cryptography
  xfce4-panel faketime mmdebstrap
  rsyslog poppler-utils libnss3-tools python3-venv php-cli php-phpseclib3 strace firefox-esr
  default-jdk-headless libbcpkix-java libgoogle-gson-java
)

main() {
  [ "$(id -u)" -eq 0 ] || fail "Hãy chạy bằng quyền root: sudo -E tests/run.sh" "Run this as root: sudo -E tests/run.sh"
  install_packages "${build_packages[@]}" "${token_packages[@]}" "${window_packages[@]}" "${test_packages[@]}"
  install_rust
  install_node
  prepare_scripts
  step "what Kyso is made of"
  tests/supply/check.sh
  export REQUIRE_TOKENS=all REQUIRE_DISPLAY=1
  cargo build --locked --bins --examples
  step "the demonstration, with no display and no terminal"
  env -u DISPLAY -u WAYLAND_DISPLAY KYSO_DEMO_DIR=target/demo-test \
    setsid --wait softhsm-setup/demo.sh </dev/null
  step "the package"
  # The long run looks at what is handed out, which takes long to build.
  if [ "${KYSO_LONG:-}" = 1 ]; then packaging/build.sh; else packaging/build.sh --profile dev; fi
  env -u DISPLAY -u WAYLAND_DISPLAY packaging/test.sh
  step "the package in a fresh system"
  env -u DISPLAY -u WAYLAND_DISPLAY packaging/fresh.sh
  step "the client"
  (cd web/client && npm ci && npm test)
  step "an afternoon with Kyso, the kits' own commands, and the demonstration's page"
  (
    # The command that they show builds all that the simulator is made of once more, without what the tests need of it.
    [ "${KYSO_LONG:-}" = 1 ] || export KYSO_SIMULATOR=$PWD/target/debug/kyso-simulator
    node --test web/afternoon.test.js web/readmes.test.js web/demo.test.js
  )
  step "fuzzing"
  fuzz/run.sh "$([ "${KYSO_LONG:-}" = 1 ] && echo 600 || echo 60)"
  step "the crate"
  cargo test --locked
}

# Node 18 or newer with npm: Debian's, unless there is another, whose packages may exclude Debian's.
install_node() {
  if command -v node >/dev/null && command -v npm >/dev/null; then return 0; fi
  install_packages nodejs npm
}

# Pinned packages, for Debian's own Python: a shim of another one may come first in the path.
prepare_scripts() {
  /usr/bin/python3 -m venv target/python
  target/python/bin/pip install --quiet --disable-pip-version-check -r tests/pdf/requirements.txt
  /usr/bin/python3 -m venv target/contract
  target/contract/bin/pip install --quiet --disable-pip-version-check -r tests/contract/requirements.txt
  /usr/bin/python3 -m venv target/pki
  target/pki/bin/pip install --quiet --disable-pip-version-check -r tests/pki/requirements.txt
  local folder
  for folder in web/server tests/pdf; do
    (cd "$folder" && npm ci)
  done
}

step() {
  printf '\n== %s\n' "$1"
}

main
