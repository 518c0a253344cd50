#!/usr/bin/env bash
# A fresh software token of opencryptoki, for the tests, until standard input ends:
#
#     opencryptoki.sh DIR
#
#   label kyso-test, PIN 123456, SO PIN 87654321; one RSA-2048 key with a certificate for documents,
#   DIR/certificate.crt, PEM. It says "ready" once it stands.
#
# opencryptoki has one configuration, one daemon and one token store a machine, so this takes root, puts a
# configuration of its own in the system's place meanwhile, and refuses a machine whose store is in use.
set -euo pipefail
export LC_ALL=C.UTF-8
# pkcsslotd answers members of this group alone.
[ "$(id -gn)" = pkcs11 ] || exec sg pkcs11 -c "$(printf '%q ' "$0" "$@")"

readonly LABEL=kyso-test PIN=123456 SO_PIN=87654321
readonly config=/etc/opencryptoki/opencryptoki.conf store=/var/lib/opencryptoki/swtok
readonly locks=/var/lock/opencryptoki/swtok shared=/dev/shm/var.lib.opencryptoki.swtok
readonly socket=/var/run/pkcsslotd.socket
readonly mark=$store/made-by-kyso-tests
daemon=

main() {
    [ $# -eq 1 ] || stop "usage: opencryptoki.sh DIR"
    dir=$1
    [ -e "$mark" ] || [ ! -e "$store/NVTOK.DAT" ] || stop "$store holds somebody's token"
    trap clean EXIT
    [ -e "$config.kept" ] || cp -p "$config" "$config.kept"
    printf 'version opencryptoki-3.1\nslot 0\n{\nstdll = libpkcs11_sw.so\n}\n' >"$config"
    empty
    mkdir -p "$store/TOK_OBJ" "$locks"
    touch "$mark"
    chgrp -R pkcs11 "$store" "$locks"
    chmod -R g+rwX,o-rwx "$store" "$locks"
    rm -f "$socket"
    pkcsslotd -f </dev/null >"$dir/pkcsslotd.log" 2>&1 &
    daemon=$!
    until [ -e "$socket" ]; do
        kill -0 "$daemon" 2>/dev/null || stop "pkcsslotd ended: $(cat "$dir/pkcsslotd.log")"
        sleep 0.02
    done
    quiet tool --init-token --label "$LABEL" --so-pin "$SO_PIN"
    quiet tool --login --login-type so --so-pin "$SO_PIN" --init-pin --pin "$PIN"
    quiet openssl req -x509 -newkey rsa:2048 -noenc -utf8 -days 1000 -keyout "$dir/key.pem" \
        -out "$dir/certificate.crt" -subj "/C=VN/CN=Lê Thị Hồng Gấm" \
        -addext keyUsage=critical,nonRepudiation -addext basicConstraints=critical,CA:FALSE
    quiet openssl pkey -in "$dir/key.pem" -outform DER -out "$dir/key.der"
    quiet openssl x509 -in "$dir/certificate.crt" -outform DER -out "$dir/certificate.der"
    put privkey "$dir/key.der" --usage-sign
    put cert "$dir/certificate.der"
    rm "$dir/key.pem" "$dir/key.der"
    echo ready
    read -r _ || true
}

# put TYPE FILE OPTIONS…
put() {
    quiet tool --login --pin "$PIN" --write-object "$2" --type "$1" --label person --id 01 "${@:3}"
}

tool() {
    pkcs11-tool --module "$(echo /usr/lib*/*/pkcs11/libopencryptoki.so)" --slot 0 "$@"
}

clean() {
    if [ -n "$daemon" ]; then
        # Asked to end, it waits for clients that were killed and not yet reaped.
        kill -KILL "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
        rm -f "$socket" /var/run/pkcsslotd.pid
    fi
    empty
    if [ -e "$config.kept" ]; then mv "$config.kept" "$config"; fi
}

empty() {
    rm -rf "${store:?}"/* "${locks:?}"/* "$shared"
}

# Runs a command that speaks only when it fails.
quiet() {
    local said
    said=$("$@" 2>&1 </dev/null) || stop "$1 failed: $said"
}

stop() {
    echo "opencryptoki.sh: $1" >&2
    exit 1
}

main "$@"
