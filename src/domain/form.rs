//! In which form a signature is wanted: over a document's digest itself, or over signed attributes that
//! hold it (RFC 5652 §5.4).
//!
//! Prompt and agent both work out from here what the token is to sign, so that a document's digest, which
//! the person sees, and what is signed for it can't come apart.

use std::sync::Arc;

use time::OffsetDateTime;

use super::attributes;
use super::attributes::SignedAttributes;
use super::certificate::CertId;
use super::certificate::Certificate;
use super::certificate::Purpose;
use super::digest::Digest;
use super::digest::DigestAlgorithm;
use super::origin::Origin;

/// The form of all signatures of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A signature over the digest.
    #[default]
    Raw,
    /// A complete detached CMS `SignedData` (CAdES-B, ETSI EN 319 122-1 §6; PAdES-B without the time,
    /// ETSI EN 319 142-1 §6.3).
    Cms(SigningTime),
    /// A sign-in; the one item's digest is its own ([`SignIn::digest`]).
    SignIn(SignIn),
    /// A signature over attributes that the server built, one set an item, in order.
    Attributes(Arc<[SignedAttributes]>),
}

/// Whether the attributes state when they were made; a claim of this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningTime {
    /// They don't: PAdES keeps it in the PDF's own dictionary.
    LeftOut,
    /// When the person is asked.
    WhenAsked,
    /// Then, to the second.
    At(OffsetDateTime),
}

/// What a sign-in is made of: no document, and nothing that could pass for one (R28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The page, as its browser vouched for it.
    pub origin: Origin,
    /// The server's.
    pub nonce: Vec<u8>,
}

impl SignIn {
    /// The form's name in the log.
    pub const NAME: &'static str = "sign-in";

    /// SHA-256 of `kyso sign-in v1` ‖ 0x00 ‖ SHA-256(origin) ‖ SHA-256(nonce): the origin is inside, so what was
    /// signed for one site is of no use at another.
    pub fn digest(&self) -> Digest {
        let hash = |bytes: &[u8]| DigestAlgorithm::Sha256.hash(bytes);
        let (origin, nonce) = (hash(self.origin.as_str().as_bytes()), hash(&self.nonce));
        hash(&[SIGN_IN, origin.value(), nonce.value()].concat())
    }
}

impl Form {
    /// The name in the log: `raw`, `cms`, `attributes`, `sign-in`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Cms(_) => "cms",
            Self::Attributes(_) => "attributes",
            Self::SignIn(_) => SignIn::NAME,
        }
    }

    /// The name of what comes back: `raw`, `cms`.
    pub fn output(&self) -> &'static str {
        match self {
            Self::Raw | Self::Attributes(_) | Self::SignIn(_) => "raw",
            Self::Cms(_) => "cms",
        }
    }

    /// What a certificate must be for.
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Raw | Self::Cms(_) | Self::Attributes(_) => Purpose::Sign,
            Self::SignIn(_) => Purpose::Authenticate,
        }
    }

    /// The form with its time fixed, as it is shown to the person.
    #[must_use]
    pub fn asked_at(&self, now: OffsetDateTime) -> Self {
        match self {
            Self::Cms(SigningTime::WhenAsked) => Self::Cms(SigningTime::At(now)),
            Self::Raw | Self::Cms(_) | Self::SignIn(_) | Self::Attributes(_) => self.clone(),
        }
    }

    /// Whether this certificate may sign: attributes name theirs (RFC 5035 §3).
    pub fn admits(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Raw | Self::Cms(_) | Self::SignIn(_) => true,
            Self::Attributes(sets) => sets.iter().all(|set| set.names(&certificate.der)),
        }
    }

    /// What the token signs for these digests with this certificate.
    pub fn to_sign<'a>(&self, digests: impl Iterator<Item = &'a Digest>, certificate: CertId) -> Vec<Digest> {
        match self {
            Self::Raw => digests.cloned().collect(),
            Self::Cms(_) => {
                let over = |digest: &Digest| digest.algorithm().hash(&self.built(digest, certificate));
                digests.map(over).collect()
            }
            Self::SignIn(sign_in) => vec![sign_in.digest()],
            Self::Attributes(sets) => {
                let over = |(digest, set): (&Digest, &SignedAttributes)| digest.algorithm().hash(set.der());
                digests.zip(sets.iter()).map(over).collect()
            }
        }
    }

    /// The attributes that a CMS signature over this digest is made with: the DER of the SET.
    pub fn built(&self, digest: &Digest, certificate: CertId) -> Vec<u8> {
        let time = match self {
            Self::Cms(SigningTime::At(time)) => Some(*time),
            Self::Raw | Self::Cms(_) | Self::Attributes(_) | Self::SignIn(_) => None,
        };
        attributes::build(digest, certificate, time)
    }
}

const SIGN_IN: &[u8] = b"kyso sign-in v1\0";
