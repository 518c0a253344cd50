//! Issuers' certificates, from the tokens and from a folder, put in a row.

use std::fs;
use std::path::Path;

use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

/// The issuers of `leaf` among `pool`, nearest first, matched by name; as far as they are known.
/// Nothing is verified: whoever checks the signature checks the chain.
pub fn chain(leaf: &[u8], pool: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chain: Vec<Vec<u8>> = Vec::new();
    let mut next = issuer(leaf);
    while let Some(name) = next.take().filter(|_| chain.len() < LONGEST) {
        let known = pool.iter().find(|der| {
            subject(der).as_ref() == Some(&name) && der.as_slice() != leaf && !chain.contains(der)
        });
        if let Some(der) = known {
            // One that issued itself is the end.
            next = issuer(der).filter(|above| *above != name);
            chain.push(der.clone());
        }
    }
    chain
}

/// The certificates in a folder's `.crt`, `.pem`, `.cer` and `.der` files, PEM or DER, by the order
/// of the files' names. A file that can't be read or is none is left out.
pub fn folder(path: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
        .into_iter()
        .filter(|file| {
            let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
        })
        .filter(|file| fs::metadata(file).is_ok_and(|file| file.is_file() && file.len() <= LARGEST))
        .filter_map(|file| fs::read(file).ok())
        .flat_map(|bytes| certificates(&bytes))
        .collect()
}

fn certificates(bytes: &[u8]) -> Vec<Vec<u8>> {
    if X509Certificate::from_der(bytes).is_ok() {
        return vec![bytes.to_vec()];
    }
    Pem::iter_from_buffer(bytes)
        .flatten()
        .map(|pem| pem.contents)
        .filter(|der| X509Certificate::from_der(der).is_ok())
        .collect()
}

fn subject(der: &[u8]) -> Option<Vec<u8>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate.subject().as_raw().to_vec())
}

fn issuer(der: &[u8]) -> Option<Vec<u8>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate.issuer().as_raw().to_vec())
}

/// More than any authority stacks, and an end to names that go in circles.
const LONGEST: usize = 8;
const LARGEST: u64 = 1024 * 1024;
const EXTENSIONS: [&str; 4] = ["crt", "pem", "cer", "der"];
