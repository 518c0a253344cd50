//! A certificate of the throwaway token.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use kyso::domain::digest::{Digest, DigestAlgorithm};
use sha2::Digest as _;

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Rsa2048,
    P256,
}

pub(crate) struct Token {
    /// What the module writes to.
    pub(crate) folder: PathBuf,
    pub(crate) kind: Kind,
    /// As Kyso names it.
    pub(crate) certificate: String,
    public_key: Vec<u8>,
    /// Where the plain loop found it. A handle of a public object lives as long as any session.
    pub(crate) object: OnceLock<ObjectHandle>,
}

impl Token {
    pub(crate) fn read(folder: &Path, kind: Kind) -> Self {
        let file = folder.join("certs").join(format!("{}.crt", kind.label()));
        let pem = std::fs::read(file).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).unwrap();
        let public_key = pem.parse_x509().unwrap().public_key().subject_public_key.data.to_vec();
        let certificate = format!("sha256:{}", hex::encode(sha2::Sha256::digest(&pem.contents)));
        Self { folder: folder.join("tokens"), kind, certificate, public_key, object: OnceLock::new() }
    }

    /// With the library that Kyso verifies with.
    pub(crate) fn verify(&self, digest: &Digest, signature: &[u8]) {
        let hashed = digest::Digest::import_less_safe(digest.value(), &digest::SHA256).unwrap();
        let key = UnparsedPublicKey::new(self.kind.algorithm(), &self.public_key);
        key.verify_digest(&hashed, signature).unwrap();
    }
}

impl Kind {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::P256 => "P-256",
        }
    }

    /// In the report's names.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::P256 => "p256",
        }
    }

    /// `CKA_LABEL` of its key, and the name of its certificate's file.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Rsa2048 => "person-rsa",
            Self::P256 => "person-p256",
        }
    }

    /// What `C_Sign` gets.
    pub(crate) fn input(self, digest: &Digest) -> (Mechanism<'static>, Vec<u8>) {
        match self {
            Self::Rsa2048 => (Mechanism::RsaPkcs, digest.digest_info()),
            Self::P256 => (Mechanism::Ecdsa, digest.value().to_vec()),
        }
    }

    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rsa2048 => &RSA_PKCS1_2048_8192_SHA256,
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
        }
    }
}

/// The digest that is signed, whatever is signed.
pub(crate) fn digest() -> Digest {
    Digest::new(DigestAlgorithm::Sha256, vec![7; 32]).unwrap()
}
