//! What a certificate says of its key, and what the key is given to sign.

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::MechanismType;
use cryptoki::mechanism::rsa::PkcsMgfType;
use cryptoki::mechanism::rsa::PkcsPssParams;
use cryptoki::types::Ulong;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::objects;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::scheme::Scheme;
use crate::token::wire::Failure;
use crate::token::wire::Kind;

/// A public key that signs digests.
pub(super) enum Key {
    Rsa { modulus: Vec<u8> },
    Ec { point: Vec<u8> },
}

impl Key {
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let info = certificate.public_key();
        match info.parsed().ok()? {
            PublicKey::RSA(key) => Some(Self::Rsa { modulus: objects::without_zeros(key.modulus).to_vec() }),
            PublicKey::EC(point) => Some(Self::Ec { point: point.data().to_vec() }),
            PublicKey::DSA(_)
            | PublicKey::GostR3410(_)
            | PublicKey::GostR3410_2012(_)
            | PublicKey::Unknown(_) => None,
        }
    }

    pub(super) fn public(&self) -> &[u8] {
        match self {
            Self::Rsa { modulus } => modulus,
            Self::Ec { point } => point,
        }
    }

    /// Bytes of a coordinate, which on P-256 and P-384 is the length of the order.
    fn order(point: &[u8]) -> usize {
        point.len().saturating_sub(1) / 2
    }

    pub(super) fn signature_length(&self) -> usize {
        match self {
            Self::Rsa { modulus } => modulus.len(),
            Self::Ec { point } => 2 * Self::order(point),
        }
    }

    /// What `C_SignInit` and `C_Sign` get.
    pub(super) fn input<'a>(
        &self,
        scheme: Scheme,
        digest: &Digest,
    ) -> Result<(Mechanism<'a>, Vec<u8>), Failure> {
        match (self, scheme) {
            (Self::Rsa { .. }, Scheme::RsaPkcs1) => Ok((Mechanism::RsaPkcs, digest.digest_info())),
            (Self::Rsa { .. }, Scheme::RsaPss) => Ok((pss(digest.algorithm()), digest.value().to_vec())),
            (Self::Ec { point }, Scheme::Ecdsa) => {
                // A digest longer than the order counts by its leftmost bits (FIPS 186-5 §6.4.1);
                // some tokens refuse to cut it themselves.
                let mut input = digest.value().to_vec();
                input.truncate(Self::order(point));
                Ok((Mechanism::Ecdsa, input))
            }
            (Self::Rsa { .. }, Scheme::Ecdsa) | (Self::Ec { .. }, Scheme::RsaPkcs1 | Scheme::RsaPss) => {
                Err(Failure::new(Kind::Unfit, "the key can't sign with this scheme"))
            }
        }
    }
}

/// RSASSA-PSS with MGF1 and a salt as long as the digest.
fn pss(algorithm: DigestAlgorithm) -> Mechanism<'static> {
    let (hash_alg, mgf, length) = match algorithm {
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(length) })
}
