//! Asks for each certificate of a path whether it was revoked: the responder that it names, else the list.

use std::sync::Arc;
use std::time::Instant;

use certval::CertificationPathResults;
use certval::CertificationPathSettings;
use certval::Error;
use certval::PathValidationStatus;
use certval::RevocationSource;
use certval::build_ocsp_request;
use certval::check_revocation_local;
use certval::collect_crl_dp_uris;
use certval::collect_ocsp_uris;
use certval::process_ocsp_response;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::cache::Cache;
use super::fetch::Failed;
use super::fetch::Fetcher;
use super::path;
use super::path::Path;
use super::silent::Silent;
use super::when;
use super::when::Said;
use crate::domain::validation::Revocation;
use crate::domain::validation::Rules;
use crate::domain::validation::Standing;
use crate::log;

/// Whom to ask, and how.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) rules: Rules,
    pub(super) fetcher: Fetcher,
    pub(super) cache: Cache,
    pub(super) silent: Silent,
}

impl Asking {
    /// What is known of the whole path, all its certificates asked about at once. The worst counts.
    pub(super) async fn ask(self, path: Arc<Path>) -> Standing {
        let mut asking = JoinSet::new();
        for at in 0..path.length() {
            let (asker, path) = (self.clone(), Arc::clone(&path));
            asking.spawn(async move { asker.one(path, at).await });
        }
        let mut worst = Standing::Good;
        while let Some(standing) = asking.join_next().await {
            let standing = standing.unwrap_or(Standing::Offline);
            if let Standing::Revoked { .. } = standing {
                return standing;
            }
            if rank(standing) > rank(worst) {
                worst = standing;
            }
        }
        worst
    }

    async fn one(&self, path: Arc<Path>, at: usize) -> Standing {
        let mut unknown = false;
        if self.rules.revocation != Revocation::Crl {
            let mut addresses = Vec::new();
            collect_ocsp_uris(path.certificate(at), &mut addresses);
            for address in addresses.iter().take(MOST) {
                match self.responder(&path, at, address).await {
                    Some(Standing::Unknown) => unknown = true,
                    Some(standing) => return standing,
                    None => {}
                }
            }
        }
        if self.rules.revocation != Revocation::Ocsp {
            let mut addresses = Vec::new();
            collect_crl_dp_uris(path.certificate(at), &mut addresses);
            for address in addresses.iter().take(MOST) {
                if let Some(standing) = self.list(&path, at, address).await {
                    return standing;
                }
            }
        }
        if unknown { Standing::Unknown } else { Standing::Offline }
    }

    /// What a responder says; nothing where it says nothing that counts.
    async fn responder(&self, path: &Arc<Path>, at: usize, address: &str) -> Option<Standing> {
        let request = build_ocsp_request(path.certificate(at).decoded(), path.issuer(at), None).ok()?;
        if let Some(kept) = self.cache.find(address, &request)
            && let Ok(standing) = self.judged(path, at, kept, response).await
        {
            return Some(standing);
        }
        let answer = self.told(address, self.fetcher.response(address, request.clone())).await?;
        match self.judged(path, at, answer.clone(), response).await {
            Ok(standing) => {
                self.cache.keep(address, &request, &answer);
                Some(standing)
            }
            Err(why) => {
                log::note(format_args!("{address}: an answer that does not count: {why}"));
                None
            }
        }
    }

    /// What a list says.
    async fn list(&self, path: &Arc<Path>, at: usize, address: &str) -> Option<Standing> {
        if let Some(kept) = self.cache.find(address, &[])
            && let Ok(standing) = self.judged(path, at, kept, list).await
        {
            return Some(standing);
        }
        let answer = self.told(address, self.fetcher.list(address)).await?;
        match self.judged(path, at, answer.clone(), list).await {
            Ok(standing) => {
                self.cache.keep(address, &[], &answer);
                Some(standing)
            }
            Err(why) => {
                log::note(format_args!("{address}: a list that does not count: {why}"));
                None
            }
        }
    }

