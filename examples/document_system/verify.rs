//! Whether a signature is worth anything: over this document, by this certificate, issued under a
//! trusted root, in its time, for documents.

use std::path::Path;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::SignatureVerificationAlgorithm;
use rustls_pki_types::TrustAnchor;
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject;
use serde::Serialize;
use webpki::EndEntityCert;
use webpki::ExtendedKeyUsageValidator;
use webpki::KeyPurposeIdIter;
use webpki::ring;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Name;

use crate::shelf::Document;

/// The roots that are trusted.
#[derive(Debug)]
pub(crate) struct Anchors(Vec<TrustAnchor<'static>>);

/// What a page brings back from Kyso.
#[derive(Debug)]
pub(crate) struct Signed {
    /// The signer's certificate, DER.
    pub(crate) certificate: Vec<u8>,
    /// Its issuers' certificates, DER, as far as Kyso knew them.
    pub(crate) chain: Vec<Vec<u8>>,
    /// `rsa-pkcs1`, `rsa-pss` or `ecdsa`.
    pub(crate) scheme: String,
    /// The signature; ECDSA in DER.
    pub(crate) value: Vec<u8>,
}

/// What the server found.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// No problem was found.
    pub(crate) valid: bool,
    /// Everything that speaks against it.
    pub(crate) problems: Vec<Problem>,
    /// Common name of the signer.
    pub(crate) holder: String,
    /// Title of the signer, or nothing.
    pub(crate) title: String,
    /// Organisation of the signer, or nothing.
    pub(crate) organisation: String,
    /// Common name of the issuer.
    pub(crate) issuer: String,
    /// First moment of the certificate, seconds since 1970.
    pub(crate) not_before: i64,
    /// Last moment of the certificate, seconds since 1970.
    pub(crate) not_after: i64,
    /// When the server looked, seconds since 1970.
    pub(crate) verified_at: u64,
}

/// One thing that speaks against a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Problem {
    /// The document, or the signature, is not what was signed.
    Signature,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// No trusted root issued it, or a link of the chain is wrong.
    Untrusted,
    /// It is not for signing documents (no nonRepudiation, RFC 5280 §4.2.1.3).
    Usage,
}

impl Anchors {
    /// Reads a PEM file of root certificates.
    ///
    /// # Errors
    /// What is wrong with the file, for the person who named it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let roots: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| wrong(&format!("{error:?}")))?;
        let anchors: Vec<_> = roots
            .iter()
            .map(|root| webpki::anchor_from_trusted_cert(root).map(|anchor| anchor.to_owned()))
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(&error))?;
        if anchors.is_empty() { Err(wrong(&"holds no certificate")) } else { Ok(Self(anchors)) }
    }

    /// Looks at a signature from every side at the time `now`.
    ///
    /// # Errors
    /// If the certificate can't be read at all.
    pub(crate) fn judge(
        &self,
        document: &Document,
        signed: &Signed,
        now: SystemTime,
    ) -> Result<Verdict, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("the certificate can't be read: {error}");
        let (_, facts) =
            X509Certificate::from_der(&signed.certificate).map_err(|error| unreadable(&error))?;
        let der = CertificateDer::from(signed.certificate.as_slice());
        let certificate = EndEntityCert::try_from(&der).map_err(|error| unreadable(&error))?;
        let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();

        let problems: Vec<_> = [
            signature(&certificate, document, signed),
            self.chain(&certificate, signed, since_1970),
            usage(&facts),
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok(Verdict {
            valid: problems.is_empty(),
            problems,
            holder: text(facts.subject().iter_common_name()),
            title: text(facts.subject().iter_by_oid(&x509_parser::oid_registry::OID_X509_TITLE)),
            organisation: text(facts.subject().iter_organization()),
            issuer: issuer(facts.issuer()),
            not_before: facts.validity().not_before.timestamp(),
            not_after: facts.validity().not_after.timestamp(),
            verified_at: since_1970.as_secs(),
        })
    }

    /// RFC 5280 §6: names, signatures, basic constraints and times from the signer to a root.
    fn chain(&self, certificate: &EndEntityCert<'_>, signed: &Signed, now: Duration) -> Option<Problem> {
        let issuers: Vec<_> = signed.chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let path = certificate.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.0,
            &issuers,
            UnixTime::since_unix_epoch(now),
            AnyExtendedUsage,
            None,
            None,
        );
        match path {
            Ok(_) => None,
            Err(webpki::Error::CertExpired { .. }) => Some(Problem::Expired),
            Err(webpki::Error::CertNotValidYet { .. }) => Some(Problem::NotYetValid),
            Err(_) => Some(Problem::Untrusted),
        }
    }
}

/// The library hashes the stored document itself, so neither the page's digest nor Kyso's counts.
fn signature(certificate: &EndEntityCert<'_>, document: &Document, signed: &Signed) -> Option<Problem> {
    let algorithms: &[&dyn SignatureVerificationAlgorithm] = match signed.scheme.as_str() {
        "rsa-pkcs1" => &[ring::RSA_PKCS1_2048_8192_SHA256],
        "rsa-pss" => &[ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        "ecdsa" => &[ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
        _ => &[],
    };
    let good = algorithms
        .iter()
        .any(|algorithm| certificate.verify_signature(*algorithm, &document.content, &signed.value).is_ok());
    (!good).then_some(Problem::Signature)
}

fn usage(facts: &X509Certificate<'_>) -> Option<Problem> {
    let usage = facts.key_usage().ok().flatten();
    (!usage.is_some_and(|extension| extension.value.non_repudiation())).then_some(Problem::Usage)
}

/// Which extended usages a document's signer needs is the issuer's rule; none is general.
struct AnyExtendedUsage;

impl ExtendedKeyUsageValidator for AnyExtendedUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

fn issuer(name: &X509Name<'_>) -> String {
    let common_name = text(name.iter_common_name());
    if common_name.is_empty() { name.to_string() } else { common_name }
}

fn text<'a>(mut parts: impl Iterator<Item = &'a x509_parser::x509::AttributeTypeAndValue<'a>>) -> String {
    parts.next().and_then(|part| part.as_str().ok()).unwrap_or_default().to_owned()
}
