//! Each signature is checked with the certificate's own key before it may leave (R32), with another
//! library than the one that made it.

use aws_lc_rs::digest::{self, Digest as Hashed};
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

use crate::domain::certificate::{Certificate, Key};
use crate::domain::digest::{Digest, DigestAlgorithm};
use crate::domain::error::SignError;
use crate::domain::ports::RawSignature;
use crate::domain::scheme::{Encoding, Scheme};

/// Checks every signature of a job and writes it in the encoding wanted.
///
/// # Errors
/// [`SignError::SignatureInvalid`] with the first item whose signature the certificate does not
/// verify; also if there are not as many signatures as digests.
pub(super) fn verify(
    certificate: &Certificate,
    scheme: Scheme,
    encoding: Encoding,
    digests: &[Digest],
    raw: Vec<RawSignature>,
) -> Result<Vec<Vec<u8>>, SignError> {
    if raw.len() != digests.len() {
        return Err(SignError::SignatureInvalid { item: raw.len().min(digests.len()) });
    }
    let chunk = raw.len().div_ceil(threads(raw.len()));
    let mut left = raw.into_iter();
    let parts: Vec<(usize, &[Digest], Vec<RawSignature>)> = digests
        .chunks(chunk)
        .enumerate()
        .map(|(part, digests)| (part * chunk, digests, left.by_ref().take(digests.len()).collect()))
        .collect();
    let check = |(first, digests, raw): (usize, &[Digest], Vec<RawSignature>)| {
        let mut checker = Checker { certificate, scheme, encoding, key: None };
        let one = |(index, (digest, raw)): (usize, (&Digest, RawSignature))| {
            checker.one(digest, raw).ok_or(SignError::SignatureInvalid { item: first + index })
        };
        digests.iter().zip(raw).enumerate().map(one).collect::<Result<Vec<_>, _>>()
    };
    let checked: Vec<Result<Vec<Vec<u8>>, SignError>> = std::thread::scope(|scope| {
        let mut parts = parts.into_iter();
        let first = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || check(part))).collect();
        let panicked = |_| Err(SignError::Internal("a verifying thread ended".to_owned()));
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(panicked));
        first.map(check).into_iter().chain(others).collect()
    });
    let parts = checked.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// A P-256 signature takes as long to verify as a fast token takes to make it, so a batch is shared out.
fn threads(signatures: usize) -> usize {
    let most = MOST_THREADS.min(signatures / WORTH_A_THREAD);
    if most <= 1 {
        // The number of cores is read from files.
        return 1;
    }
    std::thread::available_parallelism().map_or(1, usize::from).min(most)
}

struct Checker<'a> {
    certificate: &'a Certificate,
    scheme: Scheme,
    encoding: Encoding,
    /// The certificate's, read once for all signatures over the same kind of digest.
    key: Option<(DigestAlgorithm, ParsedPublicKey)>,
}

impl Checker<'_> {
    /// In the encoding wanted, if it verifies.
    fn one(&mut self, digest: &Digest, raw: RawSignature) -> Option<Vec<u8>> {
        let hashed = Hashed::import_less_safe(digest.value(), hash(digest.algorithm())).ok()?;
        if self.scheme != Scheme::Ecdsa {
            self.key(digest.algorithm())?.verify_digest_sig(&hashed, &raw).ok()?;
            return Some(raw);
        }
        let der = ecdsa_der(&raw, order_length(&self.certificate.key)?)?;
        self.key(digest.algorithm())?.verify_digest_sig(&hashed, &der).ok()?;
        Some(match self.encoding {
            Encoding::Der => der,
            Encoding::P1363 => raw,
        })
    }

    fn key(&mut self, digest: DigestAlgorithm) -> Option<&ParsedPublicKey> {
        if self.key.as_ref().is_none_or(|(known, _)| *known != digest) {
            let algorithm = algorithm(&self.certificate.key, self.scheme, digest)?;
            let key = ParsedPublicKey::new(algorithm, &self.certificate.public_key).ok()?;
            self.key = Some((digest, key));
        }
        self.key.as_ref().map(|(_, key)| key)
    }
}

fn hash(algorithm: DigestAlgorithm) -> &'static digest::Algorithm {
    match algorithm {
        DigestAlgorithm::Sha256 => &digest::SHA256,
        DigestAlgorithm::Sha384 => &digest::SHA384,
        DigestAlgorithm::Sha512 => &digest::SHA512,
    }
}

fn algorithm(
    key: &Key,
    scheme: Scheme,
    digest: DigestAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    Some(match (key, scheme, digest) {
        (Key::Rsa { .. }, Scheme::RsaPkcs1, Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (Key::Rsa { .. }, Scheme::RsaPkcs1, Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (Key::Rsa { .. }, Scheme::RsaPkcs1, Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (Key::Rsa { .. }, Scheme::RsaPss, Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
        (Key::Rsa { .. }, Scheme::RsaPss, Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
        (Key::Rsa { .. }, Scheme::RsaPss, Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
        (Key::P256, Scheme::Ecdsa, Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Key::P256, Scheme::Ecdsa, Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (Key::P256, Scheme::Ecdsa, Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (Key::P384, Scheme::Ecdsa, Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (Key::P384, Scheme::Ecdsa, Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Key::P384, Scheme::Ecdsa, Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        _ => return None,
    })
}

/// Bytes of r, and of s.
fn order_length(key: &Key) -> Option<usize> {
    match key {
        Key::P256 => Some(32),
        Key::P384 => Some(48),
        Key::Rsa { .. } | Key::Ed25519 | Key::Other(_) => None,
    }
}

/// r ‖ s as `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
fn ecdsa_der(raw: &[u8], order_length: usize) -> Option<Vec<u8>> {
    if raw.len() != 2 * order_length {
        return None;
    }
    let (r, s) = raw.split_at(order_length);
    let body = [integer(r), integer(s)].concat();
    // At most 2 × (2 + 49) bytes, so the short form of the length serves (X.690 §8.1.3.4).
    Some([&[0x30, u8::try_from(body.len()).ok()?], body.as_slice()].concat())
}

/// A non-negative INTEGER: no leading zeros, one before a set high bit (X.690 §8.3).
fn integer(magnitude: &[u8]) -> Vec<u8> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len() - 1);
    let digits = &magnitude[start..];
    let sign: &[u8] = if digits[0] & 0x80 == 0 { &[] } else { &[0] };
    let length = (sign.len() + digits.len()) as u8;
    [&[0x02, length], sign, digits].concat()
}

/// Signatures that are verified within a millisecond, whatever the key.
pub(super) const FEW: usize = 4;
const MOST_THREADS: usize = 4;
const WORTH_A_THREAD: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_minimal_and_positive() {
        let mut raw = vec![0; 64];
        raw[31] = 1;
        raw[32] = 0x80;
        let der = ecdsa_der(&raw, 32).expect("64 bytes");
        assert_eq!(der[..5], [0x30, 38, 0x02, 1, 1]);
        assert_eq!(der[5..9], [0x02, 33, 0, 0x80]);
        assert_eq!(ecdsa_der(&[0; 64], 32).expect("64 bytes"), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert_eq!(ecdsa_der(&[1; 63], 32), None);
    }
}
