//! How a certificate stands before it signs, and what the machine wants to know of that.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::Certificate;
use super::certificate::Unfit;
use super::ports::BoxFuture;
use super::ports::Validator;

/// What is to be known of a certificate before it signs: the machine policy's `[validation]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether its path must lead to an anchor of this machine.
    pub chain: Chain,
    /// Who is asked whether it was revoked.
    pub revocation: Revocation,
    /// What happens when nobody answers.
    pub offline: Offline,
    /// How long one answer is waited for.
    pub timeout: Duration,
    /// How long an answer is used at most, within the time that it gives itself.
    pub cache: Duration,
}

/// Whether a path must lead to an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Not looked at, unless revocation is: answers are signed by those on the path.
    Off,
    /// Without one the person is told, and the log says so.
    Warn,
    /// Without one nothing is signed.
    Require,
}

/// Who is asked about revocation, for each certificate of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Nobody.
    Off,
    /// The lists that certificates name.
    Crl,
    /// The responders that they name.
    Ocsp,
    /// The responders, else the lists.
    Any,
}

/// What happens when no answer about revocation can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// The person is told, and the log says so.
    Warn,
    /// Nothing is signed.
    Refuse,
}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked for.
    #[default]
    NotChecked,
    /// An answer about revocation is waited for.
    Checking,
    /// All that was asked for is as it should be.
    Good,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is not for this.
    WrongUsage,
    /// No valid path leads to an anchor of this machine.
    NoPath,
    /// It, or an authority on its path, was revoked.
    Revoked {
        /// From when on.
        when: OffsetDateTime,
    },
    /// Who was asked does not know it.
    Unknown,
    /// No answer about revocation could be had.
    Offline,
}

/// Looks at nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unchecked;

impl Default for Rules {
    /// A machine without a policy.
    fn default() -> Self {
        Self {
            chain: Chain::Off,
            revocation: Revocation::Off,
            offline: Offline::Warn,
            timeout: Duration::from_secs(10),
            cache: Duration::from_secs(3_600),
        }
    }
}

impl Rules {
    /// Whether a path is looked for.
    pub fn want_path(&self) -> bool {
        self.chain != Chain::Off || self.want_revocation()
    }

    /// Whether anybody is asked about revocation.
    pub fn want_revocation(&self) -> bool {
        self.revocation != Revocation::Off
    }

    /// Whether nothing is signed by a certificate that stands so. Where there is no path there is nobody whose word
    /// on revocation counts, so that is no answer, too.
    pub fn bar(&self, standing: Standing) -> bool {
        let refuses = self.want_revocation() && self.offline == Offline::Refuse;
        match standing {
            Standing::NotChecked | Standing::Good => false,
            Standing::NoPath => self.chain == Chain::Require || refuses,
            Standing::Unknown | Standing::Offline => refuses,
            Standing::Checking
            | Standing::Expired
            | Standing::NotYetValid
            | Standing::WrongUsage
            | Standing::Revoked { .. } => true,
        }
    }
}

impl Standing {
    /// The name on the wire and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotChecked => "not_checked",
            Self::Checking => "checking",
            Self::Good => "good",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongUsage => "wrong_usage",
            Self::NoPath => "no_path",
            Self::Revoked { .. } => "revoked",
            Self::Unknown => "unknown",
            Self::Offline => "offline",
        }
    }

    /// Whether a person who may sign all the same is to know it first.
    pub fn calls_for_warning(self) -> bool {
        matches!(self, Self::NoPath | Self::Unknown | Self::Offline)
    }

    /// Of a certificate that does not fit; nothing where that is about something else.
    pub fn of(unfit: Unfit) -> Option<Self> {
        match unfit {
            Unfit::Expired => Some(Self::Expired),
            Unfit::NotYetValid => Some(Self::NotYetValid),
            Unfit::NotForSigning | Unfit::NotForSignIn => Some(Self::WrongUsage),
            Unfit::Scheme | Unfit::Barred | Unfit::Issuer | Unfit::KeySize | Unfit::Site => None,
        }
    }
}

/// The name; of a revocation with its moment, RFC 3339.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Revoked { when } = self {
            write!(f, " {}", when.format(&Rfc3339).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

impl FromStr for Standing {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(when) = text.strip_prefix("revoked ") {
            return OffsetDateTime::parse(when, &Rfc3339).map(|when| Self::Revoked { when }).map_err(|_| ());
        }
        PLAIN.into_iter().find(|standing| standing.name() == text).ok_or(())
    }
}

impl Validator for Unchecked {
    fn rules(&self) -> Rules {
        Rules::default()
    }

    fn at_once(&self, _: &Certificate) -> Standing {
        Standing::NotChecked
    }

    fn verdict(&self, _: Arc<Certificate>) -> BoxFuture<'static, Standing> {
        Box::pin(std::future::ready(Standing::NotChecked))
    }
}

/// Those that carry nothing.
const PLAIN: [Standing; 9] = [
    Standing::NotChecked,
    Standing::Checking,
    Standing::Good,
    Standing::Expired,
    Standing::NotYetValid,
    Standing::WrongUsage,
    Standing::NoPath,
    Standing::Unknown,
    Standing::Offline,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings_come_back_as_they_were_written() {
        let when = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
        for standing in PLAIN.into_iter().chain([Standing::Revoked { when }]) {
            assert_eq!(standing.to_string().parse(), Ok(standing));
        }
        assert_eq!(Standing::Revoked { when }.to_string(), "revoked 2026-09-21T14:13:20Z");
        assert!("revoked".parse::<Standing>().is_err() && "fine".parse::<Standing>().is_err());
    }

    /// What each setting lets sign. A revoked certificate signs under none.
    #[test]
    fn rules_bar_what_they_say() {
        let revoked = Standing::Revoked { when: OffsetDateTime::UNIX_EPOCH };
        for chain in [Chain::Off, Chain::Warn, Chain::Require] {
            for offline in [Offline::Warn, Offline::Refuse] {
                for revocation in [Revocation::Off, Revocation::Crl, Revocation::Ocsp, Revocation::Any] {
                    let rules = Rules { chain, revocation, offline, ..Rules::default() };
                    let asked = revocation != Revocation::Off;
                    let refuses = asked && offline == Offline::Refuse;
                    assert!(!rules.bar(Standing::Good) && !rules.bar(Standing::NotChecked));
                    assert!(
                        rules.bar(revoked) && rules.bar(Standing::Expired) && rules.bar(Standing::Checking)
                    );
                    assert_eq!(rules.bar(Standing::Offline), refuses, "{rules:?}");
                    assert_eq!(rules.bar(Standing::Unknown), refuses, "{rules:?}");
                    assert_eq!(rules.bar(Standing::NoPath), chain == Chain::Require || refuses, "{rules:?}");
                    assert_eq!(rules.want_path(), asked || chain != Chain::Off);
                }
            }
        }
    }
}
