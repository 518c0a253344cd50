//! The anchors of this machine: certificates of authorities in a folder that only its administrator writes to.

use std::fmt;
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

/// A file among the anchors, or their folder, that can't be used.
#[derive(Debug)]
pub struct Unusable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why a file can't be used.
#[derive(Debug)]
pub enum Why {
    /// It can't be read.
    Unread(io::Error),
    /// Others than the machine's administrator could have put it there.
    Loose,
    /// It holds no certificate, or something that says it is one and is not.
    NoCertificate,
}

/// All in the folder's `.pem` and `.crt` files, PEM or DER, by the order of the files' names. No folder is none.
///
/// # Errors
/// With the first file that can't be used: an anchor that is only sometimes there would be worse than none.
pub fn read(machine: &Folder) -> Result<Vec<Anchor>, Unusable> {
    let (anchors, unusable) = survey(machine);
    unusable.into_iter().next().map_or(Ok(anchors), Err)
}

/// The same, with all that can't be used beside it.
pub fn survey(machine: &Folder) -> (Vec<Anchor>, Vec<Unusable>) {
    let folder = folder(machine);
    let files = match files(machine, &folder) {
        Ok(files) => files,
        Err(why) => return (Vec::new(), vec![Unusable { path: folder, why }]),
    };
    let (mut anchors, mut unusable) = (Vec::new(), Vec::new());
    for path in files {
        match of_file(machine, &path) {
            Ok(more) => anchors.extend(more),
            Err(why) => unusable.push(Unusable { path, why }),
        }
    }
    (anchors, unusable)
}

/// Those in the folder by their names.
fn files(machine: &Folder, folder: &Path) -> Result<Vec<PathBuf>, Why> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Why::Unread(error)),
    };
    administrators(machine, folder)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    let is_meant = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
    };
    let mut files: Vec<PathBuf> = paths.into_iter().filter(is_meant).collect();
    files.sort();
    Ok(files)
}

fn of_file(machine: &Folder, file: &Path) -> Result<Vec<Anchor>, Why> {
    administrators(machine, file)?;
    let found = certificates(&bytes(file)?).into_iter();
    let anchors: Option<Vec<Anchor>> = found.map(|der| anchor(file, der?)).collect();
    anchors.filter(|anchors| !anchors.is_empty()).ok_or(Why::NoCertificate)
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(file)?.len() > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(file)
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
    let mut found = certificates(&bytes(file)?);
    let der = found.pop().flatten().filter(|_| found.is_empty()).ok_or(io::ErrorKind::InvalidData)?;
    anchor(file, der).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name of the file that `kyso anchors add` writes.
pub fn file_name(fingerprint: &[u8; 32]) -> String {
    format!("{}.crt", hex::encode(fingerprint))
}

fn administrators(machine: &Folder, path: &Path) -> Result<(), Why> {
    if machine.keeps(path)? { Ok(()) } else { Err(Why::Loose) }
}

/// For the log.
impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.why {
            Why::Unread(error) => error.fmt(f),
            Why::Loose => f.write_str("writable by others"),
            Why::NoCertificate => f.write_str("no certificate"),
        }
    }
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        Self::Unread(error)
    }
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

/// What says it is a certificate; `None` for a block of PEM that can't be decoded.
fn certificates(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
    if let Ok((_, certificate)) = X509Certificate::from_der(bytes) {
        return vec![Some(certificate.as_raw().to_vec())];
    }
    let blocks = Pem::iter_from_buffer(bytes).map(Result::ok);
    let meant = |block: &Option<Pem>| block.as_ref().is_none_or(|pem| pem.label == "CERTIFICATE");
    blocks.filter(meant).map(|block| Some(block?.contents)).collect()
}

const EXTENSIONS: [&str; 2] = ["pem", "crt"];
const LARGEST: u64 = 1024 * 1024;
