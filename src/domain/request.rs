//! A request for signatures, parsed.

use std::fmt;
use std::time::Duration;

use super::caller::Caller;
use super::certificate::CertId;
use super::digest::Digest;
use super::filter::Filter;
use super::form::Form;
use super::scheme::{Encoding, Scheme};

/// Names one request in replies, the log and error messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

/// One digest to sign, and the document's name as the caller claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Untrusted: shown marked as a claim, stripped of control and bidi characters.
    pub name: String,
    /// What is signed.
    pub digest: Digest,
}

/// 1 to [`Items::MAX`] items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items(Vec<Item>);

/// Which certificate is to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This one.
    Certificate(CertId),
    /// The person picks among those that pass.
    Choice(Filter),
}

/// What makes a resent request recognisable (`Idempotency-Key`), bound to who sent it and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: String,
    /// The pairing it came with.
    pub pairing: super::policy::PairingId,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// A request for signatures: one consent, one PIN, all or nothing.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// Its name.
    pub id: RequestId,
    /// Who asks.
    pub caller: Caller,
    /// With which certificate.
    pub wanted: Wanted,
    /// With which scheme; none is the key's natural one.
    pub scheme: Option<Scheme>,
    /// How ECDSA signatures are written.
    pub encoding: Encoding,
    /// What.
    pub items: Items,
    /// In which form the signatures are wanted.
    pub form: Form,
    /// How long the person has to answer.
    pub timeout: Duration,
    /// Present if the caller may resend.
    pub idempotency: Option<Idempotency>,
}

impl SignRequest {
    /// The person's time where the caller names none.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);
    /// The least and the most a caller may name, in seconds.
    pub const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 10..=600;
}

impl RequestId {
    /// A fresh one: 128 random bits in hex.
    pub fn random() -> Self {
        let mut bytes = [0_u8; 16];
        // Failure leaves zeros: the id only names, it protects nothing.
        let _ = getrandom::fill(&mut bytes);
        Self(hex::encode(bytes))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Items {
    /// The most in one request.
    pub const MAX: usize = 1_000;
    /// The longest name, in bytes of UTF-8.
    pub const MAX_NAME: usize = 1_024;

    /// Nothing if there are none or more than [`Items::MAX`], or if a name is longer than
    /// [`Items::MAX_NAME`].
    pub fn new(items: Vec<Item>) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&items.len())
            && items.iter().all(|item| item.name.len() <= Self::MAX_NAME);
        fits.then_some(Self(items))
    }

    /// The items, at least one.
    pub fn as_slice(&self) -> &[Item] {
        &self.0
    }

    /// Their digests, in order.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.0.iter().map(|item| &item.digest)
    }

    /// How many; never 0.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
