//! Who may ask. A grant lets a site ask; it never stands in for the person's answer.

use std::collections::BTreeSet;

use super::caller::Caller;
use super::origin::Origin;

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
    /// Granted in advance, by the machine or by `kyso origins allow`.
    pub allowed: BTreeSet<Origin>,
    /// Blocked by the machine, or refused for good by the person.
    pub refused: BTreeSet<Origin>,
}

impl Policy {
    /// Whether the caller may ask.
    pub fn judge(&self, caller: &Caller) -> Verdict {
        match caller {
            Caller::CommandLine => Verdict::Permit,
            Caller::Web(origin) if self.refused.contains(origin) => Verdict::Refuse,
            Caller::Web(origin) if self.allowed.contains(origin) => Verdict::Permit,
            Caller::Web(origin) if origin.may_pair() => Verdict::AskFirst,
            Caller::Web(_) => Verdict::Refuse,
        }
    }
}
