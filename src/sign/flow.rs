//! One request, from the queue to the released signature.
//!
//! queue → *asked* is durable, and meanwhile turn → certificate on a plugged-in token → window ⇄ token
//! (only a wrong PIN loops, and the person types again) → verify → outcome is durable → release.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::time::timeout;

use super::attempt::Attempt;
use super::ends::{is_refusal, spoils};
use super::prepare::{Prepared, beside, prepare};
use super::record::Record;
use super::standing::{self, Standings};
use super::task::{Gone, lost};
use super::turns::{Turn, Turns};
use super::work::Passing;
use super::{Context, Ending, Parts, Signed, answer, cms, recall, verify};
use crate::domain::activity::Open;
use crate::domain::approval::{Answer, Consent, DialogState, SignQuestion};
use crate::domain::audit::{Asked, AuditId, GivenBy, Outcome, RenderReply, Signer};
use crate::domain::caller::Caller;
use crate::domain::certificate::Certificate;
use crate::domain::digest::Digest;
use crate::domain::error::{PromptError, SignError, TokenError};
use crate::domain::ports::{Dialog, RawSignature};
use crate::domain::request::SignRequest;
use crate::domain::scheme::Scheme;
use crate::domain::token::PinState;

/// Runs a request to its end. Whatever ends it, the log holds its outcome before this returns.
pub(super) async fn run(
    parts: Arc<Parts>,
    turns: Arc<Turns>,
    request: SignRequest,
    context: Context,
    mut gone: Gone,
) -> Result<Ending, SignError> {
    let Some(place) = turns.enter(&request.caller, request.idempotency.as_ref()) else {
        return recall::recall(&parts, &request, &context).await;
    };
    let mut record = Record::default();
    let (turn, queued) = (OnceLock::new(), turns.board().queue());
    let (id, result) = {
        let mut preparing = pin!(prepare(&parts, &request, &context, (place, queued), &turn));
        let (asked, prepared) = beside(parts.audit.ask(&request), preparing.as_mut()).await;
        let id = match asked? {
            Asked::New(id) => id,
            Asked::Replay(bytes) => return recall::replay(&context, bytes),
            Asked::Running => return Err(SignError::Busy),
            Asked::Ended(code) => return Err(SignError::EndedBefore(code)),
            Asked::Reused => return Err(SignError::KeyReused),
        };
        let work = async {
            let prepared = match prepared {
                Some(prepared) => prepared,
                None => preparing.await,
            };
            let prepared = prepared?;
            let turn = turn.get().ok_or(SignError::ShuttingDown)?;
            approve_and_sign(&parts, &request, &context, (&turns, turn), prepared, &mut record).await
        };
        // A caller that leaves also tears down what the work stands on, so its leaving is looked for first.
        let result = tokio::select! {
            biased;
            error = gone.wait() => Err(error),
            error = lost(context.presence.as_ref()) => Err(error),
            result = work => result,
        };
        // A no for good takes the site's pairing, and is why the request ends, not that.
        let result = match result {
            Err(SignError::OriginDenied) if record.blocks => Err(SignError::Denied),
            result => result,
        };
        (id, result)
    };
    if let Err(error) = &result {
        if record.keeps {
            // From its first moment on nothing is signed with it. A token may be in a long call meanwhile, and
            // the outcome is not to wait for that.
            let _ = timeout(SHOW_PATIENCE, parts.tokens.log_out()).await;
        }
        if record.prompted.is_some() && spoils(error) {
            turns.spoiled(&request.caller);
            if let (Caller::Web(origin), true) = (&request.caller, is_refusal(error)) {
                turns.board().refused(origin);
            }
        } else if record.prompted.is_none() || matches!(error, SignError::Prompt(PromptError::Unavailable(_)))
        {
            turns.wasted(&request.caller);
        }
    }
    // The next in the queue is judged by what became of this one.
    drop(turn);
    match result {
        Ok(made) => {
            if let Caller::Web(origin) = &request.caller {
                turns.board().agreed(origin);
            }
            release(parts, request, &context, id, record, made).await
        }
        Err(error) => {
            let outcome = record.outcome(Some(&error));
            if let Err(full) = parts.audit.close(id, outcome.clone(), None).await {
                close_later(parts, id, outcome);
                return Err(full.into());
            }
            Err(error)
        }
    }
}

