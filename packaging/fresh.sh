#!/usr/bin/env bash
# Installs the package in a fresh Debian 12 made for it, signs there as an ordinary user, upgrades, under a running agent
# and with a log of the first version, too, removes it under one, purges, and looks for what is left, of a
# user without an agent, too. As root: the system is a chroot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly pin=123456
readonly hands=$PWD/target/debug/examples/document_system
readonly user=nguyen
# Whom a directory service knows: nobody's list has this home.
readonly other=tran
readonly other_home=/home/office/tran

main() {
  [ "$(id -u)" -eq 0 ] || fail "a chroot needs root"
  local package
  package=$(ls target/debian/kyso_*.deb)
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/kyso-fresh.XXXXXX")
  trap clean EXIT
  root=$scratch/root

  make_system
  snapshot >"$scratch/before"
  install "$package"
  in_system env XDG_RUNTIME_DIR=/run systemd-analyze verify --user /usr/lib/systemd/user/kyso.service
  in_system env XDG_RUNTIME_DIR=/run systemd-analyze security --offline=true --user /usr/lib/systemd/user/kyso.service | tail -n 1
  in_system man -w kyso kyso-sign >/dev/null
  in_system man -L vi kyso | grep -q 'CÚ PHÁP' || fail "the Vietnamese manual page does not show"
  works 1

  keep_old_log
  starts
  local before=$agent
  install "$(newer "$package")"
  is_agent && [ "$agent" = "$before" ] || fail "the upgrade has disturbed the agent that runs: $before, then $agent"
  as_user kyso restart >/dev/null
  is_agent && [ "${agent% *}" != "${before% *}" ] && [ "${agent#* }" = "${before#* }" ] ||
    fail "not another agent at the same port: $before, then $agent"
  works 2
  kill "${agent% *}" && gone
  # One log, from before the upgrade and after it.
  as_user kyso audit list --json --last 100 | tee "$scratch/rows" | grep -c '"signed"' | grep -qx 2 ||
    fail "the log does not hold both signatures: $(cat "$scratch/rows")"

  old_log_goes_on

  trusts_in_browsers
  install "$scratch/newer.deb"
  [ "$(authorities)" = "$trusted" ] || fail "an upgrade takes https away: $(authorities)"
  starts
  users_attack
  # In a terminal, which is root's. One of them stops for ever: a minute of that is waited for.
  in_system timeout --foreground 150 script -qec 'dpkg --remove kyso' /dev/null >"$scratch/dpkg.log" || fail "dpkg: $(cat "$scratch/dpkg.log")"
  nobody_got_more_than_their_own
  [ -z "$(authorities)" ] || fail "browsers still trust $(authorities)"
  # It ends by itself: its files are gone.
  gone
  [ -z "$(find "$root/run" "$root/home" -type s)" ] || fail "a socket is left"
  in_system apt-get purge -qy kyso >/dev/null
  in_system apt-get autoremove --purge -qy >/dev/null
  snapshot >"$scratch/after"
  [ -z "$(find "$root/run" "$root/home" -type s)" ] || fail "a socket is left"
  # What the user has made is the user's: the log is evidence.
  diff "$scratch/before" "$scratch/after" || fail "the purge leaves something behind"
  [ -s "$root/home/$user/.local/share/kyso/audit.sqlite" ] || fail "the purge took the user's log"
  no_key_and_no_start_is_left
  the_log_verifies_without_its_key "$package"
  echo "package in a fresh system: ok"
}

make_system() {
  echo "a fresh Debian 12 (mmdebstrap)"
  mmdebstrap --quiet --variant=apt --include=softhsm2,opensc,openssl,systemd,man-db,libnss3-tools,ca-certificates \
    --dpkgopt='path-exclude=' --dpkgopt='path-include=/usr/share/man/*' bookworm "$root"
  mount -t proc proc "$root/proc"
  mount --rbind --make-rslave /dev "$root/dev"
  in_system apt-get update -q >/dev/null
  in_system useradd --create-home --shell /bin/bash "$user"
  cp softhsm-setup/create.sh "$root/usr/local/bin/"
  mkdir -p -m 700 "$root/run/user/1000"
  in_system chown "$user": /run/user/1000
  as_user create.sh "/home/$user/token" >/dev/null
  in_system mkdir -p "${other_home%/*}"
  in_system useradd --home-dir /nonexistent --shell /bin/bash "$other"
  in_system install -d -m 700 -o "$other" -g "$other" "$other_home"
}

install() {
  cp "$1" "$root/tmp/kyso.deb"
  in_system env DEBIAN_FRONTEND=noninteractive apt-get install -qy --reinstall --no-install-recommends /tmp/kyso.deb >"$scratch/apt.log" 2>&1 ||
    fail "apt-get: $(tail -n 20 "$scratch/apt.log")"
  rm "$root/tmp/kyso.deb"
}

# An agent of the user's; `agent` is its process id and its port.
starts() {
  as_user sh -c 'kyso agent --prompt terminal >>agent.log 2>&1 &'
  local tries
  for tries in $(seq 100); do
    if is_agent; then return 0; fi
    sleep 0.1
  done
  fail "no agent after $tries looks: $(cat "$root/home/$user/agent.log")"
}

