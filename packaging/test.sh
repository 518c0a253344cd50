#!/usr/bin/env bash
# Installs target/debian/kyso_*.deb in a scratch root and signs with what was installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly pin=123456
readonly hands=target/debug/examples/document_system

main() {
  local package
  package=$(ls target/debian/kyso_*.deb)
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/kyso-package.XXXXXX")
  trap 'rm -rf -- "$scratch"' EXIT
  root=$scratch/root
  kyso=$root/usr/bin/kyso

  debian_finds_no_fault "$package"
  install "$package"
  files_are_in_place
  each_crate_has_its_licence
  r56_no_key_or_certificate_is_shipped
  signs
  echo "package: ok"
}

# Dependencies are the machine's: a scratch root has none of its own.
install() {
  mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
  touch "$root/var/lib/dpkg/status"
  dpkg --root="$root" --force-not-root --force-depends --force-bad-path --log=/dev/null -i "$1"
  dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package} ${Version} ${Status}\n' kyso |
    grep -q ' install ok installed$'
}

# The quick build keeps its symbols; what is handed out has none (`strip` in Cargo.toml's profile `dist`).
debian_finds_no_fault() {
  command -v lintian >/dev/null || fail "lintian is missing: apt-get install lintian"
  lintian --allow-root --fail-on error,warning --suppress-tags unstripped-binary-or-object "$1" ||
    fail "lintian finds faults"
}

files_are_in_place() {
  local file
  for file in usr/bin/kyso usr/bin/kyso-agent usr/bin/kyso-token-host usr/bin/kyso-tray; do
    [ -x "$root/$file" ] || fail "$file is missing"
  done
  [ -z "$(find "$root" -name '*simulator*')" ] || fail "the simulator is in the package"
  for file in lib/systemd/user/kyso.service share/man/man1/kyso.1 share/man/man1/kyso-sign.1 share/man/vi/man1/kyso.1 \
    share/bash-completion/completions/kyso share/zsh/vendor-completions/_kyso share/fish/vendor_completions.d/kyso.fish \
    share/doc/kyso/THIRD-PARTY-LICENCES share/doc/kyso/copyright share/doc/kyso/LICENSE-MIT \
    share/doc/kyso/LICENSE-APACHE share/doc/kyso/README.md share/doc/kyso/README.vi.md \
    share/doc/kyso/examples/config.toml share/doc/kyso/examples/policy.toml share/man/man5/kyso-policy.5 \
    share/man/vi/man5/kyso-policy.5 share/applications/kyso-setup.desktop share/applications/kyso-tray.desktop \
    share/applications/kyso-launch.desktop share/doc/kyso/handouts/leader.pdf \
    share/doc/kyso/handouts/clerk.pdf share/doc/kyso/handouts/administrator.pdf; do
    [ -s "$root/usr/$file" ] || [ -s "$root/usr/$file.gz" ] || fail "usr/$file is missing"
  done
  a_page_can_start_it
  local unit=$root/usr/lib/systemd/user/kyso.service setting
  for setting in 'ExecStart=/usr/bin/kyso agent' NoNewPrivileges=yes LimitCORE=0 KillMode=mixed TimeoutStopSec=345; do
    grep -qx "$setting" "$unit" || fail "the unit lacks $setting"
  done
  systemd_finds_nothing "$unit"
  local entry=$root/etc/xdg/autostart/kyso-tray.desktop
  grep -qx 'Exec=/usr/bin/kyso tray --with-agent' "$entry" || fail "the tray does not start"
  # A removed package leaves this file until it is purged.
  grep -qx 'TryExec=/usr/bin/kyso' "$entry" || fail "at login a program would be started that is gone"
  # The unit is the user's to enable; a script that runs as root at installation would be a risk. Only the end has one.
  [ -z "$(find "$root/var/lib/dpkg/info" -name 'kyso.*inst')" ] || fail "the package runs scripts when it is installed"
  local script
  for script in prerm postrm; do
    cmp "$root/var/lib/dpkg/info/kyso.$script" packaging/scripts/prerm || fail "$script is another"
  done
}

# The list at the head names every crate; under each line of `=` are the names of those whose text follows.
each_crate_has_its_licence() {
  local bare
  bare=$(python3 - "$root/usr/share/doc/kyso/THIRD-PARTY-LICENCES" <<'PYTHON'
import re, sys
head, *entries = re.split(r"^={80}\n(.+)\n-{80}\n", open(sys.argv[1], encoding="utf-8").read(), flags=re.M)
crates = re.findall(r"^(\S+ \d\S*): ", head, re.M)
texts = {name for names, text in zip(entries[::2], entries[1::2]) if text.strip() for name in names.split(", ")}
print(", ".join(crate for crate in crates if crate not in texts) if crates else "no crate at all")
PYTHON
  )
  [ -z "$bare" ] || fail "THIRD-PARTY-LICENCES has no text for $bare"
}

