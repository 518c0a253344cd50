//! Every setting of the policy by its name: what it does, and which line decides it.

use std::fmt::Display;

use super::read::{ACCESSES, CHAINS, OFFLINES, PURPOSES, REVOCATIONS};
use super::said::{At, Said, Site};
use super::settle::{chain_rank, decider, least, most, offline_rank, revocation_rank};
use crate::domain::certificate::Purpose;
use crate::domain::rules::{Access, Keep};
use crate::text::settings::SettingWords;

/// A setting's name, and its sentence.
pub type Setting = (&'static str, fn(&SettingWords) -> &'static str);

/// All settings, in the order of the manual.
pub const ALL: [Setting; 24] = [
    ("pairing.by_users", |words| words.by_users),
    ("sites.origin", |words| words.origin),
    ("sites.access", |words| words.access),
    ("sites.issuers", |words| words.site_issuers),
    ("sites.purposes", |words| words.purposes),
    ("modules.allow", |words| words.allow),
    ("modules.refuse", |words| words.refuse),
    ("certificates.issuers", |words| words.issuers),
    ("certificates.rsa_bits", |words| words.rsa_bits),
    ("certificates.ec_bits", |words| words.ec_bits),
    ("certificates.sign_in_with_both", |words| words.sign_in_with_both),
    ("limits.prompt_timeout", |words| words.prompt_timeout),
    ("limits.batch", |words| words.batch),
    ("limits.keep_login", |words| words.keep_login),
    ("validation.chain", |words| words.chain),
    ("validation.revocation", |words| words.revocation),
    ("validation.offline", |words| words.offline),
    ("validation.timeout", |words| words.timeout),
    ("validation.cache", |words| words.cache),
    ("log.rotate_rows", |words| words.rotate_rows),
    ("log.keep_days", |words| words.keep_days),
    ("log.most_megabytes", |words| words.most_megabytes),
    ("log.forward.journald", |words| words.journald),
    ("log.forward.syslog", |words| words.syslog),
];

/// A setting that some file decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its name.
    pub name: &'static str,
    /// What it comes to, as a file would say it.
    pub value: String,
    /// The lines that decide: `FILE:LINE`.
    pub at: Vec<String>,
}

/// All that is decided but for sites, in the order of the manual.
pub fn decided(said: &Said) -> Vec<Decided> {
    let lists = |name, all: Vec<(String, String)>| {
        let (value, at): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        (!at.is_empty()).then(|| Decided { name, value: value.join(" "), at })
    };
    [
        one("pairing.by_users", decider(&said.by_users, |value| *value), ToString::to_string),
        lists(
            "modules.allow",
            said.allow_modules
                .iter()
                .map(|list| (shown(&list.value, |path| path.display().to_string()), list.place()))
                .collect(),
        ),
        lists(
            "modules.refuse",
            said.refuse_modules
                .iter()
                .map(|list| (shown(&list.value, |path| path.display().to_string()), list.place()))
                .collect(),
        ),
        lists(
            "certificates.issuers",
            said.issuers
                .iter()
                .map(|list| (shown(&list.value, |name| name.to_string()), list.place()))
                .collect(),
        ),
        one("certificates.rsa_bits", most(&said.rsa_bits), ToString::to_string),
        one("certificates.ec_bits", most(&said.ec_bits), ToString::to_string),
        one(
            "certificates.sign_in_with_both",
            decider(&said.sign_in_with_both, |value| *value),
            ToString::to_string,
        ),
        one("limits.prompt_timeout", least(&said.prompt_timeout), ToString::to_string),
        one("limits.batch", least(&said.batch), ToString::to_string),
        keep(said),
        one("validation.chain", decider(&said.chain, chain_rank), |value| named(&CHAINS, value)),
        one("validation.revocation", decider(&said.revocation, revocation_rank), |value| {
            named(&REVOCATIONS, value)
        }),
        one("validation.offline", decider(&said.offline, offline_rank), |value| named(&OFFLINES, value)),
        one("validation.timeout", least(&said.timeout), ToString::to_string),
        one("validation.cache", least(&said.cache), ToString::to_string),
        one("log.rotate_rows", least(&said.rotate_rows), ToString::to_string),
        one("log.keep_days", most(&said.keep_days), ToString::to_string),
        one("log.most_megabytes", least(&said.most_megabytes), ToString::to_string),
        one("log.forward.journald", decider(&said.journald, |value| !*value), ToString::to_string),
        one(
            "log.forward.syslog",
            said.syslog.iter().find(|collector| !collector.value.is_empty()),
            |value| format!("{value:?}"),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What one entry tells a site, in the order of the manual; which site it is stands in the entry.
pub fn of_site(site: &Site) -> Vec<Decided> {
    let list = |name, value, at| Decided { name, value, at: vec![at] };
    let issuers = site
        .issuers
        .as_ref()
        .map(|all| list("sites.issuers", shown(&all.value, |name| name.to_string()), all.place()));
    let purposes =
        site.purposes.as_ref().map(|all| list("sites.purposes", shown(&all.value, purpose), all.place()));
    let access = one("sites.access", Some(&site.access), |access| named(&ACCESSES, access));
    access.into_iter().chain(issuers).chain(purposes).collect()
}

/// Whether a site may ask, as a file says it.
pub fn access(access: &Access) -> &'static str {
    name_of(&ACCESSES, access)
}

/// What a certificate may be used for, as a file says it.
pub fn purpose(purpose: &Purpose) -> &'static str {
    name_of(&PURPOSES, purpose)
}

fn one<T>(name: &'static str, said: Option<&At<T>>, value: impl Fn(&T) -> String) -> Option<Decided> {
    said.map(|said| Decided { name, value: value(&said.value), at: vec![said.place()] })
}

/// The shorter of each limit: two lines may decide together.
fn keep(said: &Said) -> Option<Decided> {
    let name = "limits.keep_login";
    if let Some(never) = said.keep_login.iter().find(|said| said.value == Keep::Never) {
        return Some(Decided { name, value: false.to_string(), at: vec![never.place()] });
    }
    let mut limits = said.keep_login.iter().filter_map(|said| match said.value {
        Keep::Most(limits) => Some(limits),
        Keep::Never => None,
    });
    let first = limits.next()?;
    let least = limits.fold(first, |one, other| one.shorter(other));
    let value = format!("{{idle={},most={}}}", least.idle().as_secs(), least.most().as_secs());
    Some(Decided { name, value, at: said.keep_login.iter().map(At::place).collect() })
}

/// A list as a file would say it.
pub(super) fn shown<T, D: Display>(values: &[T], text: impl Fn(&T) -> D) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{:?}", text(value).to_string())).collect();
    format!("[{}]", quoted.join(", "))
}

/// The name of a choice, as a file says it.
fn named<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> String {
    format!("{:?}", name_of(choices, value))
}

/// The same without quotes.
fn name_of<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    let known = choices.iter().find(|(_, choice)| choice == value);
    known.map_or("", |(name, _)| *name)
}
