//! How a key signs a digest.

use std::str::FromStr;

use super::certificate::Key;

/// A signature scheme over a digest. The mechanism number behind it is the token host's matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1,
    /// RSASSA-PSS (RFC 8017 §8.1), MGF1 and salt length those of the digest.
    RsaPss,
    /// ECDSA (FIPS 186-5).
    Ecdsa,
}

/// How an ECDSA signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `Ecdsa-Sig-Value` (RFC 3279 §2.2.3); for RSA, the plain signature.
    #[default]
    Der,
    /// r ‖ s, each as long as the curve's order (IEEE P1363), as XML tools want.
    P1363,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaPkcs1, Self::RsaPss, Self::Ecdsa];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1 => "rsa-pkcs1",
            Self::RsaPss => "rsa-pss",
            Self::Ecdsa => "ecdsa",
        }
    }

    /// The schemes a key can sign digests with, its natural one first. Ed25519 signs messages, not
    /// digests (RFC 8032 §5.1), so it has none; RSA below 2048 bits is too weak to sign with
    /// (NIST SP 800-131A) and has none either.
    pub fn of(key: &Key) -> &'static [Self] {
        match key {
            Key::Rsa { bits: 2048.. } => &[Self::RsaPkcs1, Self::RsaPss],
            Key::P256 | Key::P384 => &[Self::Ecdsa],
            Key::Rsa { .. } | Key::Ed25519 | Key::Other(_) => &[],
        }
    }
}

impl FromStr for Scheme {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name).ok_or(())
    }
}
