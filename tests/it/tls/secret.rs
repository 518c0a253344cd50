//! R55, R56: the authority's key is written nowhere, there is one other key, and no two desks share any.

use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{credentials, desk, said};
use crate::support::desk::Desk;

/// Whether these bytes hold the private key of this point on P-256, whatever is around it.
fn holds_key(bytes: &[u8], public: &[u8]) -> bool {
    let is_key = |scalar: &[u8]| {
        EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, scalar, public).is_ok()
    };
    // What has no more than a few different bytes is no key, and there is much of it.
    let varied = |scalar: &&[u8]| scalar.iter().collect::<std::collections::BTreeSet<_>>().len() > 16;
    bytes.windows(32).filter(varied).any(is_key)
}

/// The bytes as they are, and whatever base64 and hex in them stands for.
fn readings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let joined = text.split("-----").map(|block| block.lines().collect::<String>());
    let decoded = joined.flat_map(|block| {
        let words = block.split(|letter: char| !letter.is_ascii_alphanumeric() && !"+/=".contains(letter));
        let words = words.filter(|word| word.len() >= 40);
        let decoded = words.flat_map(|word| [STANDARD.decode(word).ok(), hex::decode(word).ok()]).flatten();
        decoded.collect::<Vec<_>>()
    });
    std::iter::once(bytes.to_vec()).chain(decoded).collect()
}

fn public(certificate: &[u8]) -> Vec<u8> {
    let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
    certificate.public_key().subject_public_key.data.to_vec()
}

/// Every string of bytes in a trace with `-xx`.
fn written(trace: &str) -> Vec<Vec<u8>> {
    let quoted = trace.lines().flat_map(|line| line.split('"').skip(1).step_by(2));
    let bytes = |text: &str| {
        text.split("\\x").skip(1).map(|hex| u8::from_str_radix(&hex[..2], 16).unwrap()).collect()
    };
    quoted.map(bytes).collect()
}

#[test]
fn r55_the_authoritys_key_is_never_written() {
    let (desk, _) = desk();
    let trace = desk.folder().join("trace");
    let calls = "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,execve";
    let kyso = desk.command(&["tls", "enable"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-xx", "-s", "1048576", "-e", calls, "-o"]).arg(&trace).arg(kyso.get_program());
    command.args(kyso.get_args()).env_clear();
    kyso.get_envs().for_each(|(name, value)| {
        command.env(name, value.unwrap_or_default());
    });
    let output = command.output().expect("strace: apt-get install strace");
    said(&output, 0);
    let made = credentials(&desk);
    let (authority, leaf) = (public(&made.authority.der), public(&made.leaf));
    let trace = std::fs::read_to_string(&trace).unwrap();
    let all: Vec<Vec<u8>> = written(&trace).iter().flat_map(|bytes| readings(bytes)).collect();
    let whole: usize = all.iter().map(Vec::len).sum();
    assert!(all.len() > 100 && whole > 2_000, "{} strings, {whole} bytes", all.len());
    assert!(all.iter().any(|bytes| holds_key(bytes, &leaf)), "the leaf's key is written, so it is found");
    assert!(!all.iter().any(|bytes| holds_key(bytes, &authority)), "the authority's key was written");
    // And so says every file.
    let mut files = Vec::new();
    walk(desk.folder(), &mut files);
    let with_key: Vec<_> = files
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name.as_bytes() != b"trace"))
        .filter(|path| {
            readings(&std::fs::read(path).unwrap()).iter().any(|bytes| {
                bytes.len() < 100_000 && (holds_key(bytes, &leaf) || holds_key(bytes, &authority))
            })
        })
        .collect();
    assert_eq!(with_key, [&desk.data().join("tls.pem")]);
    assert!(!readings(&std::fs::read(with_key[0]).unwrap()).iter().any(|bytes| holds_key(bytes, &authority)));
}

fn walk(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files)
        } else if path.is_file() {
            files.push(path)
        }
    }
}

#[test]
fn r56_two_desks_have_nothing_in_common() {
    let made = [0, 1].map(|_| {
        let desk = Desk::configured("modules = []\n");
        said(&desk.kyso(&["tls", "enable"]), 0);
        credentials(&desk)
    });
    let [one, two] = &made;
    assert_ne!(one.key, two.key);
    assert_ne!(public(&one.leaf), public(&two.leaf));
    assert_ne!(public(&one.authority.der), public(&two.authority.der));
    assert_ne!(one.authority.name(), two.authority.name());
}
