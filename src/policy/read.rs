//! One file: its sections, their settings, and what may stand in each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::{Fault, What};
use super::reader::{Reader, Section};
use super::said::{At, Said, Site};
use crate::domain::certificate::Purpose;
use crate::domain::dn::DistinguishedName;
use crate::domain::kept::KeepLimits;
use crate::domain::origin::Origin;
use crate::domain::request::{Items, SignRequest};
use crate::domain::rules::{Access, Keep};
use crate::domain::validation::{Chain, Offline, Revocation};

/// What the file says.
///
/// # Errors
/// All that is wrong with it: each line that can't be used.
pub(super) fn said(text: &str, file: &Arc<Path>) -> Result<Said, Vec<Fault>> {
    let (mut reader, mut root) = Reader::new(text, file)?;
    let mut said = Said::default();
    if let Some(mut part) = reader.section(&mut root, "pairing") {
        said.by_users.extend(reader.take(&mut part, "by_users"));
        reader.end(part);
    }
    for part in reader.sections(&mut root, "sites") {
        let site = site(&mut reader, part);
        if let Some(site) = site {
            if said.of(&site.origin.value).next().is_some() {
                reader.complain(site.origin.line, What::Twice(site.origin.value.to_string()));
            }
            said.sites.push(site);
        }
    }
    if let Some(mut part) = reader.section(&mut root, "modules") {
        said.allow_modules.extend(reader.list(&mut part, "allow", module));
        said.refuse_modules.extend(reader.list(&mut part, "refuse", module));
        reader.end(part);
    }
    if let Some(mut part) = reader.section(&mut root, "certificates") {
        said.issuers.extend(reader.list(&mut part, "issuers", issuer));
        said.rsa_bits.extend(reader.number(&mut part, "rsa_bits", 1_024..=16_384));
        said.ec_bits.extend(reader.number(&mut part, "ec_bits", 256..=384));
        said.sign_in_with_both.extend(reader.take(&mut part, "sign_in_with_both"));
        reader.end(part);
    }
    if let Some(mut part) = reader.section(&mut root, "limits") {
        let timeout = SignRequest::TIMEOUT_SECONDS;
        said.prompt_timeout.extend(reader.number(&mut part, "prompt_timeout", timeout));
        said.batch.extend(reader.number(&mut part, "batch", 1..=Items::MAX as u64));
        said.keep_login.extend(keep(&mut reader, &mut part));
        reader.end(part);
    }
    if let Some(part) = reader.section(&mut root, "validation") {
        validation(&mut reader, part, &mut said);
    }
    if let Some(part) = reader.section(&mut root, "log") {
        log(&mut reader, part, &mut said);
    }
    reader.end(root);
    reader.finish(said)
}

fn site<'a>(reader: &mut Reader<'a>, mut part: Section<'a>) -> Option<Site> {
    let origin = reader.text(&mut part, "origin", origin);
    let access = reader.choice(&mut part, "access", &ACCESSES);
    if origin.is_none() && !part.has("origin") {
        reader.misses(&part, "origin");
    }
    if access.is_none() && !part.has("access") {
        reader.misses(&part, "access");
    }
    let issuers = reader.list(&mut part, "issuers", issuer);
    let purposes = reader.list(&mut part, "purposes", purpose);
    reader.end(part);
    Some(Site { origin: origin?, access: access?, issuers, purposes })
}

/// `false`, or the most of each.
fn keep<'a>(reader: &mut Reader<'a>, part: &mut Section<'a>) -> Option<At<Keep>> {
    let key = "keep_login";
    if part.is_table(key) {
        let mut most = reader.section(part, key)?;
        let line = reader.line(&most);
        let idle = reader.number(&mut most, "idle", 1..=KeepLimits::MOST_IDLE);
        let all = reader.number(&mut most, "most", 1..=KeepLimits::MOST);
        for name in ["idle", "most"].into_iter().filter(|name| !most.has(name)).collect::<Vec<_>>() {
            reader.misses(&most, name);
        }
        reader.end(most);
        let limits = KeepLimits::new(idle?.value, all?.value)?;
        return Some(reader.at(Keep::Most(limits), line));
    }
    let said = reader.take::<bool>(part, key)?;
    if said.value {
        reader.complain(said.line, What::Keep);
        return None;
    }
    Some(At { value: Keep::Never, file: said.file, line: said.line })
}

fn validation<'a>(reader: &mut Reader<'a>, mut part: Section<'a>, said: &mut Said) {
    said.chain.extend(reader.choice(&mut part, "chain", &CHAINS));
    said.revocation.extend(reader.choice(&mut part, "revocation", &REVOCATIONS));
    said.offline.extend(reader.choice(&mut part, "offline", &OFFLINES));
    said.timeout.extend(reader.number(&mut part, "timeout", 1..=60));
    said.cache.extend(reader.number(&mut part, "cache", 0..=604_800));
    reader.end(part);
}

fn log<'a>(reader: &mut Reader<'a>, mut part: Section<'a>, said: &mut Said) {
    said.rotate_rows.extend(reader.number(&mut part, "rotate_rows", 10..=10_000_000));
    said.keep_days.extend(reader.number(&mut part, "keep_days", 1..=36_500));
    said.most_megabytes.extend(reader.number(&mut part, "most_megabytes", 1..=1_048_576));
    if let Some(mut forward) = reader.section(&mut part, "forward") {
        said.journald.extend(reader.take(&mut forward, "journald"));
        said.syslog.extend(reader.text(&mut forward, "syslog", address));
        reader.end(forward);
    }
    reader.end(part);
}

fn origin(text: &str) -> Result<Origin, What> {
    text.parse().map_err(|_| What::Origin(text.to_owned()))
}

fn issuer(text: &str) -> Result<DistinguishedName, What> {
    text.parse().map_err(|_| What::Name(text.to_owned()))
}

fn module(text: &str) -> Result<PathBuf, What> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err(What::Relative(text.to_owned())) }
}

fn purpose(text: &str) -> Result<Purpose, What> {
    let known = PURPOSES.iter().find(|(name, _)| *name == text);
    known.map(|(_, purpose)| *purpose).ok_or_else(|| What::choice(text, &PURPOSES))
}

/// A host and a port, or nothing.
fn address(text: &str) -> Result<String, What> {
    let good = match text.rsplit_once(':') {
        None => text.is_empty(),
        Some((host, port)) => !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0),
    };
    if good { Ok(text.to_owned()) } else { Err(What::Address(text.to_owned())) }
}

pub(super) const ACCESSES: [(&str, Access); 2] = [("allow", Access::Allow), ("refuse", Access::Refuse)];
pub(super) const PURPOSES: [(&str, Purpose); 2] =
    [("sign", Purpose::Sign), ("sign_in", Purpose::Authenticate)];
pub(super) const CHAINS: [(&str, Chain); 3] =
    [("off", Chain::Off), ("warn", Chain::Warn), ("require", Chain::Require)];
pub(super) const REVOCATIONS: [(&str, Revocation); 4] = [
    ("off", Revocation::Off),
    ("crl", Revocation::Crl),
    ("ocsp", Revocation::Ocsp),
    ("any", Revocation::Any),
];
pub(super) const OFFLINES: [(&str, Offline); 2] = [("warn", Offline::Warn), ("refuse", Offline::Refuse)];
