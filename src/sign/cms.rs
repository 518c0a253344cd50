//! Complete detached CMS signatures (RFC 5652 §5; CAdES-B, ETSI EN 319 122-1 §6).
//!
//! The shapes are our own few rather than a library's whole: certificates, names and serial numbers go in
//! as the very bytes that the token holds, which a library that parses and writes them again does not promise.

use der::Decode;
use der::Encode;
use der::Sequence;
use der::Tag;
use der::ValueOrd;
use der::asn1::Any;
use der::asn1::ObjectIdentifier;
use der::asn1::OctetString;
use der::asn1::SetOfVec;
use x509_parser::parse_x509_certificate;

use crate::domain::approval::SignQuestion;
use crate::domain::attributes::ID_DATA;
use crate::domain::attributes::hash;
use crate::domain::attributes::oid;
use crate::domain::certificate::Certificate;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::error::SignError;
use crate::domain::form::Form;
use crate::domain::issuance;
use crate::domain::scheme::Scheme;

/// `ContentInfo` (RFC 5652 §3).
#[derive(Sequence)]
struct ContentInfo {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

/// `SignedData` (RFC 5652 §5.1), without revocation lists.
#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<Algorithm>,
    content: EncapsulatedContent,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    certificates: SetOfVec<Any>,
    signers: SetOfVec<SignerInfo>,
}

/// `EncapsulatedContentInfo` without its content: the signature is detached.
#[derive(Sequence)]
struct EncapsulatedContent {
    kind: ObjectIdentifier,
}

/// `SignerInfo` (RFC 5652 §5.3), its signer named by issuer and serial number.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct SignerInfo {
    version: u8,
    signer: IssuerAndSerial,
    digest_algorithm: Algorithm,
    /// `[0] IMPLICIT SET OF Attribute`.
    attributes: Any,
    signature_algorithm: Algorithm,
    signature: OctetString,
}

#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct IssuerAndSerial {
    issuer: Any,
    serial: Any,
}

/// `AlgorithmIdentifier` (RFC 5280 §4.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
struct Algorithm {
    algorithm: ObjectIdentifier,
    #[asn1(optional = "true")]
    parameters: Option<Any>,
}

/// `RSASSA-PSS-params` (RFC 4055 §3.1), its trailer the usual one.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: Algorithm,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: Algorithm,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    salt: u8,
}

/// The signatures as they are embedded, where the request wants that.
///
/// # Errors
/// `Internal` with what the encoder says; a certificate that could be read once is no reason for one.
pub(super) fn dress(
    certificate: &Certificate,
    scheme: Scheme,
    question: &SignQuestion,
    values: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, SignError> {
    if !matches!(question.form, Form::Cms(_)) {
        return Ok(values);
    }
    let one = |(digest, value): (&Digest, Vec<u8>)| {
        let attributes = question.form.built(digest, certificate.id);
        signed_data(certificate, scheme, digest.algorithm(), &attributes, &value)
    };
    let dressed = question.items.digests().zip(values).map(one).collect::<Result<_, _>>();
    dressed.map_err(SignError::Internal)
}

/// The signature over these attributes as a `ContentInfo`, DER, with the certificate and its issuers up to
/// the root, which is left out: whoever trusts it has it.
fn signed_data(
    certificate: &Certificate,
    scheme: Scheme,
    algorithm: DigestAlgorithm,
    attributes: &[u8],
    signature: &[u8],
) -> Result<Vec<u8>, String> {
    assemble(certificate, scheme, algorithm, attributes, signature).map_err(|error| error.to_string())
}

fn assemble(
    certificate: &Certificate,
    scheme: Scheme,
    algorithm: DigestAlgorithm,
    attributes: &[u8],
    signature: &[u8],
) -> der::Result<Vec<u8>> {
    let digest_algorithm = plain(hash(algorithm));
    let signer = SignerInfo {
        version: 1,
        signer: issuer_and_serial(&certificate.der)?,
        digest_algorithm: digest_algorithm.clone(),
        attributes: implicit(attributes)?,
        signature_algorithm: signature_algorithm(scheme, algorithm)?,
        signature: OctetString::new(signature)?,
    };
    let issuers = certificate.chain.iter().filter(|der| !is_root(der));
    let certificates = std::iter::once(&certificate.der).chain(issuers).map(|der| Any::from_der(der));
    let content = SignedData {
        version: 1,
        digest_algorithms: SetOfVec::try_from([digest_algorithm])?,
        content: EncapsulatedContent { kind: ID_DATA },
        certificates: SetOfVec::try_from(certificates.collect::<der::Result<Vec<_>>>()?)?,
        signers: SetOfVec::try_from([signer])?,
    };
    ContentInfo { kind: SIGNED_DATA, content }.to_der()
}

/// The SET under the tag that it has in a `SignerInfo`, its content untouched.
fn implicit(set: &[u8]) -> der::Result<Any> {
    let set = Any::from_der(set)?;
    Any::new(Tag::ContextSpecific { constructed: true, number: der::TagNumber(0) }, set.value())
}

fn issuer_and_serial(der: &[u8]) -> der::Result<IssuerAndSerial> {
    let unreadable = |_| der::Error::from(der::ErrorKind::Failed);
    let (_, parsed) = parse_x509_certificate(der).map_err(unreadable)?;
    Ok(IssuerAndSerial {
        issuer: Any::from_der(parsed.issuer().as_raw())?,
        serial: Any::new(Tag::Integer, parsed.raw_serial())?,
    })
}

fn is_root(der: &[u8]) -> bool {
    parse_x509_certificate(der).is_ok_and(|(_, parsed)| issuance::is_root(&parsed))
}

fn signature_algorithm(scheme: Scheme, algorithm: DigestAlgorithm) -> der::Result<Algorithm> {
    Ok(match scheme {
        // RFC 4056 §3: the parameters are always stated.
        Scheme::RsaPss => {
            let mask =
                Algorithm { algorithm: MGF1, parameters: Some(Any::encode_from(&null(hash(algorithm)))?) };
            let salt = u8::try_from(algorithm.len()).map_err(|_| der::ErrorKind::Overflow)?;
            let parameters = PssParameters { hash: null(hash(algorithm)), mask, salt };
            Algorithm { algorithm: RSASSA_PSS, parameters: Some(Any::encode_from(&parameters)?) }
        }
        // RFC 3370 §3.2: `rsaEncryption` with NULL, which every verifier takes.
        Scheme::RsaPkcs1 => null(RSA_ENCRYPTION),
        // RFC 5754 §3.3: no parameters.
        Scheme::Ecdsa => plain(match algorithm {
            DigestAlgorithm::Sha256 => ECDSA_SHA256,
            DigestAlgorithm::Sha384 => ECDSA_SHA384,
            DigestAlgorithm::Sha512 => ECDSA_SHA512,
        }),
    })
}

fn plain(algorithm: ObjectIdentifier) -> Algorithm {
    Algorithm { algorithm, parameters: None }
}

fn null(algorithm: ObjectIdentifier) -> Algorithm {
    Algorithm { algorithm, parameters: Some(Any::null()) }
}

const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
const ECDSA_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
