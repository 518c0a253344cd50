//! https for 127.0.0.1: a certificate of this user's own, the browsers that are to trust it, and its end.
//!
//! An authority is made with its one leaf and its key is gone when the leaf is signed ([`issue`]), so a
//! browser that trusts it trusts nothing but that leaf, and each renewal is a new authority. What browsers
//! trust is therefore never changed by itself: only by `kyso tls enable`, `kyso tls disable` and
//! `kyso doctor --fix`.

pub mod issue;
pub mod trust;

use std::fmt;
use std::io;
use std::io::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use zeroize::Zeroizing;

use crate::sys;

/// What the agent shows a browser, and the certificate that the browser is to trust for it.
#[derive(Clone)]
pub struct Credentials {
    /// PKCS#8 DER.
    pub key: Zeroizing<Vec<u8>>,
    /// The certificate of 127.0.0.1, DER.
    pub leaf: Vec<u8>,
    /// Its authority.
    pub authority: Authority,
    /// The first moment of the leaf's validity.
    pub not_before: OffsetDateTime,
    /// The last.
    pub not_after: OffsetDateTime,
}

/// The certificate of an authority, which has no key any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// DER.
    pub der: Vec<u8>,
}

/// How far a certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// In its first two thirds.
    Good,
    /// In its last third: to be renewed.
    Due,
    /// Over, or not begun on a clock that is wrong.
    Over,
}

impl Credentials {
    /// Reads what [`Credentials::write`] wrote; nothing where TLS is off.
    ///
    /// # Errors
    /// The system's; `InvalidData` if the file is something else.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        let Some(pem) = sys::files::read_private(path)?.map(Zeroizing::new) else { return Ok(None) };
        Self::parse(&pem).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn parse(pem: &[u8]) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let [leaf, authority] = certificates.ok()?.try_into().ok()?;
        let (_, read) = X509Certificate::from_der(&leaf).ok()?;
        let validity = read.validity();
        Some(Self {
            key: Zeroizing::new(key.secret_pkcs8_der().to_vec()),
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
            authority: Authority { der: authority.to_vec() },
            leaf: leaf.to_vec(),
        })
    }

    /// Writes key, leaf and authority into one file (PEM, mode 0600), which is whole or not there whenever the
    /// power fails.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let draft = path.with_extension("new");
        let mut file = sys::files::private_file(&draft)?;
        file.set_len(0)?;
        file.write_all(pem("PRIVATE KEY", &self.key).as_bytes())?;
        file.write_all(pem("CERTIFICATE", &self.leaf).as_bytes())?;
        file.write_all(self.authority.pem().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, path)
    }

    /// How far it is at this moment.
    pub fn age(&self, now: OffsetDateTime) -> Age {
        if now < self.not_before || now > self.not_after {
            Age::Over
        } else if now < self.renewal() {
            Age::Good
        } else {
            Age::Due
        }
    }

    /// From when on it is to be renewed: at two thirds of its life.
    pub fn renewal(&self) -> OffsetDateTime {
        self.not_before + (self.not_after - self.not_before) * 2 / 3
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("key", &"…")
            .field("authority", &self.authority.name())
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// What trust stores list it as: tells this authority from all others, those of former times included.
    pub fn name(&self) -> String {
        let fingerprint = Sha256::digest(&self.der);
        format!("{}{}", sys::trust::NAME, hex::encode(&fingerprint[..8]))
    }

    /// PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der).to_string()
    }
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    use base64::Engine as _;
    let text = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / 32 + 100));
    pem.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// How long a leaf is valid, its authority as well: browsers take no longer ones.
pub const LIFE: Duration = Duration::days(397);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-26 10:00 UTC);

    #[test]
    fn r55_two_thirds_of_its_life_are_good() {
        let made = issue::issue(NOW).expect("made");
        assert!(made.not_after - made.not_before < LIFE, "{made:?}");
        assert!(NOW - made.not_before >= Duration::hours(1), "clocks differ");
        for (days, age) in
            [(0, Age::Good), (260, Age::Good), (266, Age::Due), (395, Age::Due), (397, Age::Over)]
        {
            assert_eq!(made.age(NOW + Duration::days(days)), age, "after {days} days");
        }
        assert_eq!(made.age(NOW - Duration::days(2)), Age::Over, "the clock was set back");
    }

    #[test]
    fn r58_comes_back_as_it_went_and_is_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tls.pem");
        assert!(Credentials::read(&path).expect("no file").is_none());
        let made = issue::issue(NOW).expect("made");
        made.write(&path).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))
            .expect("loosened by somebody");
        let read = Credentials::read(&path).expect("read").expect("is on");
        assert_eq!((&read.key, &read.leaf, &read.authority), (&made.key, &made.leaf, &made.authority));
        assert_eq!((read.not_before, read.not_after), (made.not_before, made.not_after));
        let mode = std::fs::metadata(&path).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(&hex::encode(&made.key[40..60])), "no key in what is logged");
        for broken in ["", "x", "-----BEGIN CERTIFICATE-----\n"] {
            std::fs::write(&path, broken).expect("scratch");
            let error = Credentials::read(&path).expect_err("no credentials");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