# Https, in the browsers of two users and in the system, and what starts with their desktops; no agent runs.
trusts_in_browsers() {
  local one
  for one in as_user as_other; do
    "$one" sh -c 'mkdir -p ~/.pki/nssdb && certutil -N -d sql:"$HOME/.pki/nssdb" --empty-password && kyso tls enable' >/dev/null
    "$one" sh -c 'mkdir -p ~/.config/systemd/user/default.target.wants ~/.config/autostart
      ln -s /usr/lib/systemd/user/kyso.service ~/.config/systemd/user/default.target.wants/
      cp /usr/share/applications/kyso-tray.desktop ~/.config/autostart/'
  done
  as_other kyso tls enable --system >"$scratch/system" 2>&1 || true
  # What it says that root is to do.
  in_system sh -c "$(sed -n 's/.*sudo \(install .*\) && sudo \(update-ca-certificates\).*/\1 \&\& \2/p' "$scratch/system")" >/dev/null
  # An agent makes the key that signs for the log.
  as_other sh -c 'kyso agent --prompt terminal 2>agent.log & while [ ! -s .local/share/kyso/identity.key ]; do sleep 0.1; done
    kill $! && wait $!'
  trusted=$(authorities)
  [ "$(wc -l <<<"$trusted")" -ge 3 ] || fail "https is not on in three stores: $trusted"
}

# Whose browsers trust Kyso, and whether the system does.
authorities() {
  as_user sh -c 'certutil -L -d sql:"$HOME/.pki/nssdb"' | grep Kyso || true
  as_other sh -c 'certutil -L -d sql:"$HOME/.pki/nssdb"' | grep Kyso || true
  (cd "$root/etc/ssl/certs" && ls | grep -i kyso) || true
}

# A store of a browser's that loads code, which then stops, in a home of its owner's, and in a folder that everybody may write in.
users_attack() {
  in_system useradd --create-home --shell /bin/bash mallory
  gcc -shared -fPIC -x c -o "$root/usr/local/lib/ran.so" - <<'C'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void ran(void) {
  FILE *told = fopen("/usr/local/lib/ran", "a");
  if (told) {
    fprintf(told, "%d %s\n", (int)getuid(), open("/dev/tty", O_RDWR) < 0 ? "without a terminal" : "in root's terminal");
    fclose(told);
  }
  raise(SIGSTOP);
}
C
  in_system install -m 666 /dev/null /usr/local/lib/ran
  in_system install -d -m 2777 -o "$other" /home/shared
  in_system runuser -u mallory -- env HOME=/home/mallory sh -c '
    mkdir -p ~/.pki/nssdb ~/.local/share/kyso
    certutil -N -d sql:"$HOME/.pki/nssdb" --empty-password
    printf "\nlibrary=/usr/local/lib/ran.so\nname=ran\n" >>~/.pki/nssdb/pkcs11.txt
    cp -R ~/.pki ~/.local /home/shared && chmod -R a+rwX /home/shared/.pki /home/shared/.local
  '
}

nobody_got_more_than_their_own() {
  local mallory
  mallory=$(in_system id -u mallory)
  [ "$(sort -u "$root/usr/local/lib/ran")" = "$mallory without a terminal" ] || fail "a user's code ran as: $(sort -u "$root/usr/local/lib/ran")"
  rm -r "$root/usr/local/lib/ran.so" "$root/usr/local/lib/ran" "$root/home/shared"
}

no_key_and_no_start_is_left() {
  local left
  left=$(find "$root/home/$user/.config" "$root/home/$user/.local" "$root$other_home" \( -path '*kyso/*.key' -o -name 'tls*' -o -path '*autostart/kyso*' -o -name kyso.service \) -print)
  [ -z "$left" ] || fail "a key, or what starts by itself, is left: $left"
  [ ! -e "$root/etc/kyso" ] || fail "the machine's policy is left"
}

# What was signed for stays proven, though nothing can sign for it any more.
the_log_verifies_without_its_key() {
  install "$1"
  as_user kyso audit verify >"$scratch/proven" || fail "the log does not verify any more: $(cat "$scratch/proven")"
  grep -q '^It is signed up to number' "$scratch/proven" || fail "nothing signs for the log: $(cat "$scratch/proven")"
}

is_agent() {
  local status
  status=$(as_user kyso status --json 2>/dev/null) || return 1
  agent=$(jq -r '"\(.agent.pid) \(.agent.port)"' <<<"$status")
}

# Waits until the agent has ended.
gone() {
  timeout 60 tail --pid="${agent% *}" -f /dev/null || fail "the agent still runs: $(cat "$root/home/$user/agent.log")"
  agent=
}

