//! Private keys that live as long as the process.

use aws_lc_rs::digest::{self, Digest as Hashed};
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaEncoding, RsaKeyPair};
use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::ports::RawSignature;
use kyso::domain::scheme::Scheme;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};

/// What kind of key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// RSA 2048.
    Rsa,
    /// EC P-256.
    P256,
}

/// A key.
pub(crate) enum Key {
    /// RSA 2048.
    Rsa(RsaKeyPair),
    /// EC P-256.
    P256(EcdsaKeyPair),
}

impl Kind {
    /// A new key pair.
    pub(crate) fn generate(self) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        }
    }

    /// The same key, to sign digests with.
    pub(crate) fn key(self, pair: &KeyPair) -> Result<Key, aws_lc_rs::error::KeyRejected> {
        let der = pair.serialized_der();
        match self {
            Self::Rsa => RsaKeyPair::from_pkcs8(der).map(Key::Rsa),
            Self::P256 => {
                let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_pkcs8(algorithm, der).map(Key::P256)
            }
        }
    }
}

impl Key {
    /// Signs as a token does; nothing if the key does not sign so.
    pub(crate) fn sign(&self, scheme: Scheme, digest: &Digest) -> Option<RawSignature> {
        match (self, scheme) {
            (Self::Rsa(key), Scheme::RsaPkcs1 | Scheme::RsaPss) => {
                let (algorithm, pkcs1, pss) = rsa(digest.algorithm());
                let padding = if scheme == Scheme::RsaPss { pss } else { pkcs1 };
                let digest = Hashed::import_less_safe(digest.value(), algorithm).ok()?;
                let mut made = vec![0; key.public_modulus_len()];
                key.sign_digest(padding, &digest, &mut made).ok()?;
                Some(made)
            }
            (Self::P256(key), Scheme::Ecdsa) => {
                // Of a longer digest P-256 takes the first 256 bits (FIPS 186-5 §6.4.1).
                let first = digest.value().get(..32)?;
                let digest = Hashed::import_less_safe(first, &digest::SHA256).ok()?;
                Some(key.sign_digest(&digest).ok()?.as_ref().to_vec())
            }
            (Self::Rsa(_), Scheme::Ecdsa) | (Self::P256(_), Scheme::RsaPkcs1 | Scheme::RsaPss) => None,
        }
    }
}

fn rsa(
    algorithm: DigestAlgorithm,
) -> (&'static digest::Algorithm, &'static dyn RsaEncoding, &'static dyn RsaEncoding) {
    match algorithm {
        DigestAlgorithm::Sha256 => {
            (&digest::SHA256, &signature::RSA_PKCS1_SHA256, &signature::RSA_PSS_SHA256)
        }
        DigestAlgorithm::Sha384 => {
            (&digest::SHA384, &signature::RSA_PKCS1_SHA384, &signature::RSA_PSS_SHA384)
        }
        DigestAlgorithm::Sha512 => {
            (&digest::SHA512, &signature::RSA_PKCS1_SHA512, &signature::RSA_PSS_SHA512)
        }
    }
}
