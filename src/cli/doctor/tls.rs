//! https in `kyso doctor`: its certificate, the agent's listener, and which browser lacks what.

use time::OffsetDateTime;

use super::{Finding, Mark};
use crate::cli::exit::Exit;
use crate::cli::{Session, tls};
use crate::sys::trust::TrustError;
use crate::text::fill;
use crate::text::tls::TlsWords;
use crate::tls::trust::{Look, look};
use crate::tls::{Age, Credentials};

/// Has every browser trust the certificate that is in use, and none an old one. Makes nothing new.
///
/// # Errors
/// [`Exit::Config`] if the user has no home.
pub(super) fn fix(session: &Session, quiet: bool) -> Result<(), Exit> {
    let (words, places) = (TlsWords::of(session.lang), tls::places(session)?);
    let credentials = Credentials::read(&session.paths.tls()).ok().flatten();
    let authority = credentials.as_ref().map(|credentials| &credentials.authority);
    let report = |look: &Look, done: &str, result: Result<(), TrustError>| {
        if !quiet {
            tls::report(session, look, done, &result);
        }
    };
    let ill = |look: &Look| !look.is_well(authority.is_some());
    if let Some(authority) = authority {
        for look in look(&places, Some(authority)).iter().filter(|look| ill(look) && !look.is_spare()) {
            report(look, words.trusts, look.add(authority, &session.paths.tls_authority()));
        }
    }
    for look in look(&places, authority).iter().filter(|look| look.holds_former()) {
        report(look, words.removed, look.clean());
    }
    Ok(())
}

/// What there is to say of it.
pub(super) fn findings(session: &Session, running: bool) -> Vec<Finding> {
    let words = TlsWords::of(session.lang);
    let file = session.paths.tls();
    let mut findings = Vec::new();
    let credentials = match Credentials::read(&file) {
        Ok(credentials) => credentials,
        Err(error) => {
            let values = [("path", &*file.display().to_string()), ("why", &*error.to_string())];
            let what = fill(words.unreadable, &values).into_owned();
            findings.push(Finding::wrong(words.topic, what, words.renew_do));
            None
        }
    };
    if let Some(credentials) = &credentials {
        let now = OffsetDateTime::now_utc();
        let todo = (credentials.age(now) != Age::Good).then_some(words.renew_do);
        findings.push(Finding::new(words.topic, tls::standing(credentials, now, session.lang), todo));
        findings.extend(running.then(|| listener(session, words)));
    }
    let on = credentials.is_some();
    let looks =
        tls::places(session).map(|places| look(&places, credentials.as_ref().map(|it| &it.authority)));
    let looks = looks.unwrap_or_default();
    if findings.is_empty() && looks.iter().all(|look| look.is_well(false)) {
        return vec![note(words, words.off_note.to_owned())];
    }
    for look in looks.iter().filter(|look| on || !look.is_well(false)) {
        let line = tls::line(look, on, words);
        findings.push(match &look.held {
            _ if look.is_well(on) && look.is_spare() => note(words, line),
            _ if look.is_well(on) => Finding::new(words.topic, line, None),
            Err(TrustError::NoTool(_)) => Finding::wrong(words.topic, line, words.no_tool_do),
            Ok(_) | Err(_) => Finding::wrong(words.topic, line, words.fix_do),
        });
    }
    findings
}

fn listener(session: &Session, words: &'static TlsWords) -> Finding {
    let served = tls::served(session).and_then(|status| status.tls);
    match served {
        Some(served) => match (served.port, served.problem) {
            (Some(port), _) => Finding::new(words.topic, format!("https://127.0.0.1:{port}"), None),
            (None, problem) => {
                let what = fill(words.closed, &[("why", &problem.unwrap_or_default())]).into_owned();
                Finding::wrong(words.topic, what, words.closed_do)
            }
        },
        None => Finding::wrong(words.topic, words.unaware.to_owned(), words.unaware_do),
    }
}

fn note(words: &'static TlsWords, what: String) -> Finding {
    Finding { mark: Mark::Note, ..Finding::new(words.topic, what, None) }
}