# A log as the first version of its schema left it, from before the upgrade; its last receipt stays with the test.
keep_old_log() {
  local old=$root/home/$user/first/kyso
  mkdir -p -m 700 "$old"
  cp tests/data/databases/version-1.sqlite "$old/audit.sqlite"
  in_system chown -R "$user": "/home/$user/first"
  [ "$(version_of "$old/audit.sqlite")" = 1 ] || fail "the old log is not of the first version"
  receipt=$(as_user env "XDG_DATA_HOME=/home/$user/first" kyso audit verify | sed -n 's/^Receipt of the last row: //p')
  [[ $receipt == 7:* ]] || fail "the old log has another end: $receipt"
}

# The upgraded Kyso signs with it: its rows are there, proven by the receipt from before, and the new ones follow.
old_log_goes_on() {
  environment+=("XDG_DATA_HOME=/home/$user/first")
  works 3
  as_user kyso audit verify --head "$receipt" >/dev/null || fail "the old log does not verify after the upgrade"
  as_user kyso audit list --json --last 100 >"$scratch/old"
  grep -q 'Công văn số 1.pdf' "$scratch/old" || fail "the old rows are gone: $(cat "$scratch/old")"
  grep -c '"signed"' "$scratch/old" | grep -qx 2 || fail "not two signatures: $(cat "$scratch/old")"
  as_user kyso origins list | grep -q 'https://vanban.example.vn' || fail "the old pairing is gone"
  unset 'environment[-1]'
}

# The schema's version, as SQLite's header has it (user_version, 4 bytes at 60); a WAL may hold a newer one.
version_of() {
  echo $((16#$(od -An -tx1 -j60 -N4 "$1" | tr -d ' ')))
}

# The same package with a later revision.
newer() {
  local tree=$scratch/tree
  dpkg-deb -R "$1" "$tree"
  sed -i 's/^\(Version: .*\)$/\1+upgrade/' "$tree/DEBIAN/control"
  dpkg-deb --build --root-owner-group "$tree" "$scratch/newer.deb" >/dev/null
  echo "$scratch/newer.deb"
}

# The n-th signature, from the command line, verified by openssl there.
works() {
  local home=/home/$user leaf id
  leaf=$home/token/certs/person-rsa.crt
  mkdir -p "$root$home/.config/kyso"
  printf '[[modules]]\npath = "%s"\nwritable = ["%s"]\n' "$(cd "$root" && echo usr/lib/*/softhsm/libsofthsm2.so | sed 's/^/\//')" \
    "$home/token/tokens" >"$root$home/.config/kyso/config.toml"
  in_system chown -R "$user": "$home/.config"
  as_user kyso doctor --json >"$scratch/doctor.json" || [ $? -eq 1 ]
  jq -e '[.findings[] | select(.ok | not) | .topic] - ["Prompt"] == []' "$scratch/doctor.json" >/dev/null ||
    fail "the doctor finds more than the missing display: $(cat "$scratch/doctor.json")"
  printf 'Quyết định số %s\n' "$1" >"$root$home/document.txt"
  id=sha256:$(openssl x509 -in "$root$leaf" -outform DER | sha256sum | cut -d' ' -f1)
  "$hands" --answer "$pin" -- chroot "$root" runuser -u "$user" -- env -i "${environment[@]}" \
    kyso sign "$home/document.txt" --certificate "$id" --out "$home/signature"
  as_user sh -c "openssl x509 -in $leaf -noout -pubkey >key.pem && openssl dgst -sha256 -verify key.pem -signature signature document.txt" |
    grep -q 'Verified OK' || fail "openssl does not verify signature $1"
  as_user kyso audit verify >/dev/null
}

environment=(
  HOME=/home/$user PATH=/usr/local/bin:/usr/bin:/bin XDG_RUNTIME_DIR=/run/user/1000 LC_ALL=C.UTF-8 KYSO_LANG=en
  SOFTHSM2_CONF=/home/$user/token/softhsm2.conf
)

as_user() {
  chroot "$root" runuser -u "$user" -- env -i -C "/home/$user" "${environment[@]}" "$@"
}

as_other() {
  chroot "$root" runuser -u "$other" -- env -i -C "$other_home" HOME="$other_home" PATH=/usr/bin:/bin LC_ALL=C.UTF-8 KYSO_LANG=en "$@"
}

in_system() {
  chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

# Every file of the system: what a removal must give back. Logs and caches of apt, dpkg and man are the system's own, and
# /run goes with each boot; but no socket may stay there.
snapshot() {
  (cd "$root" && find . -xdev -path ./proc -prune -o -path ./dev -prune -o -path ./home -prune -o -path ./tmp -prune \
    -o -path ./run -prune -o -path ./var/cache -prune -o -path ./var/lib/apt -prune -o -path ./var/lib/dpkg -prune -o -path ./var/log -prune \
    -o -print | sort)
}

clean() {
  [ -z "${agent:-}" ] || kill "${agent% *}" 2>/dev/null || true
  umount "$root/proc" 2>/dev/null || true
  umount -R "$root/dev" 2>/dev/null || true
  mountpoint -q "$root/dev" || mountpoint -q "$root/proc" || rm -rf -- "$scratch"
}

fail() {
  echo "package in a fresh system: $1" >&2
  exit 1
}

main