    /// What comes from there, unless nothing did a short while ago.
    async fn told(
        &self,
        address: &str,
        asking: impl Future<Output = Result<Vec<u8>, Failed>>,
    ) -> Option<Vec<u8>> {
        if self.silent.knows(address, Instant::now()) {
            return None;
        }
        let wait = self.silent.wait(address, self.rules.timeout);
        let answer = asking.await;
        wait.ends(answer.is_ok());
        if let Err(why) = &answer {
            log::note(format_args!("{address}: {why}; not asked again for a minute"));
        }
        answer.ok()
    }

    /// On another thread: a list of megabytes takes a while.
    async fn judged(&self, path: &Arc<Path>, at: usize, answer: Vec<u8>, judge: Judge) -> Judged {
        let (path, rules) = (Arc::clone(path), self.rules);
        let judged = tokio::task::spawn_blocking(move || judge(&path, at, answer, rules)).await;
        judged.unwrap_or(Err(Error::Unrecognized))
    }
}

type Judge = fn(&Path, usize, Vec<u8>, Rules) -> Judged;

/// What an answer says, or why it does not count.
type Judged = Result<Standing, Error>;

fn response(path: &Path, at: usize, answer: Vec<u8>, rules: Rules) -> Judged {
    let (settings, mut results) = judging(at, rules)?;
    let (certificate, issuer) = (path.certificate(at), path.issuer(at));
    let judged = process_ocsp_response(
        &path.environment,
        &settings,
        &mut results,
        &answer,
        issuer,
        at,
        "",
        certificate,
    );
    match (judged, when::in_response(&answer, certificate, issuer)) {
        (Ok(()), _) => Ok(Standing::Good),
        (Err(Error::PathValidation(PathValidationStatus::CertificateRevoked)), said) => {
            Ok(revoked(match said {
                Some(Said::Revoked(when)) => Some(when),
                Some(Said::Unknown) | None => None,
            }))
        }
        // Its signature counts, and it says neither good nor revoked.
        (
            Err(Error::PathValidation(PathValidationStatus::RevocationStatusNotDetermined)),
            Some(Said::Unknown),
        ) => Ok(Standing::Unknown),
        (Err(error), _) => Err(error),
    }
}

fn list(path: &Path, at: usize, answer: Vec<u8>, rules: Rules) -> Judged {
    let (settings, mut results) = judging(at, rules)?;
    let mut down = path.down_to(at);
    if let Some(place) = down.crls.get_mut(at) {
        *place = Some(answer.clone());
    }
    let judged = check_revocation_local(&path.environment, &settings, &down, &mut results);
    if let Err(Error::PathValidation(PathValidationStatus::CertificateRevokedEndEntity)) = judged {
        return Ok(revoked(when::in_list(&answer, path.certificate(at))));
    }
    // Of those above it nothing was said here, so the whole is open; this one's place tells.
    match results.get_revocation_source().and_then(|sources| sources.get(at).copied()) {
        Some(RevocationSource::StapledCrl) => Ok(Standing::Good),
        _ => Err(judged.err().unwrap_or(Error::Unrecognized)),
    }
}

/// As of now: what was fetched may be younger than the question.
fn judging(at: usize, rules: Rules) -> Result<(CertificationPathSettings, CertificationPathResults), Error> {
    let mut settings = path::settings(OffsetDateTime::now_utc()).ok_or(Error::Unrecognized)?;
    settings.set_revocation_max_age(rules.cache);
    let mut results = CertificationPathResults::new();
    results.prepare_revocation_results(at + 1)?;
    Ok((settings, results))
}

/// A moment that can't be read is no reason to be milder.
fn revoked(when: Option<OffsetDateTime>) -> Standing {
    Standing::Revoked { when: when.unwrap_or(OffsetDateTime::UNIX_EPOCH) }
}

fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Unknown => 2,
        Standing::Offline => 1,
        Standing::NotChecked
        | Standing::Checking
        | Standing::Good
        | Standing::Expired
        | Standing::NotYetValid
        | Standing::WrongUsage
        | Standing::NoPath
        | Standing::Revoked { .. } => 0,
    }
}

/// Addresses of one kind that are asked, however many a certificate names.
const MOST: usize = 4;
