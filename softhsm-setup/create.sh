#!/usr/bin/env bash
# Makes a throwaway SoftHSM2 token in DIR, with a two-level CA and certificates in Vietnamese:
#
#     eval "$(softhsm-setup/create.sh DIR)"
#
#   DIR/softhsm2.conf      the only line on stdout points SOFTHSM2_CONF to it
#   DIR/tokens/            the token: label kyso-demo, PIN 123456, SO PIN 12345678
#   DIR/ca/                root.crt and issuing.crt, PEM
#   DIR/certs/NAME.crt     each certificate on the token, PEM
#
# Everything in it is for trying Kyso out: the PINs are public, and nobody but DIR trusts the CA.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077

readonly LABEL=kyso-demo PIN=123456 SO_PIN=12345678

main() {
    [ $# -eq 1 ] || stop "usage: create.sh DIR"
    need softhsm2-util softhsm2
    need openssl openssl
    need pkcs11-tool opensc
    module=$(find_module)
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    [ ! -e "$dir/softhsm2.conf" ] || stop "$dir already holds a token; remove it or name another folder"
    mkdir -p "$dir/tokens" "$dir/ca" "$dir/certs" "$dir/work"
    trap 'rm -rf "$dir/work"' EXIT

    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n' \
        "$dir/tokens" >"$dir/softhsm2.conf"
    export SOFTHSM2_CONF=$dir/softhsm2.conf
    quiet softhsm2-util --init-token --free --label "$LABEL" --pin "$PIN" --so-pin "$SO_PIN"

    make_ca
    put cert "$dir/ca/issuing.crt" issuing f0

    local person="O=Ủy ban nhân dân tỉnh Tuyên Quang/OU=Văn phòng/C=VN"
    local sign="critical,nonRepudiation"
    issue person-rsa  01 rsa2048 "$sign" "" now \
        "/CN=Nguyễn Thị Minh Khai/title=Chánh Văn phòng/serialNumber=CCCD:008180000001/$person"
    issue person-p256 02 p256 "$sign" "" now \
        "/CN=Trần Văn Đức/title=Phó Chủ tịch/serialNumber=CCCD:008075000002/$person"
    issue person-p384 03 p384 "$sign" "" now \
        "/CN=Lê Hoàng Ánh Tuyết/title=Chuyên viên/serialNumber=CCCD:008190000003/$person"
    issue seal-rsa    04 rsa3072 "$sign" "" now \
        "/CN=Ủy ban nhân dân tỉnh Tuyên Quang/O=Ủy ban nhân dân tỉnh Tuyên Quang/serialNumber=MST:5000246810/C=VN"
    issue sign-in     05 p256 "critical,digitalSignature" clientAuth now \
        "/CN=Nguyễn Thị Minh Khai/title=Chánh Văn phòng/serialNumber=CCCD:008180000001/$person"
    issue expired     06 p256 "$sign" "" past \
        "/CN=Phạm Quốc Hùng/title=Trưởng phòng/serialNumber=CCCD:008070000006/$person"
    issue not-yet     07 p256 "$sign" "" future \
        "/CN=Vũ Thị Hạnh/title=Chuyên viên chính/serialNumber=CCCD:008188000007/$person"

    echo "export SOFTHSM2_CONF=$(printf %q "$SOFTHSM2_CONF")"
}

make_ca() {
    local root="/C=VN/O=Ban Cơ yếu Chính phủ/CN=Cơ quan chứng thực số chuyên dùng Chính phủ (thử nghiệm)"
    local issuing="/C=VN/O=Ban Cơ yếu Chính phủ/OU=Cục Chứng thực số và Bảo mật thông tin/CN=Cơ quan chứng thực số cấp phát (thử nghiệm)"
    key p256 "$dir/work/root.key"
    quiet openssl req -new -x509 -utf8 -key "$dir/work/root.key" -subj "$root" -days 7300 -sha256 \
        -config <(ca_config) -extensions root -out "$dir/ca/root.crt"
    key p256 "$dir/work/issuing.key"
    quiet openssl req -new -utf8 -key "$dir/work/issuing.key" -subj "$issuing" \
        -config <(ca_config) -out "$dir/work/issuing.csr"
    quiet openssl x509 -req -in "$dir/work/issuing.csr" -CA "$dir/ca/root.crt" -CAkey "$dir/work/root.key" \
        -set_serial 2 -days 3650 -sha256 -extfile <(ca_config) -extensions issuing -out "$dir/ca/issuing.crt"

    # `openssl ca` is the one subcommand of OpenSSL 3.0 that takes a start date.
    : >"$dir/work/index.txt"
    openssl rand -hex 8 >"$dir/work/serial"
}

# issue NAME ID KEY KEY_USAGE EXTENDED_KEY_USAGE now|past|future SUBJECT
issue() {
    local name=$1 id=$2 kind=$3 usage=$4 extended=$5 when=$6 subject=$7 from to
    case $when in
        now)    from=$(at '-1 day');   to=$(at '+1095 days') ;;
        past)   from=$(at '-730 days'); to=$(at '-1 day') ;;
        future) from=$(at '+365 days'); to=$(at '+1095 days') ;;
    esac
    key "$kind" "$dir/work/$name.key"
    quiet openssl req -new -utf8 -key "$dir/work/$name.key" -subj "$subject" -config <(ca_config) \
        -out "$dir/work/$name.csr"
    leaf_config "$usage" "$extended" >"$dir/work/$name.cnf"
    quiet openssl ca -batch -notext -utf8 -config "$dir/work/$name.cnf" -startdate "$from" -enddate "$to" \
        -in "$dir/work/$name.csr" -out "$dir/certs/$name.crt"

    put privkey "$dir/work/$name.key" "$name" "$id"
    put cert "$dir/certs/$name.crt" "$name" "$id"
}

