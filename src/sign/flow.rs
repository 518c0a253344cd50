//! One request, from the queue to the released signature.
//!
//! queue → *asked* is durable, and meanwhile turn → certificate on a plugged-in token → window ⇄ token
//! (only a wrong PIN loops, and the person types again) → verify → outcome is durable → release.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::timeout;

use super::attempt::Attempt;
use super::board::Shown;
use super::ends::{is_refusal, spoils};
use super::prepare::{Prepared, beside, prepare};
use super::record::Record;
use super::task::{Gone, lost};
use super::turns::Turns;
use super::{Context, Ending, Parts, Signed, answer, cms, recall, verify};
use crate::domain::activity::Open;
use crate::domain::approval::{Approved, Consent, DialogState, SignQuestion};
use crate::domain::audit::{Asked, AuditId, GivenBy, Outcome, RenderReply, Signer};
use crate::domain::caller::Caller;
use crate::domain::certificate::Certificate;
use crate::domain::digest::Digest;
use crate::domain::error::{PromptError, SignError, TokenError};
use crate::domain::ports::{Dialog, Progress, RawSignature};
use crate::domain::request::SignRequest;
use crate::domain::scheme::Scheme;

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
    let (mut turn, queued) = (None, turns.board().queue());
    let (id, result) = {
        let mut preparing = pin!(prepare(&parts, &request, &context, (place, queued), &mut turn));
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
            approve_and_sign(&parts, &request, &context, &turns, prepared?, &mut record).await
        };
        // A caller that leaves also tears down what the work stands on, so its leaving is looked for first.
        let result = tokio::select! {
            biased;
            error = gone.wait() => Err(error),
            error = lost(context.presence.as_ref()) => Err(error),
            result = work => result,
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
    turns: &Turns,
    prepared: Prepared,
    record: &mut Record,
) -> Result<Made, SignError> {
    let (board, inside) = (turns.board(), turns.inside());
    let Prepared { waiting, candidates, pledges: _pledges } = prepared;
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
    let prompter = context.prompter.as_ref().unwrap_or(&parts.prompter);
    record.prompted = Some(Instant::now());
    record.shown = Some(board.show(Open::sign(&question, context.prompter.is_some())));
    let mut dialog = prompter.open(&question).await?;
    record.shown = record.shown.take().map(|shown| shown.to(context.watcher.clone()));
    let result = converse(parts, request, context, &mut question, dialog.as_mut(), record, inside).await;
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
    question: &mut SignQuestion,
    dialog: &mut dyn Dialog,
    record: &mut Record,
    mut inside: watch::Receiver<usize>,
) -> Result<(Arc<Certificate>, Scheme, Vec<Vec<u8>>), SignError> {
    let deadline = tokio::time::Instant::now() + request.timeout;
    loop {
        let answer = answer::wait(parts, &request.caller, dialog, &mut inside);
        let answer = tokio::time::timeout_at(deadline, answer).await;
        record.answered = Some(Instant::now());
        let answer = answer.map_err(|_| SignError::TimedOut)??;
        let approved = answer.into_approved(question).ok_or(SignError::Denied)?;
        let chosen = question.candidate(approved.job().certificate).ok_or(SignError::Denied)?;
        let (certificate, scheme) = (Arc::clone(&chosen.certificate), chosen.scheme);
        let digests = approved.job().digests.clone();
        let key = chosen.token.key(&certificate);
        record.signer = Some(Signer::new(&certificate, scheme));
        record.consent = Some(GivenBy::of(approved.consent()));
        record.keeps = matches!(approved.consent(), Consent::PinToKeep(_) | Consent::Confirm);
        context.presence.holds()?;
        let attempt = match approved.consent() {
            // A word tells nothing of a PIN.
            Consent::Confirm => None,
            Consent::Pin(_) | Consent::PinToKeep(_) | Consent::Reader => {
                Some(Attempt::begin(&parts.tries, key, &record.made).await?)
            }
        };
        record.show(|shown| shown.signing(0, request.items.count()));
        let result = sign(parts, approved, dialog, request.items.count(), record).await;
        record.show(Shown::asking);
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
                ask_again(dialog, DialogState::WrongPin { certificate: certificate.id, state, next }).await?;
            }
            Err(SignError::Token(TokenError::LoginEnded)) => {
                question.end_login(certificate.id);
                ask_again(dialog, DialogState::LoginEnded { certificate: certificate.id }).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn ask_again(dialog: &mut dyn Dialog, state: DialogState) -> Result<(), PromptError> {
    timeout(SHOW_PATIENCE, dialog.show(state)).await.unwrap_or(Err(PromptError::Closed))
}

/// Signs, shows how far it is, and stops when the person takes the consent back.
async fn sign(
    parts: &Parts,
    approved: Approved,
    dialog: &mut dyn Dialog,
    total: usize,
    record: &Record,
) -> Result<Vec<RawSignature>, SignError> {
    let (sender, mut receiver) = watch::channel(0);
    // A PIN before this one may have made some.
    let (count, earlier) = (Arc::clone(&record.made), record.made.load(Ordering::Relaxed));
    let progress: Progress = Arc::new(move |done| {
        count.store(earlier + done, Ordering::Relaxed);
        sender.send_replace(done);
    });
    let mut signing = parts.tokens.sign(approved, progress);
    let mut shown = Instant::now();
    loop {
        tokio::select! {
            result = &mut signing => {
                if let Ok(raw) = &result {
                    record.made.store(raw.len(), Ordering::Relaxed);
                    record.show(|shown| shown.signing(total, total));
                }
                return Ok(result?);
            }
            // There is one answer to one question: whatever comes now is a no, or the window's end.
            _ = dialog.answer() => return Err(SignError::Denied),
            Ok(()) = receiver.changed() => {
                let done = *receiver.borrow_and_update();
                if total > 1 && shown.elapsed() >= PROGRESS_EVERY {
                    shown = Instant::now();
                    record.show(|shown| shown.signing(done, total));
                    let shown = timeout(SHOW_PATIENCE, dialog.show(DialogState::Progress { done, total }));
                    if let Ok(Err(_)) = shown.await {
                        return Err(SignError::Denied);
                    }
                }
            }
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

const PROGRESS_EVERY: Duration = Duration::from_millis(50);
const SHOW_PATIENCE: Duration = Duration::from_secs(1);
const ROOM_EVERY: Duration = Duration::from_secs(1);
