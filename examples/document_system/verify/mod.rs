//! Whether a signed file is worth anything: each signature over this file, by a certificate that was issued
//! under a trusted root, in its time, for documents, to the one whose place it stands in.
//!
//! Nothing of Kyso's is used, and nothing that the page said: the file is all there is.

pub(crate) mod chain;
mod cms;

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde::Serialize;

use crate::pdf;
use crate::pdf::field::Field;
use crate::pdf::signatures::Signature;
use crate::pdf::signatures::Wrong;

pub(crate) use self::chain::Anchors;
pub(crate) use self::chain::Holder;
use self::chain::Signer;

/// What the server found in a file.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// It is signed, and every signature is good.
    pub(crate) valid: bool,
    /// In the order in which they were made.
    pub(crate) signatures: Vec<Found>,
    /// When the server looked, seconds since 1970.
    pub(crate) verified_at: u64,
}

/// One signature.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// Whose place it stands in.
    pub(crate) role: Role,
    /// No problem was found.
    pub(crate) valid: bool,
    /// Everything that speaks against it.
    pub(crate) problems: Vec<Problem>,
    /// It covers the file to its end; else up to the revision that was signed.
    pub(crate) whole: bool,
    /// When, as the file says; seconds since 1970. No time-stamp authority vouches for it.
    pub(crate) signed_at: Option<i64>,
    /// Who, as far as the certificate could be read.
    pub(crate) signer: Option<Signer>,
    /// The signer's certificate, DER.
    #[serde(skip)]
    pub(crate) certificate: Option<Vec<u8>>,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Signs.
    Leader,
    /// Gives number and date, and seals with the organisation's certificate.
    Clerk,
}

/// One thing that speaks against a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Problem {
    /// It is no signature that can be read, or it leaves out more of the file than itself.
    Coverage,
    /// After it, more was changed than it lets others change.
    Changed,
    /// The file, or the signature, is not what was signed.
    Signature,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// No trusted root issued it, or a link of the chain is wrong.
    Untrusted,
    /// The certificate is not for this use.
    Usage,
    /// A person's where the organisation's belongs, or the other way round.
    Holder,
}

impl Role {
    /// The field that they sign in.
    pub(crate) const fn field(self) -> Field {
        match self {
            Self::Leader => Field::Leader,
            Self::Clerk => Field::Seal,
        }
    }

    /// Whose certificate belongs there.
    pub(crate) const fn holder(self) -> Holder {
        match self {
            Self::Leader => Holder::Person,
            Self::Clerk => Holder::Organisation,
        }
    }
}

impl Anchors {
    /// Looks at every signature of a file from every side at the time `now`.
    ///
    /// # Errors
    /// If the file can't be read as a PDF of this system.
    pub(crate) fn judge(&self, file: &[u8], now: SystemTime) -> pdf::Result<Verdict> {
        let found = pdf::signatures::all(file)?;
        let signatures: Vec<_> =
            found.iter().map(|(field, found)| self.look(file, *field, found.as_ref(), now)).collect();
        Ok(Verdict {
            valid: !signatures.is_empty() && signatures.iter().all(|found| found.valid),
            signatures,
            verified_at: now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        })
    }

    fn look(&self, file: &[u8], field: Field, signature: Option<&Signature>, now: SystemTime) -> Found {
        let role = if field == Field::Seal { Role::Clerk } else { Role::Leader };
        let mut problems = Vec::new();
        let (mut signer, mut certificate) = (None, None);
        match signature {
            None => problems.push(Problem::Coverage),
            Some(signature) => {
                problems.extend(signature.stands_for(file).err().map(|wrong| match wrong {
                    Wrong::Coverage => Problem::Coverage,
                    Wrong::Changed => Problem::Changed,
                }));
                match cms::open(signature) {
                    None => problems.push(Problem::Signature),
                    Some(made) => {
                        problems.extend(made.problem());
                        problems.extend(self.problems(&made.certificate, &made.issuers, now));
                        signer = Signer::read(&made.certificate);
                        let holder = signer.as_ref().map(|signer| signer.kind);
                        problems.extend((holder != Some(role.holder())).then_some(Problem::Holder));
                        certificate = Some(made.certificate);
                    }
                }
            }
        }
        Found {
            role,
            valid: problems.is_empty(),
            problems,
            whole: signature.is_some_and(|signature| signature.end == file.len()),
            signed_at: signature.and_then(|signature| signature.claimed).map(|time| time.unix_timestamp()),
            signer,
            certificate,
        }
    }
}