/// Nothing was released; the outcome is written once there is room. If the agent ends before, the next
/// start writes `interrupted`.
fn close_later(parts: Arc<Parts>, id: AuditId, outcome: Outcome) {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(ROOM_EVERY).await;
            if parts.audit.close(id, outcome.clone(), None).await.is_ok() {
                return;
            }
        }
    });
}

/// Verified signatures that no outcome covers yet, and the window that waits for it.
struct Made {
    certificate: Arc<Certificate>,
    scheme: Scheme,
    values: Vec<Vec<u8>>,
    dialog: Box<dyn Dialog>,
}

async fn approve_and_sign(
    parts: &Parts,
    request: &SignRequest,
    context: &Context,
    (turns, turn): (&Turns, &Turn),
    prepared: Prepared,
    record: &mut Record,
) -> Result<Made, SignError> {
    let board = turns.board();
    let Prepared { waiting, candidates, pledges } = prepared;
    let prompter = context.prompter.as_ref().unwrap_or(&parts.prompter);
    let passing = Passing::new(turn, &pledges, prompter.stands_aside());
    context.presence.holds()?;
    let mut question = SignQuestion {
        request: request.id.clone(),
        caller: request.caller.clone(),
        items: request.items.clone(),
        form: request.form.asked_at(OffsetDateTime::now_utc()),
        candidates,
        time: request.timeout,
        waiting,
        refusals: turns.refusals(&request.caller),
    };
    record.prompted = Some(Instant::now());
    record.shown = Some(board.show(Open::sign(&question, context.prompter.is_some())));
    let mut standings = Standings::ask(&parts.validator, &question);
    let mut dialog = prompter.open(&question).await?;
    record.shown = record.shown.take().map(|shown| shown.to(context.watcher.clone()));
    let asked = (&mut question, &mut standings);
    let result = converse(parts, request, context, asked, dialog.as_mut(), record, passing).await;
    record.ended = Some(Instant::now());
    match result {
        Ok((certificate, scheme, values)) => Ok(Made { certificate, scheme, values, dialog }),
        Err(error) => {
            show(dialog.as_mut(), DialogState::Failed(error.code())).await;
            Err(error)
        }
    }
}

