//! The anchors of this machine: certificates of authorities in a folder that only its administrator writes to.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest as _;
use sha2::Sha256;
use time::OffsetDateTime;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

use crate::sys::machine::Folder;

/// An authority that is trusted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The file that holds it.
    pub file: PathBuf,
    /// Its certificate's DER.
    pub der: Vec<u8>,
    /// SHA-256 of that.
    pub fingerprint: [u8; 32],
    /// Whom it names, RFC 4514-like.
    pub subject: String,
    /// Its last moment of validity.
    pub expires: OffsetDateTime,
    /// Whether it says of itself that it is an authority (RFC 5280 §4.2.1.9).
    pub is_authority: bool,
}

/// All in the folder's `.pem` and `.crt` files, PEM or DER, by the order of the files' names. No folder is none.
///
/// # Errors
/// If folder or a file can't be read, since an anchor that is only sometimes there would be worse than none, or if
/// others than the machine's administrator could have put it there.
pub fn read(machine: &Folder) -> io::Result<Vec<Anchor>> {
    let folder = folder(machine);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    administrators(machine, &folder)?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    let mut anchors = Vec::new();
    for file in files {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if !EXTENSIONS.contains(&extension) {
            continue;
        }
        administrators(machine, &file)?;
        if fs::metadata(&file)?.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        anchors.extend(certificates(&fs::read(&file)?).into_iter().filter_map(|der| anchor(&file, der)));
    }
    Ok(anchors)
}

/// Where they are.
pub fn folder(machine: &Folder) -> PathBuf {
    machine.path().join("anchors")
}

/// The only certificate in a file.
///
/// # Errors
/// If it can't be read; `InvalidData` if it holds none, or several.
pub fn only(file: &Path) -> io::Result<Anchor> {
    if fs::metadata(file)?.len() > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut found = certificates(&fs::read(file)?);
    let der = found.pop().filter(|_| found.is_empty()).ok_or(io::ErrorKind::InvalidData)?;
    anchor(file, der).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name of the file that `kyso anchors add` writes.
pub fn file_name(fingerprint: &[u8; 32]) -> String {
    format!("{}.crt", hex::encode(fingerprint))
}

fn administrators(machine: &Folder, path: &Path) -> io::Result<()> {
    if machine.keeps(path)? {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: writable by others", path.display())))
}

fn anchor(file: &Path, der: Vec<u8>) -> Option<Anchor> {
    let (_, parsed) = X509Certificate::from_der(&der).ok()?;
    Some(Anchor {
        file: file.to_owned(),
        fingerprint: Sha256::digest(&der).into(),
        subject: parsed.subject().to_string(),
        expires: parsed.validity().not_after.to_datetime(),
        is_authority: parsed.is_ca(),
        der: der.clone(),
    })
}

fn certificates(bytes: &[u8]) -> Vec<Vec<u8>> {
    if let Ok((_, certificate)) = X509Certificate::from_der(bytes) {
        return vec![certificate.as_raw().to_vec()];
    }
    Pem::iter_from_buffer(bytes)
        .flatten()
        .filter(|pem| pem.label == "CERTIFICATE")
        .map(|pem| pem.contents)
        .filter(|der| X509Certificate::from_der(der).is_ok())
        .collect()
}

const EXTENSIONS: [&str; 2] = ["pem", "crt"];
const LARGEST: u64 = 1024 * 1024;
