//! Which certificates on plugged-in tokens could answer a request.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::Parts;
use super::pledges::Pledges;
use super::standing;
use crate::domain::approval::Candidate;
use crate::domain::certificate::{Certificate, Unfit};
use crate::domain::error::{Barrier, SignError, TokenError};
use crate::domain::kept::Keeping;
use crate::domain::ports::Tokens;
use crate::domain::request::{SignRequest, Wanted};
use crate::domain::scheme::Scheme;
use crate::domain::seal::SealTarget;
use crate::domain::token::{PinState, Snapshot, TokenInfo, TokenSerial};
use crate::domain::validation::Standing;

/// At least one candidate that can sign, with a host's key and nonce where its PIN is typed here; after it those
/// whose PIN is locked or must be changed, then the unfit ones: they are shown, and nothing can be sealed for them.
///
/// # Errors
/// Why nothing can sign: the certificate or the token is absent, unfit, locked, or a module failed.
pub(super) async fn find(
    parts: &Parts,
    request: &SignRequest,
    pledges: &Pledges,
) -> Result<Vec<Candidate>, SignError> {
    let mut snapshot = parts.tokens.snapshot().await;
    let mut found = among(parts, &snapshot, request);
    if !found.iter().any(can_sign) {
        // It may have been plugged in this very moment, or be behind a module that is slow to start.
        snapshot = parts.tokens.look().await;
        found = among(parts, &snapshot, request);
    }
    if found.is_empty() {
        return Err(absent(snapshot));
    }
    standing::look(parts.validator.as_ref(), &mut found);
    let failed = seal(parts.tokens.as_ref(), &mut found, pledges).await;
    if !settle(&mut found) {
        return Err(failed.map_or_else(|| reason(&found), SignError::Token));
    }
    for candidate in &mut found {
        if candidate.seal.is_some() {
            candidate.keeping = parts.tokens.keeping(&candidate.certificate);
        }
        let wrong = parts.tries.wrong_in_a_row(&candidate.token.key(&candidate.certificate)).await?;
        candidate.token.pin = candidate.token.pin.after(wrong);
    }
    Ok(found)
}

/// The modules whose tokens could answer, by what they showed last: asks none of them.
pub(super) async fn modules(parts: &Parts, request: &SignRequest) -> Vec<usize> {
    let found = among(parts, &parts.tokens.snapshot().await, request);
    let fit = found.iter().filter(|candidate| candidate.unfit.is_none());
    let mut modules: Vec<usize> = fit.map(|candidate| candidate.certificate.module).collect();
    modules.sort_unstable();
    modules.dedup();
    modules
}

fn among(parts: &Parts, snapshot: &Snapshot, request: &SignRequest) -> Vec<Candidate> {
    let now = OffsetDateTime::now_utc();
    let certificates = snapshot.certificates.iter();
    let wanted = certificates
        .filter(|certificate| wanted(&request.wanted, certificate, now) && request.form.admits(certificate));
    let candidates = wanted.filter_map(|certificate| {
        let token = snapshot.token_of(certificate)?.clone();
        Some(candidate(parts, certificate, token, request, now))
    });
    candidates.collect()
}

fn wanted(wanted: &Wanted, certificate: &Certificate, now: OffsetDateTime) -> bool {
    match wanted {
        Wanted::Certificate(id) => certificate.id == *id,
        Wanted::Choice(filter) => filter.admits(certificate, now),
    }
}

fn candidate(
    parts: &Parts,
    certificate: &std::sync::Arc<Certificate>,
    token: TokenInfo,
    request: &SignRequest,
    now: OffsetDateTime,
) -> Candidate {
    let (purpose, site) = (request.form.purpose(), request.caller.site());
    let able = certificate
        .fit_for(purpose, now)
        .and_then(|()| parts.rules.admit(certificate, purpose, site))
        .and_then(|()| certificate.scheme(request.scheme));
    Candidate {
        certificate: certificate.clone(),
        token,
        scheme: able.unwrap_or(Scheme::RsaPkcs1),
        unfit: able.err(),
        seal: None,
        keeping: Keeping::Never,
        standing: Standing::default(),
    }
}

