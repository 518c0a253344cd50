//! A digest whose length is proven by its type.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

/// The hash functions a caller may name. MD5 and SHA-1 have no variant, so no route can take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

/// The output of a hash function, exactly as long as that function makes it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    value: Vec<u8>,
}

/// The bytes are not as many as the named algorithm makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength {
    /// What the algorithm makes, in bytes.
    pub expected: usize,
    /// What came, in bytes.
    pub found: usize,
}

impl DigestAlgorithm {
    /// All, in the order of their strength.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name on the wire: `sha-256`, `sha-384`, `sha-512`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Length of the output in bytes.
    #[allow(clippy::len_without_is_empty, reason = "no hash function makes nothing")]
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of these bytes.
    pub fn hash(self, bytes: &[u8]) -> Digest {
        let value = match self {
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        };
        Digest { algorithm: self, value }
    }

    /// DER of a DigestInfo up to its digest (RFC 8017 §9.2, note 1).
    fn digest_info_prefix(self) -> &'static [u8; 19] {
        match self {
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }
}

impl FromStr for DigestAlgorithm {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(())
    }
}

impl Digest {
    /// # Errors
    /// [`WrongLength`] unless `value` is as long as `algorithm` makes it.
    pub fn new(algorithm: DigestAlgorithm, value: Vec<u8>) -> Result<Self, WrongLength> {
        if value.len() != algorithm.len() {
            return Err(WrongLength { expected: algorithm.len(), found: value.len() });
        }
        Ok(Self { algorithm, value })
    }

    /// The hash function.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The bytes.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The DER DigestInfo to sign with RSASSA-PKCS1-v1_5. `CKM_RSA_PKCS` pads but adds no
    /// DigestInfo (PKCS#11 v2.40 mechanisms §2.1.6), so we do: RFC 8017 §9.2.
    pub fn digest_info(&self) -> Vec<u8> {
        [self.algorithm.digest_info_prefix().as_slice(), &self.value].concat()
    }

    /// What a person compares with the page: the first and last four groups of four hex digits,
    /// `9F86 D081 884C 7D65 … D15D 6C15 B0F0 0A08`.
    pub fn code(&self) -> String {
        let group = |pair: &[u8]| hex::encode_upper(pair);
        let groups: Vec<String> = self.value.chunks(2).map(group).collect();
        format!("{} … {}", groups[..4].join(" "), groups[groups.len() - 4..].join(" "))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), hex::encode(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_proven() {
        for algorithm in DigestAlgorithm::ALL {
            let n = algorithm.len();
            assert!(Digest::new(algorithm, vec![0; n]).is_ok());
            for wrong in [0, n - 1, n + 1, 20, 36] {
                assert_eq!(
                    Digest::new(algorithm, vec![0; wrong]),
                    Err(WrongLength { expected: n, found: wrong })
                );
            }
        }
    }

    #[test]
    fn old_hashes_have_no_name() {
        for name in ["md5", "sha-1", "sha1", "SHA-256", "sha256", "raw", ""] {
            assert!(name.parse::<DigestAlgorithm>().is_err(), "{name}");
        }
    }

    #[test]
    fn code_shows_both_ends() {
        let digest = Digest::new(DigestAlgorithm::Sha256, (0..32).collect()).expect("32 bytes");
        assert_eq!(digest.code(), "0001 0203 0405 0607 … 1819 1A1B 1C1D 1E1F");
    }
}
