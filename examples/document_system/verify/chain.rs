//! Certificates: who they are, what for, and whether a trusted root stands behind them.

use std::path::Path;
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
use webpki::KeyUsage;
use webpki::ring;
use x509_parser::oid_registry::OID_X509_SERIALNUMBER;
use x509_parser::oid_registry::OID_X509_TITLE;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::AttributeTypeAndValue;
use x509_parser::x509::X509Name;

use super::Problem;

/// The roots that are trusted.
#[derive(Debug)]
pub(crate) struct Anchors(Vec<TrustAnchor<'static>>);

/// Whom a certificate speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    Person,
    Organisation,
}

/// What a certificate says of its holder.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Signer {
    pub(crate) kind: Holder,
    /// Common name.
    pub(crate) name: String,
    /// Title, or nothing.
    pub(crate) title: String,
    /// Organisation, or nothing.
    pub(crate) organisation: String,
    /// Common name of the issuer.
    pub(crate) issuer: String,
    /// First moment of the certificate, seconds since 1970.
    pub(crate) not_before: i64,
    /// Last moment of the certificate, seconds since 1970.
    pub(crate) not_after: i64,
}

impl Signer {
    /// Reads a certificate in DER; nothing if it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, facts) = X509Certificate::from_der(der).ok()?;
        let subject = facts.subject();
        let name = text(subject.iter_common_name());
        let organisation = text(subject.iter_organization());
        // An organisation's certificate bears its tax number and its name twice; a person's, their own.
        let number = text(subject.iter_by_oid(&OID_X509_SERIALNUMBER));
        let own = number.starts_with("MST:") || name == organisation;
        Some(Self {
            kind: if own { Holder::Organisation } else { Holder::Person },
            title: text(subject.iter_by_oid(&OID_X509_TITLE)),
            issuer: issuer(facts.issuer()),
            not_before: facts.validity().not_before.timestamp(),
            not_after: facts.validity().not_after.timestamp(),
            name,
            organisation,
        })
    }
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

    /// What speaks against a certificate for documents.
    pub(crate) fn problems(&self, certificate: &[u8], issuers: &[Vec<u8>], now: SystemTime) -> Vec<Problem> {
        let facts = X509Certificate::from_der(certificate).ok();
        let usage = facts.as_ref().and_then(|(_, facts)| facts.key_usage().ok().flatten());
        let signs = usage.is_some_and(|extension| extension.value.non_repudiation());
        // Which extended usages a document's signer needs is the issuer's rule; none is general.
        let chain = self.chain(certificate, issuers, now, AnyExtendedUsage);
        chain.into_iter().chain((!signs).then_some(Problem::Usage)).collect()
    }

    /// What speaks against a certificate for signing in: it must be for that (clientAuth, digitalSignature) and
    /// not for documents (nonRepudiation), or the signature over a document whose digest somebody chose would
    /// be a sign-in.
    pub(crate) fn sign_in_problems(
        &self,
        certificate: &[u8],
        issuers: &[Vec<u8>],
        now: SystemTime,
    ) -> Vec<Problem> {
        let facts = X509Certificate::from_der(certificate).ok();
        let usage = facts.as_ref().and_then(|(_, facts)| facts.key_usage().ok().flatten());
        let extended = facts.as_ref().and_then(|(_, facts)| facts.extended_key_usage().ok().flatten());
        let signs_in = extended.is_some_and(|extension| extension.value.client_auth)
            && usage.is_some_and(|usage| usage.value.digital_signature() && !usage.value.non_repudiation());
        let chain = self.chain(certificate, issuers, now, KeyUsage::client_auth());
        chain.into_iter().chain((!signs_in).then_some(Problem::Usage)).collect()
    }

    /// RFC 5280 §6: names, signatures, basic constraints and times from the signer to a root.
    fn chain(
        &self,
        certificate: &[u8],
        issuers: &[Vec<u8>],
        now: SystemTime,
        usage: impl ExtendedKeyUsageValidator,
    ) -> Option<Problem> {
        let der = CertificateDer::from(certificate);
        let Ok(certificate) = EndEntityCert::try_from(&der) else { return Some(Problem::Untrusted) };
        let issuers: Vec<_> = issuers.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let path = certificate.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.0,
            &issuers,
            UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default()),
            usage,
            None,
            None,
        );
        match path {
            Ok(_) => None,
            Err(webpki::Error::CertExpired { .. }) => Some(Problem::Expired),
            Err(webpki::Error::CertNotValidYet { .. }) => Some(Problem::NotYetValid),
            Err(webpki::Error::RequiredEkuNotFoundContext(_)) => Some(Problem::Usage),
            Err(_) => Some(Problem::Untrusted),
        }
    }
}

/// Whether this certificate's key made this signature over SHA-256 of the message, which the library hashes
/// itself. `scheme` is `rsa-pkcs1`, `rsa-pss` or `ecdsa`, ECDSA in DER.
pub(crate) fn verifies(der: &CertificateDer<'_>, scheme: &str, message: &[u8], signature: &[u8]) -> bool {
    let algorithms: &[&dyn SignatureVerificationAlgorithm] = match scheme {
        "rsa-pkcs1" => &[ring::RSA_PKCS1_2048_8192_SHA256],
        "rsa-pss" => &[ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        "ecdsa" => &[ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
        _ => &[],
    };
    EndEntityCert::try_from(der).is_ok_and(|certificate| {
        let good = |algorithm: &&dyn SignatureVerificationAlgorithm| {
            certificate.verify_signature(*algorithm, message, signature).is_ok()
        };
        algorithms.iter().any(good)
    })
}

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

fn text<'a>(mut parts: impl Iterator<Item = &'a AttributeTypeAndValue<'a>>) -> String {
    parts.next().and_then(|part| part.as_str().ok()).unwrap_or_default().to_owned()
}