# It would start what is installed: here that is in the scratch root.
systemd_finds_nothing() {
  local copy=$scratch/unit/kyso.service
  mkdir -p "$scratch/unit" "$scratch/runtime"
  sed "s|^ExecStart=/usr/bin/|ExecStart=$root/usr/bin/|" "$1" >"$copy"
  export XDG_RUNTIME_DIR=$scratch/runtime
  systemd-analyze verify --man=no --user "$copy" 2>"$scratch/verify" || fail "systemd-analyze verify: $(cat "$scratch/verify")"
  [ ! -s "$scratch/verify" ] || fail "systemd-analyze verify: $(cat "$scratch/verify")"
  systemd-analyze security --offline=true --user "$copy" | tail -n 1
}

# `kyso:start` leads the desktop to one command with one argument, and that takes no other address.
a_page_can_start_it() {
  local entries=$root/usr/share/applications
  desktop-file-validate "$entries/kyso-launch.desktop"
  grep -qx 'Exec=/usr/bin/kyso launch %u' "$entries/kyso-launch.desktop" || fail "kyso:start starts something else"
  update-desktop-database "$entries"
  grep -qx 'x-scheme-handler/kyso=kyso-launch.desktop;' "$entries/mimeinfo.cache" || fail "nothing opens kyso:start"
  rm "$entries/mimeinfo.cache"
  local status=0
  "$kyso" launch 'kyso:start?port=1' 2>"$scratch/refused" || status=$?
  [ "$status" -eq 2 ] && grep -q 'kyso:start' "$scratch/refused" || fail "another address is not refused"
}

r56_no_key_or_certificate_is_shipped() {
  local found
  found=$(grep -rlaPz -- '-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|CERTIFICATE)-----\s+[A-Za-z0-9+/]{40}' "$root" || true)
  [ -z "$found" ] || fail "a key or certificate is in $found"
  found=$(find "$root" -regextype egrep -iregex '.*\.(pem|key|crt|cer|der|p12|pfx)')
  [ -z "$found" ] || fail "a key or certificate is in $found"
}

signs() {
  local environment id leaf=$scratch/token/certs/person-rsa.crt
  environment=$(softhsm-setup/create.sh "$scratch/token")
  eval "$environment"
  export XDG_CONFIG_HOME=$scratch/config XDG_DATA_HOME=$scratch/data XDG_RUNTIME_DIR=$scratch/run KYSO_LANG=en
  mkdir -p -m 700 "$XDG_CONFIG_HOME/kyso" "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"
  printf '[[modules]]\npath = "%s"\nwritable = ["%s"]\n' "$(find_module)" "$scratch/token/tokens" >"$XDG_CONFIG_HOME/kyso/config.toml"
  "$kyso" agent --check
  # Nobody can be asked here, so the doctor has something to say: that, and nothing else.
  "$kyso" doctor --json >"$scratch/doctor.json" || [ $? -eq 1 ]
  local ill
  ill=$(python3 -c 'import json,sys; print([f["topic"] for f in json.load(open(sys.argv[1]))["findings"] if not f["ok"]])' "$scratch/doctor.json")
  [ "$ill" = "['Prompt']" ] || fail "the doctor finds more than the missing display: $ill"

  printf 'Quyết định số 1\n' >"$scratch/document.txt"
  id=sha256:$(openssl x509 -in "$leaf" -outform DER | sha256sum | cut -d' ' -f1)
  "$hands" --answer "$pin" -- "$kyso" sign "$scratch/document.txt" --certificate "$id" --out "$scratch/signature"
  openssl x509 -in "$leaf" -noout -pubkey >"$scratch/key.pem"
  openssl dgst -sha256 -verify "$scratch/key.pem" -signature "$scratch/signature" "$scratch/document.txt" ||
    fail "openssl does not verify the signature"
  "$kyso" audit verify
}

find_module() {
  local path
  for path in /usr/lib/softhsm/libsofthsm2.so "/usr/lib/$(uname -m)-linux-gnu/softhsm/libsofthsm2.so"; do
    [ ! -e "$path" ] || { echo "$path" && return; }
  done
  fail "libsofthsm2.so was not found: apt-get install softhsm2"
}

fail() {
  echo "package: $1" >&2
  exit 1
}

main