/// Asks until the person says no, the time is over, or the token has signed.
async fn converse(
    parts: &Parts,
    request: &SignRequest,
    context: &Context,
    (question, standings): (&mut SignQuestion, &mut Standings),
    dialog: &mut dyn Dialog,
    record: &mut Record,
    mut passing: Passing<'_>,
) -> Result<(Arc<Certificate>, Scheme, Vec<Vec<u8>>), SignError> {
    let mut deadline = tokio::time::Instant::now() + request.timeout;
    loop {
        let answer = answer::wait((question, standings), dialog, &mut passing.inside);
        let answer = tokio::time::timeout_at(deadline, answer).await;
        let answered = Instant::now();
        record.answered = Some(answered);
        let answer = answer.map_err(|_| SignError::TimedOut)??;
        if let (Answer::Refuse, Caller::Web(origin)) = (&answer, &request.caller) {
            record.blocks = true;
            parts.grants.refuse(origin).await?;
        }
        let refused = standing::refused(&answer, question);
        let approved = answer.into_approved(question).ok_or(refused)?;
        let chosen = question.candidate(approved.job().certificate).ok_or(SignError::Denied)?;
        let (certificate, scheme) = (Arc::clone(&chosen.certificate), chosen.scheme);
        let (digests, typed) = (approved.job().digests.clone(), chosen.seal.is_some());
        let key = chosen.token.key(&certificate);
        record.signer = Some(Signer::new(&certificate, scheme));
        record.consent = Some(GivenBy::of(approved.consent()));
        record.keeps = matches!(approved.consent(), Consent::PinToKeep(_) | Consent::Confirm);
        // Nothing is asked of the token, and no PIN spent, until it is known.
        record.standing = standings.verdict(certificate.id, question, dialog).await?;
        if standings.surprises(certificate.id, answered) {
            record.consent = None;
            deadline = deadline.max(tokio::time::Instant::now() + AGAIN);
            let time = deadline.saturating_duration_since(tokio::time::Instant::now());
            passing
                .ask_again(dialog, DialogState::Warned { certificate: certificate.id, time }, record)
                .await?;
            continue;
        }
        context.presence.holds()?;
        let attempt = match approved.consent() {
            // A word tells nothing of a PIN.
            Consent::Confirm => None,
            Consent::Pin(_) | Consent::PinToKeep(_) | Consent::Reader => {
                Some(Attempt::begin(&parts.tries, key, &record.made).await?)
            }
        };
        let job = (approved, certificate.module);
        let result = passing.sign(parts, job, dialog, request.items.count(), record).await;
        let wrong = match attempt {
            Some(attempt) => attempt.settle(&result).await?,
            None => 0,
        };
        match result {
            Ok(raw) => {
                let values = check(&certificate, scheme, request, digests, raw).await?;
                let values = cms::dress(&certificate, scheme, question, values)?;
                // The last moment to take the consent back, for the person and for the page.
                tokio::select! {
                    biased;
                    _ = dialog.answer() => return Err(SignError::Denied),
                    () = std::future::ready(()) => {}
                }
                context.presence.holds()?;
                return Ok((certificate, scheme, values));
            }
            Err(SignError::Token(TokenError::WrongPin { state, next })) => {
                record.wrong_pins += 1;
                let state = state.after(wrong);
                question.renew(certificate.id, state, next);
                let news = DialogState::WrongPin { certificate: certificate.id, state, next };
                passing.ask_again(dialog, news, record).await?;
            }
            Err(SignError::Token(TokenError::LastTry { next })) => {
                let state = if typed { PinState::FinalTry } else { PinState::ReaderFinal };
                question.renew(certificate.id, state, next);
                let news = DialogState::LastTry { certificate: certificate.id, state, next };
                passing.ask_again(dialog, news, record).await?;
            }
            Err(SignError::Token(TokenError::LoginEnded)) => {
                question.end_login(certificate.id);
                let news = DialogState::LoginEnded { certificate: certificate.id };
                passing.ask_again(dialog, news, record).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Verifies; many on another thread, since a thousand take tens of milliseconds, and few right here, since
/// handing one over takes longer than looking at it.
async fn check(
    certificate: &Arc<Certificate>,
    scheme: Scheme,
    request: &SignRequest,
    digests: Vec<Digest>,
    raw: Vec<RawSignature>,
) -> Result<Vec<Vec<u8>>, SignError> {
    if raw.len() <= verify::FEW {
        return verify::verify(certificate, scheme, request.encoding, &digests, raw);
    }
    let (certificate, encoding) = (Arc::clone(certificate), request.encoding);
    tokio::task::spawn_blocking(move || verify::verify(&certificate, scheme, encoding, &digests, raw))
        .await
        .unwrap_or_else(|error| Err(SignError::Internal(error.to_string())))
}

/// Makes the outcome durable, then lets the signatures go.
async fn release(
    parts: Arc<Parts>,
    request: SignRequest,
    context: &Context,
    id: AuditId,
    record: Record,
    made: Made,
) -> Result<Ending, SignError> {
    let Made { certificate, scheme, values, mut dialog } = made;
    let placeholder = crate::domain::audit::Receipt { sequence: 0, head: [0; 32] };
    let mut signed = Signed {
        request: request.id,
        certificate,
        scheme,
        items: request.items,
        form: request.form,
        values,
        receipt: placeholder,
    };
    let reply = request.idempotency.is_some().then(|| -> RenderReply {
        let (render, mut signed) = (context.render, signed.clone());
        Box::new(move |receipt| {
            signed.receipt = receipt.clone();
            render(&signed)
        })
    });
    let outcome = record.outcome(None);
    match parts.audit.close(id, outcome.clone(), reply).await {
        Ok(receipt) => {
            signed.receipt = receipt;
            show(dialog.as_mut(), DialogState::Done).await;
            Ok(Ending::Signed(signed))
        }
        Err(error) => {
            let error = SignError::from(error);
            show(dialog.as_mut(), DialogState::Failed(error.code())).await;
            close_later(parts, id, Outcome { error: Some(error.code()), ..outcome });
            Err(error)
        }
    }
}

/// A window that no longer listens is no reason to fail: its person has answered.
async fn show(dialog: &mut dyn Dialog, state: DialogState) {
    let _ = timeout(SHOW_PATIENCE, dialog.show(state)).await;
}

const SHOW_PATIENCE: Duration = Duration::from_secs(1);
/// What a person who agreed in time has at least, to read a warning that came later and to agree anew.
const AGAIN: Duration = Duration::from_secs(30);
const ROOM_EVERY: Duration = Duration::from_secs(1);