/// One nonce a token: only one of its certificates will be chosen. What its flags say of the PIN comes with
/// it, and is newer than the snapshot. A token that gives none is left out, where another may do; why the first
/// such gave none.
async fn seal(tokens: &dyn Tokens, candidates: &mut Vec<Candidate>, pledges: &Pledges) -> Option<TokenError> {
    let mut targets: HashMap<(usize, TokenSerial), Option<(SealTarget, PinState)>> = HashMap::new();
    let mut failed = None;
    for candidate in candidates.iter_mut() {
        if candidate.unfit.is_some() || candidate.token.pin.is_typed_on_reader() {
            continue;
        }
        let token = place(candidate);
        pledges.add(candidate.certificate.module);
        let target = match targets.get(&token) {
            Some(known) => *known,
            None => match tokens.seal_target(&candidate.certificate).await {
                Ok(target) => Some(target),
                Err(error) => {
                    failed.get_or_insert(error);
                    None
                }
            },
        };
        targets.insert(token, target);
        if let Some((target, pin)) = target {
            candidate.seal = (!pin.is_typed_on_reader()).then_some(target);
            candidate.token.pin = pin;
        }
    }
    candidates.retain(|candidate| targets.get(&place(candidate)) != Some(&None));
    failed
}

/// Puts first what can sign, and takes the seal from what can't; whether there is any that can.
fn settle(found: &mut [Candidate]) -> bool {
    let against = |candidate: &Candidate| (candidate.unfit.is_some(), barred(candidate.token.pin).is_some());
    for candidate in found.iter_mut().filter(|candidate| against(candidate) != (false, false)) {
        candidate.seal = None;
    }
    found.sort_by_key(against);
    found.first().is_some_and(|first| against(first) == (false, false))
}

/// Whether it could sign as things stand.
pub(super) fn can_sign(candidate: &Candidate) -> bool {
    candidate.unfit.is_none() && barred(candidate.token.pin).is_none()
}

fn place(candidate: &Candidate) -> (usize, TokenSerial) {
    (candidate.token.module, candidate.token.serial.clone())
}

fn absent(snapshot: Snapshot) -> SignError {
    if !snapshot.tokens.is_empty() {
        return SignError::CertificateUnknown;
    }
    match snapshot.problems.into_iter().next() {
        Some(problem) => SignError::Token(problem.error),
        None => SignError::TokenAbsent,
    }
}

fn barred(pin: PinState) -> Option<TokenError> {
    match pin {
        PinState::Locked => Some(TokenError::PinLocked),
        PinState::MustChange => Some(TokenError::PinMustChange),
        PinState::Ok
        | PinState::Low
        | PinState::Doubted
        | PinState::FinalTry
        | PinState::Reader
        | PinState::ReaderDoubted
        | PinState::ReaderFinal => None,
    }
}

/// Why the first of candidates that all can't sign can't.
fn reason(found: &[Candidate]) -> SignError {
    let locked = found.iter().filter(|candidate| candidate.unfit.is_none());
    if let Some(error) = locked.filter_map(|candidate| barred(candidate.token.pin)).next() {
        return SignError::Token(error);
    }
    match found.first().and_then(|candidate| Some((candidate.unfit?, candidate.standing))) {
        Some((Unfit::Scheme, _)) => SignError::SchemeUnsupported,
        Some((Unfit::Issuer, _)) => SignError::Policy(Barrier::Issuer),
        Some((Unfit::KeySize, _)) => SignError::Policy(Barrier::KeySize),
        Some((Unfit::Site, _)) => SignError::Policy(Barrier::Site),
        Some((_, standing)) => SignError::Standing(standing),
        None => SignError::CertificateUnfit,
    }
}
