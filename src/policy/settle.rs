//! What several files come to: the strictest value of each setting, every refusal, and of a site each of its rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::fault::{Fault, What};
use super::said::{At, Said};
use crate::domain::origin::Origin;
use crate::domain::retention::{self, Forward};
use crate::domain::rules::{Access, CertificateRules, Issuers, Keep, Limits, ModuleRules, Rules, SiteRule};
use crate::domain::validation::{self, Chain, Offline, Revocation};

/// What can't be put together.
pub(super) fn disagreements(said: &Said) -> Vec<Fault> {
    let mut named = said.syslog.iter().filter(|collector| !collector.value.is_empty());
    let Some(first) = named.next() else { return Vec::new() };
    let others = named.filter(|other| other.value != first.value);
    let fault = |other: &At<String>| Fault {
        file: other.file.to_path_buf(),
        line: Some(other.line),
        text: other.value.clone(),
        what: What::Collectors(format!("{}, {}: {}", first.file.display(), first.line, first.value)),
    };
    others.map(fault).collect()
}

/// What the files come to.
pub(super) fn rules(said: &Said) -> Rules {
    let none = Rules::default();
    Rules {
        by_users: decider(&said.by_users, |value| *value).is_none_or(|said| said.value),
        sites: sites(said),
        modules: modules(said),
        certificates: CertificateRules {
            issuers: Issuers(said.issuers.iter().map(|list| list.value.clone()).collect()),
            rsa_bits: number(most(&said.rsa_bits), none.certificates.rsa_bits),
            ec_bits: number(most(&said.ec_bits), none.certificates.ec_bits),
            sign_in_with_both: decider(&said.sign_in_with_both, |value| *value)
                .is_some_and(|said| said.value),
        },
        limits: limits(said, none.limits),
        validation: validation(said, none.validation),
        log: log(said, none.log),
    }
}

/// The one whose value has the least rank, of several the first.
pub(super) fn decider<T, R: Ord>(all: &[At<T>], rank: impl Fn(&T) -> R) -> Option<&At<T>> {
    all.iter().min_by_key(|said| rank(&said.value))
}

/// The smallest.
pub(super) fn least(all: &[At<u64>]) -> Option<&At<u64>> {
    decider(all, |value| *value)
}

/// The largest.
pub(super) fn most(all: &[At<u64>]) -> Option<&At<u64>> {
    decider(all, |value| std::cmp::Reverse(*value))
}

/// Stricter comes first.
pub(super) fn chain_rank(chain: &Chain) -> u8 {
    match chain {
        Chain::Require => 0,
        Chain::Warn => 1,
        Chain::Off => 2,
    }
}

/// A responder's answer is newer than a list, and one way is less than two.
pub(super) fn revocation_rank(revocation: &Revocation) -> u8 {
    match revocation {
        Revocation::Ocsp => 0,
        Revocation::Crl => 1,
        Revocation::Any => 2,
        Revocation::Off => 3,
    }
}

/// Stricter comes first.
pub(super) fn offline_rank(offline: &Offline) -> u8 {
    match offline {
        Offline::Refuse => 0,
        Offline::Warn => 1,
    }
}

fn number<T: TryFrom<u64>>(said: Option<&At<u64>>, otherwise: T) -> T {
    said.and_then(|said| T::try_from(said.value).ok()).unwrap_or(otherwise)
}

fn seconds(said: Option<&At<u64>>, otherwise: Duration) -> Duration {
    said.map_or(otherwise, |said| Duration::from_secs(said.value))
}

fn sites(said: &Said) -> BTreeMap<Origin, SiteRule> {
    let mut sites: BTreeMap<Origin, SiteRule> = BTreeMap::new();
    for site in &said.sites {
        let open = SiteRule { access: Access::Allow, issuers: Issuers::default(), purposes: None };
        let rule = sites.entry(site.origin.value.clone()).or_insert(open);
        rule.access = rule.access.max(site.access.value);
        rule.issuers.0.extend(site.issuers.iter().map(|list| list.value.clone()));
        if let Some(purposes) = &site.purposes {
            let both = rule.purposes.take().map(|mut known| {
                known.retain(|purpose| purposes.value.contains(purpose));
                known
            });
            rule.purposes = Some(both.unwrap_or_else(|| purposes.value.clone()));
        }
    }
    sites
}

/// What stands behind a link is what is meant.
fn modules(said: &Said) -> ModuleRules {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let mut rules = ModuleRules::default();
    for list in &said.allow_modules {
        let list = list.value.iter().map(real).collect();
        rules.allow = Some(match rules.allow.take() {
            Some(known) => &known & &list,
            None => list,
        });
    }
    rules.refuse = said.refuse_modules.iter().flat_map(|list| &list.value).map(real).collect();
    rules
}

fn limits(said: &Said, none: Limits) -> Limits {
    let shorter = |one: Keep, other: Keep| match (one, other) {
        (Keep::Most(one), Keep::Most(other)) => Keep::Most(one.shorter(other)),
        (Keep::Never, _) | (_, Keep::Never) => Keep::Never,
    };
    Limits {
        prompt_timeout: seconds(least(&said.prompt_timeout), none.prompt_timeout),
        batch: number(least(&said.batch), none.batch),
        keep_login: said.keep_login.iter().map(|said| said.value).fold(none.keep_login, shorter),
    }
}

fn validation(said: &Said, none: validation::Rules) -> validation::Rules {
    let validation::Rules { chain, revocation, offline, timeout, cache } = none;
    validation::Rules {
        chain: decider(&said.chain, chain_rank).map_or(chain, |said| said.value),
        revocation: decider(&said.revocation, revocation_rank).map_or(revocation, |said| said.value),
        offline: decider(&said.offline, offline_rank).map_or(offline, |said| said.value),
        timeout: seconds(least(&said.timeout), timeout),
        cache: seconds(least(&said.cache), cache),
    }
}

/// What keeps more is the stricter one, but for room on the disk.
fn log(said: &Said, none: retention::Rules) -> retention::Rules {
    let collector = said.syslog.iter().find(|said| !said.value.is_empty());
    retention::Rules {
        rotate_rows: number(least(&said.rotate_rows), none.rotate_rows),
        keep_days: number(most(&said.keep_days), none.keep_days),
        most_megabytes: number(least(&said.most_megabytes), none.most_megabytes),
        forward: Forward {
            journald: said.journald.iter().any(|said| said.value),
            syslog: collector.map(|said| said.value.clone()),
        },
    }
}