ca_config() {
    cat <<'END'
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
}

leaf_config() {
    cat <<END
[ca]
default_ca = issuing
[issuing]
database = $dir/work/index.txt
serial = $dir/work/serial
new_certs_dir = $dir/work
certificate = $dir/ca/issuing.crt
private_key = $dir/work/issuing.key
default_md = sha256
policy = any
unique_subject = no
preserve = yes
email_in_dn = yes
x509_extensions = leaf
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
title = optional
serialNumber = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = $1
${2:+extendedKeyUsage = $2}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
}

# key KIND FILE
key() {
    case $1 in
        rsa*) quiet openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$2" ;;
        p*)   quiet openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${1#p}" -out "$2" ;;
    esac
}

# put TYPE PEM_FILE LABEL ID
put() {
    case $1 in
        privkey) quiet openssl pkey -in "$2" -outform DER -out "$dir/work/object.der" ;;
        cert)    quiet openssl x509 -in "$2" -outform DER -out "$dir/work/object.der" ;;
    esac
    local usage=()
    [ "$1" = privkey ] && usage=(--usage-sign)
    quiet pkcs11-tool --module "$module" --token-label "$LABEL" --login --pin "$PIN" \
        --write-object "$dir/work/object.der" --type "$1" --label "$3" --id "$4" "${usage[@]}"
}

at() {
    date -u -d "$1" +%y%m%d%H%M%SZ
}

find_module() {
    local path
    for path in "${SOFTHSM2_MODULE:-}" /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
        /usr/lib64/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
        if [ -n "$path" ] && [ -f "$path" ]; then
            echo "$path"
            return
        fi
    done
    stop "libsofthsm2.so is missing. Install it: sudo apt-get install softhsm2, or set SOFTHSM2_MODULE to its path"
}

# Runs a command that speaks only when it fails.
quiet() {
    local said
    said=$("$@" 2>&1 </dev/null) || stop "$1 failed: $said"
}

need() {
    command -v "$1" >/dev/null || stop "$1 is missing. Install it: sudo apt-get install $2"
}

stop() {
    echo "create.sh: $1" >&2
    exit 1
}

main "$@"
