//! Signatures on certificates, lists and responses, verified by AWS-LC: `certval` brings RustCrypto, whose RSA has
//! an open timing advisory and which would be a second crypto library in the agent.

use aws_lc_rs::signature;
use aws_lc_rs::signature::UnparsedPublicKey;
use aws_lc_rs::signature::VerificationAlgorithm;
use certval::Error;
use certval::PathValidationStatus;
use certval::PkiEnvironment;
use certval::Result;
use der::Encode as _;
use der::asn1::BitString;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifierOwned;
use spki::SubjectPublicKeyInfoOwned;
use x509_parser::prelude::FromDer;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::AlgorithmIdentifier;

/// SHA-1 and MD5 are nobody's here.
pub(super) fn verify(
    _: &PkiEnvironment,
    message: &[u8],
    signature: &BitString,
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> Result<()> {
    let verifier = verifier(algorithm, key).ok_or(Error::Unrecognized)?;
    let public = UnparsedPublicKey::new(verifier, key.subject_public_key.raw_bytes());
    let failed = |_| Error::PathValidation(PathValidationStatus::SignatureVerificationFailure);
    public.verify(message, signature.raw_bytes()).map_err(failed)
}

/// By signature and key together: a curve is the key's, a hash the signature's.
fn verifier(
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = || key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
    Some(match (key.algorithm.oid, algorithm.oid) {
        (RSA, SHA256_WITH_RSA) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (RSA, SHA384_WITH_RSA) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (RSA, SHA512_WITH_RSA) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (RSA, PSS) => pss(algorithm)?,
        (EC, hash) => match (curve()?, hash) {
            (P256, ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
            (P256, ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
            (P256, ECDSA_SHA512) => &signature::ECDSA_P256_SHA512_ASN1,
            (P384, ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
            (P384, ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
            (P384, ECDSA_SHA512) => &signature::ECDSA_P384_SHA512_ASN1,
            (P521, ECDSA_SHA256) => &signature::ECDSA_P521_SHA256_ASN1,
            (P521, ECDSA_SHA384) => &signature::ECDSA_P521_SHA384_ASN1,
            (P521, ECDSA_SHA512) => &signature::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        },
        (ED25519, ED25519) => &signature::ED25519,
        _ => return None,
    })
}

/// RFC 4055 §3.1, with the one hash in both places and a salt as long as it: what AWS-LC verifies, and what RFC 8017
/// recommends.
fn pss(algorithm: &AlgorithmIdentifierOwned) -> Option<&'static dyn VerificationAlgorithm> {
    let encoded = algorithm.to_der().ok()?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(&encoded).ok()?;
    let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(&algorithm) else {
        return None;
    };
    let hash = parameters.hash_algorithm_oid().to_id_string();
    let mask = parameters.mask_gen_algorithm().ok()?;
    if mask.hash.to_id_string() != hash {
        return None;
    }
    match (hash.as_str(), parameters.salt_length()) {
        (SHA256, 32) => Some(&signature::RSA_PSS_2048_8192_SHA256),
        (SHA384, 48) => Some(&signature::RSA_PSS_2048_8192_SHA384),
        (SHA512, 64) => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const SHA256_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = oid("1.2.840.10045.2.1");
const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = oid("1.3.132.0.34");
const P521: ObjectIdentifier = oid("1.3.132.0.35");
const ECDSA_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
const ED25519: ObjectIdentifier = oid("1.3.101.112");
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";
