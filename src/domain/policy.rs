//! Who may ask. A grant lets a site ask; it never stands in for the person's answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::caller::Caller;
use super::origin::Origin;
use super::rules::{Access, Rules};

/// Names one pairing: an origin in one browser profile. A row number of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairingId(pub i64);

/// One line of `kyso origins list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginGrant {
    /// The site.
    pub origin: Origin,
    /// Granted in advance by `kyso origins allow`: its next pairing needs no prompt.
    pub allowed: bool,
    /// Refused for good by the person: it can't ask, whatever else stands here.
    pub refused: bool,
    /// Live pairings.
    pub pairings: usize,
    /// When the newest pairing was made, RFC 3339 UTC; none if it has none.
    pub paired_at: Option<String>,
}

/// By whose leave a site pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairedBy {
    /// The person's, who was asked.
    Person,
    /// The person's, in advance: `kyso origins allow`.
    Advance,
    /// The machine's policy.
    Machine,
}

/// What to do with a caller that wants to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It must pair first, and the person decides.
    AskFirst,
    /// It may ask.
    Permit,
    /// It may not, whatever the person says.
    Refuse,
}

/// Who may ask, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Granted in advance by `kyso origins allow`.
    pub allowed: BTreeSet<Origin>,
    /// Refused for good by the person.
    pub refused: BTreeSet<Origin>,
    /// What the machine's administrator laid down.
    pub rules: Arc<Rules>,
}

impl Policy {
    /// Whether the caller may ask. A refusal goes before every leave, whoever said it.
    pub fn judge(&self, caller: &Caller) -> Verdict {
        let Caller::Web(origin) = caller else { return Verdict::Permit };
        match self.rules.access(origin) {
            Some(Access::Refuse) => Verdict::Refuse,
            _ if self.refused.contains(origin) => Verdict::Refuse,
            Some(Access::Allow) => Verdict::Permit,
            None if !origin.may_pair() => Verdict::Refuse,
            None if self.allowed.contains(origin) => Verdict::Permit,
            None => Verdict::AskFirst,
        }
    }

    /// By whose leave it is that a site needs no prompt to pair.
    pub fn granted(&self, origin: &Origin) -> PairedBy {
        if self.rules.access(origin) == Some(Access::Allow) { PairedBy::Machine } else { PairedBy::Advance }
    }
}
