//! Issuers' certificates, from the tokens and from a folder, put in a row.

use std::fs;
use std::path::Path;

use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::domain::issuance;

/// The issuers of `leaf` among `pool`, nearest first, matched by name and key; as far as they are known. Of several
/// with the same key the one that is valid longest counts. Nothing is verified: whoever checks the signature checks the
/// chain.
pub fn chain(leaf: &[u8], pool: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let known: Vec<_> = pool.iter().filter_map(|der| Some((der, parsed(der)?))).collect();
    let mut chain: Vec<Vec<u8>> = Vec::new();
    let mut next = parsed(leaf);
    while let Some(below) = next.take().filter(|below| !issuance::is_root(below) && chain.len() < LONGEST) {
        let unused = |der: &[u8]| der != leaf && chain.iter().all(|one| one != der);
        let issuers = known.iter().filter(|(der, _)| unused(der)).filter_map(|(der, certificate)| {
            let ends = certificate.validity().not_after.timestamp();
            Some((issuance::fit(certificate, &below)?, ends, (der, certificate)))
        });
        // The first of equals: a folder's files are in the order of their names.
        let best = issuers.reduce(|one, other| if (other.0, other.1) > (one.0, one.1) { other } else { one });
        if let Some((_, _, (der, certificate))) = best {
            next = Some(certificate.clone());
            chain.push(der.to_vec());
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

fn parsed(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// More than any authority stacks, and an end to names that go in circles.
const LONGEST: usize = 8;
const LARGEST: u64 = 1024 * 1024;
const EXTENSIONS: [&str; 4] = ["crt", "pem", "cer", "der"];
