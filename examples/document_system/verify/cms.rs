//! The signature itself: a CMS `SignedData` (RFC 5652 §5) over what it covers, by the certificate that it names.

use cms::cert::CertificateChoices;
use cms::cert::IssuerAndSerialNumber;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use cms::signed_data::SignerIdentifier;
use cms::signed_data::SignerInfo;
use der::Decode as _;
use der::Encode as _;
use der::Reader as _;
use der::Sequence;
use der::SliceReader;
use der::asn1::Any;
use der::asn1::ObjectIdentifier;
use der::asn1::OctetString;
use rustls_pki_types::CertificateDer;
use sha2::Digest as _;
use sha2::Sha256;
use spki::AlgorithmIdentifierOwned;

use super::Problem;
use super::chain;
use crate::pdf::signatures::Signature;

/// A signature that could be read.
pub(super) struct Made {
    /// The signer's, DER.
    pub(super) certificate: Vec<u8>,
    /// The other certificates in it, DER.
    pub(super) issuers: Vec<Vec<u8>>,
    good: bool,
}

impl Made {
    /// What speaks against it, apart from its certificate.
    pub(super) fn problem(&self) -> Option<Problem> {
        (!self.good).then_some(Problem::Signature)
    }
}

/// `SigningCertificateV2` (RFC 5035 §3); the policies are not looked at.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// `ESSCertIDv2` (RFC 5035 §4): without a hash function it is SHA-256.
#[derive(Sequence)]
struct EssCertId {
    #[asn1(optional = "true")]
    function: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

/// Reads a signature; nothing if it is none, or is of several signers.
pub(super) fn open(signature: &Signature) -> Option<Made> {
    let mut reader = SliceReader::new(&signature.contents).ok()?;
    let content = ContentInfo::decode(&mut reader).ok()?;
    let padding = reader.read_slice(reader.remaining_len()).ok()?;
    if content.content_type != SIGNED_DATA || padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let data: SignedData = content.content.decode_as().ok()?;
    let [signer] = data.signer_infos.0.as_slice() else { return None };
    let SignerIdentifier::IssuerAndSerialNumber(wanted) = &signer.sid else { return None };
    let (mut certificate, mut issuers) = (None, Vec::new());
    for choice in data.certificates?.0.iter() {
        let CertificateChoices::Certificate(found) = choice else { return None };
        let der = found.to_der().ok()?;
        let facts = found.tbs_certificate();
        let named = IssuerAndSerialNumber {
            issuer: facts.issuer().clone(),
            serial_number: facts.serial_number().clone(),
        };
        if named == *wanted { certificate = Some(der) } else { issuers.push(der) }
    }
    let certificate = certificate?;
    let good = holds(signer, &certificate, &signature.covered).is_some();
    Some(Made { certificate, issuers, good })
}

/// RFC 5652 §5.4 and §5.6: the attributes name this content and this certificate, and the signature is over
/// them.
fn holds(signer: &SignerInfo, certificate: &[u8], covered: &[u8]) -> Option<()> {
    let attributes = signer.signed_attrs.as_ref()?;
    let value = |kind: ObjectIdentifier| {
        let attribute = attributes.iter().find(|attribute| attribute.oid == kind)?;
        let [value] = attribute.values.as_slice() else { return None };
        Some(value)
    };
    let content: ObjectIdentifier = value(CONTENT_TYPE)?.decode_as().ok()?;
    let digest: OctetString = value(MESSAGE_DIGEST)?.decode_as().ok()?;
    let named: SigningCertificateV2 = value(SIGNING_CERTIFICATE)?.decode_as().ok()?;
    let same = digest.as_bytes() == Sha256::digest(covered).as_slice();
    if content != ID_DATA || signer.digest_alg.oid != SHA256 || !same || !named.is(certificate) {
        return None;
    }
    let scheme = match signer.signature_algorithm.oid {
        RSA_ENCRYPTION | RSA_SHA256 => "rsa-pkcs1",
        RSA_PSS => "rsa-pss",
        ECDSA_SHA256 => "ecdsa",
        _ => return None,
    };
    let signed = attributes.to_der().ok()?;
    let certificate = CertificateDer::from(certificate);
    chain::verifies(&certificate, scheme, &signed, signer.signature.as_bytes()).then_some(())
}

impl SigningCertificateV2 {
    /// Whether this is the signer's certificate: the first, whose issuers may follow.
    fn is(&self, certificate: &[u8]) -> bool {
        self.certificates.first().is_some_and(|signer| {
            signer.function.as_ref().is_none_or(|function| function.oid == SHA256)
                && signer.hash.as_bytes() == Sha256::digest(certificate).as_slice()
        })
    }
}

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
