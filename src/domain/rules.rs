//! What the machine's administrator lays down. It narrows what a person may do, or lets a site ask; it never answers
//! in the person's place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::certificate::{Certificate, Key, Purpose, Unfit};
use super::dn::DistinguishedName;
use super::kept::KeepLimits;
use super::origin::Origin;
use super::request::{Items, SignRequest};
use super::{retention, validation};

/// The machine's policy. The default is that of a machine without one: nothing is narrowed, no site let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a person may let sites ask that are not named here.
    pub by_users: bool,
    /// The sites that are named.
    pub sites: BTreeMap<Origin, SiteRule>,
    /// Which modules are used.
    pub modules: ModuleRules,
    /// Which certificates sign.
    pub certificates: CertificateRules,
    /// The most that may be asked for.
    pub limits: Limits,
    /// What is looked at before a certificate signs.
    pub validation: validation::Rules,
    /// How the log is kept.
    pub log: retention::Rules,
}

/// What is laid down about a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRule {
    /// Whether it may ask.
    pub access: Access,
    /// Only certificates of these issuers.
    pub issuers: Issuers,
    /// Only for these purposes; none: for any.
    pub purposes: Option<Vec<Purpose>>,
}

/// Whether a site may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// It may, and needs no leave of the person's to pair.
    Allow,
    /// It may not.
    Refuse,
}

/// Lists of issuers: a certificate's must be in each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issuers(pub Vec<Vec<DistinguishedName>>);

/// Which modules are used, by their canonical paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleRules {
    /// Only these; none: any.
    pub allow: Option<BTreeSet<PathBuf>>,
    /// None of these.
    pub refuse: BTreeSet<PathBuf>,
}

/// Which certificates sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRules {
    /// Only those of these issuers.
    pub issuers: Issuers,
    /// The smallest RSA key.
    pub rsa_bits: u32,
    /// The smallest EC key.
    pub ec_bits: u32,
    /// Whether one that is for signing documents signs in, too, where its issuer meant it for both.
    pub sign_in_with_both: bool,
}

/// The most that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a person is asked.
    pub prompt_timeout: Duration,
    /// Items in a request.
    pub batch: usize,
    /// How long a login is kept.
    pub keep_login: Keep,
}

/// What a person's own wish to keep a login comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// No login is kept.
    Never,
    /// No longer than so.
    Most(KeepLimits),
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            by_users: true,
            sites: BTreeMap::new(),
            modules: ModuleRules::default(),
            certificates: CertificateRules::default(),
            limits: Limits::default(),
            validation: validation::Rules::default(),
            log: retention::Rules::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            prompt_timeout: Duration::from_secs(*SignRequest::TIMEOUT_SECONDS.end()),
            batch: Items::MAX,
            keep_login: Keep::Most(KeepLimits::MOST_OF_ALL),
        }
    }
}

impl Rules {
    /// What is laid down about whether this site may ask; none leaves it to the person.
    pub fn access(&self, origin: &Origin) -> Option<Access> {
        match self.sites.get(origin) {
            Some(site) => Some(site.access),
            None if !self.by_users => Some(Access::Refuse),
            None => None,
        }
    }

    /// Whether the person may let this site ask.
    pub fn may_be_allowed(&self, origin: &Origin) -> bool {
        match self.access(origin) {
            Some(access) => access == Access::Allow,
            None => origin.may_pair(),
        }
    }

    /// Whether this certificate may be used so; `site` is who asks, none a command of the person's own.
    ///
    /// # Errors
    /// What speaks against it.
    pub fn admit(
        &self,
        certificate: &Certificate,
        purpose: Purpose,
        site: Option<&Origin>,
    ) -> Result<(), Unfit> {
        let CertificateRules { issuers, rsa_bits, ec_bits, .. } = &self.certificates;
        if !issuers.admit(certificate) {
            return Err(Unfit::Issuer);
        }
        let is_small = match certificate.key {
            Key::Rsa { bits } => bits < *rsa_bits,
            Key::P256 | Key::Ed25519 => 256 < *ec_bits,
            Key::P384 => 384 < *ec_bits,
            Key::Other(_) => false,
        };
        if is_small {
            return Err(Unfit::KeySize);
        }
        let rule = self.rule_of(site);
        let is_the_sites = rule.is_none_or(|rule| rule.issuers.admit(certificate) && rule.is_for(purpose));
        if is_the_sites { Ok(()) } else { Err(Unfit::Site) }
    }

    /// Whether the site may know of this certificate: it may ask for it for some purpose.
    pub fn lets_see(&self, certificate: &Certificate, site: &Origin) -> bool {
        let Some(rule) = self.sites.get(site) else { return true };
        let mut purposes = certificate.purposes.iter();
        rule.issuers.admit(certificate) && purposes.any(|purpose| rule.is_for(*purpose))
    }

    fn rule_of(&self, site: Option<&Origin>) -> Option<&SiteRule> {
        site.and_then(|site| self.sites.get(site))
    }
}

impl SiteRule {
    fn is_for(&self, purpose: Purpose) -> bool {
        self.purposes.as_ref().is_none_or(|purposes| purposes.contains(&purpose))
    }
}

impl Issuers {
    /// Whether the certificate's issuer is in each list.
    pub fn admit(&self, certificate: &Certificate) -> bool {
        self.0.iter().all(|list| list.iter().any(|name| name.issued(&certificate.der)))
    }
}

impl ModuleRules {
    /// Whether the module at this canonical path may be used.
    pub fn admit(&self, real: &Path) -> bool {
        !self.refuse.contains(real) && self.allow.as_ref().is_none_or(|allow| allow.contains(real))
    }
}

impl Limits {
    /// What is left of the time that somebody wants the person to have.
    pub fn patience(&self, wanted: Duration) -> Duration {
        wanted.min(self.prompt_timeout)
    }
}

impl Keep {
    /// What is left of a person's wish.
    pub fn narrow(self, wish: KeepLimits) -> Option<KeepLimits> {
        match self {
            Self::Never => None,
            Self::Most(most) => Some(most.shorter(wish)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r38_a_login_is_kept_no_longer_than_policy_lets_it() {
        let limits = |idle, most| KeepLimits::new(idle, most).expect("limits");
        assert_eq!(Keep::Never.narrow(limits(60, 600)), None);
        assert_eq!(Keep::Most(limits(30, 7_200)).narrow(limits(60, 600)), Some(limits(30, 600)));
        assert_eq!(Rules::default().limits.keep_login.narrow(limits(300, 7_200)), Some(limits(300, 7_200)));
    }
}
