//! A certificate on a token, as the page lists it and the person reads it.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use super::scheme::Scheme;
use super::token::TokenSerial;

/// SHA-256 of the certificate's DER: its name everywhere, on the wire `sha256:` + 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertId(pub [u8; 32]);

/// An end-entity certificate found on a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its name.
    pub id: CertId,
    /// DER as the token holds it.
    pub der: Vec<u8>,
    /// Issuers' DER, nearest first, as far as they are known.
    pub chain: Vec<Vec<u8>>,
    /// Whom it names.
    pub subject: Name,
    /// Who issued it.
    pub issuer: Name,
    /// Serial number, lower-case hex without separators.
    pub serial: String,
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
    /// Kind and size of its public key.
    pub key: Key,
    /// `subjectPublicKey` of its SubjectPublicKeyInfo: the PKCS#1 RSAPublicKey or the EC point.
    pub public_key: Vec<u8>,
    /// Key usage bits, by their names in RFC 5280 §4.2.1.3; empty if the extension is absent.
    pub usage: Vec<&'static str>,
    /// What it may be used for here.
    pub purposes: Vec<Purpose>,
    /// Whether it speaks for a person or an organisation.
    pub holder: Holder,
    /// Serial of the token that holds it.
    pub token: TokenSerial,
    /// Its `CKA_ID` there, which it shares with its key; empty where the vendor leaves it so.
    pub key_id: Vec<u8>,
    /// Which of the configured modules showed it.
    pub module: usize,
}

/// A distinguished name, whole and in the parts that people look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// RFC 4514 text.
    pub text: String,
    /// CN.
    pub common_name: Option<String>,
    /// O.
    pub organisation: Option<String>,
    /// OU.
    pub unit: Option<String>,
    /// title.
    pub title: Option<String>,
    /// serialNumber, where Vietnamese authorities put the citizen's or tax number.
    pub serial_number: Option<String>,
    /// emailAddress.
    pub email: Option<String>,
}

/// A public key's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// RSA, with the modulus' length in bits.
    Rsa {
        /// Modulus length.
        bits: u32,
    },
    /// EC on NIST P-256.
    P256,
    /// EC on NIST P-384.
    P384,
    /// Ed25519: listed, but it signs messages and no digests.
    Ed25519,
    /// Anything else, by its OID.
    Other(String),
}

/// What a key may be asked for. A sign-in can't pass for a document because no certificate serves
/// both unless its issuer said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Signing documents.
    Sign,
    /// Signing in.
    Authenticate,
}

/// For whom a certificate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A natural person.
    Person,
    /// An organisation: its signature is a seal.
    Organisation,
    /// The subject matches no known pattern.
    Unknown,
}

/// Why a certificate can't be used for a request, shown beside the greyed choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfit {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// Its usage does not allow signing documents.
    NotForSigning,
    /// It is not for signing in.
    NotForSignIn,
    /// Its key can't sign with the scheme asked for.
    Scheme,
    /// How it stands bars it ([`super::validation::Rules::bar`]).
    Barred,
    /// The machine's policy takes no certificates of its issuer.
    Issuer,
    /// Its key is smaller than the machine's policy wants.
    KeySize,
    /// The machine's policy does not let this site ask for it.
    Site,
}

impl Certificate {
    /// Whether it may be used so now.
    ///
    /// # Errors
    /// The first reason against it, in the order a person can do something about it.
    pub fn fit_for(&self, purpose: Purpose, now: OffsetDateTime) -> Result<(), Unfit> {
        if now > self.not_after {
            return Err(Unfit::Expired);
        }
        if now < self.not_before {
            return Err(Unfit::NotYetValid);
        }
        match purpose {
            _ if self.purposes.contains(&purpose) => Ok(()),
            Purpose::Sign => Err(Unfit::NotForSigning),
            Purpose::Authenticate => Err(Unfit::NotForSignIn),
        }
    }

    /// The scheme to sign with: the one asked for if the key can, else the key's natural one.
    ///
    /// # Errors
    /// [`Unfit::Scheme`] if the key can't.
    pub fn scheme(&self, wanted: Option<Scheme>) -> Result<Scheme, Unfit> {
        let able = Scheme::of(&self.key);
        match wanted {
            Some(scheme) => able.contains(&scheme).then_some(scheme),
            None => able.first().copied(),
        }
        .ok_or(Unfit::Scheme)
    }
}

impl Name {
    /// What to call it in one line: CN, else O, else the whole.
    pub fn short(&self) -> &str {
        self.common_name.as_deref().or(self.organisation.as_deref()).unwrap_or(&self.text)
    }
}

impl Key {
    /// The name on the wire: `rsa`, `ec`, `ed25519`, `other`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "rsa",
            Self::P256 | Self::P384 => "ec",
            Self::Ed25519 => "ed25519",
            Self::Other(_) => "other",
        }
    }

    /// A few words for people: `RSA 2048`, `EC P-256`.
    pub fn label(&self) -> String {
        match self {
            Self::Rsa { bits } => format!("RSA {bits}"),
            Self::P256 => "EC P-256".to_owned(),
            Self::P384 => "EC P-384".to_owned(),
            Self::Ed25519 => "Ed25519".to_owned(),
            Self::Other(oid) => oid.clone(),
        }
    }
}

impl Purpose {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Authenticate => "authenticate",
        }
    }
}

impl Holder {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Unknown => "unknown",
        }
    }

    /// Of a name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Person, Self::Organisation, Self::Unknown].into_iter().find(|holder| holder.name() == name)
    }
}

impl FromStr for CertId {
    type Err = ();

    /// Takes `sha256:` + 64 lower-case hex digits, and the digits alone, as openssl prints them.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let mut id = [0; 32];
        hex::decode_to_slice(digits, &mut id).map_err(|_| ())?;
        Ok(Self(id))
    }
}

impl fmt::Display for CertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for CertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
