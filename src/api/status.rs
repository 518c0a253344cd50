//! Makes the status document from what the service knows.

use crate::domain::activity;
use crate::domain::activity::Moment;
use crate::domain::error::SignError;
use crate::domain::kept::Keeping;
use crate::domain::token::{PinState, Snapshot, TokenInfo};
use crate::sign::SigningService;
use crate::status::{Certificate, Matter, Open, Past, Pin, Problem, Progress, Refused, Site, Status, Token};

/// The present status, once it is another than that of the moment `since`.
pub(super) async fn status(service: &SigningService, since: Option<&str>) -> Result<Status, SignError> {
    if let Some(since) = since.and_then(parse) {
        service.changed(since).await?;
    }
    let moment = service.moment().await;
    let Snapshot { tokens, certificates, problems } = service.snapshot().await;
    let activity = service.activity();
    let attended = service.attended();
    let recent = service.recent(Status::RECENT).await?;
    let kept = |token: &TokenInfo| {
        let on_it = |certificate: &&std::sync::Arc<crate::domain::certificate::Certificate>| {
            certificate.module == token.module && certificate.token == token.serial
        };
        certificates.iter().filter(on_it).find_map(|certificate| match service.keeping(certificate) {
            Keeping::Kept { left } => Some(left.as_secs()),
            Keeping::Never | Keeping::Offered(_) => None,
        })
    };
    let policy = service.policy();
    Ok(Status {
        moment: format!("{}.{}.{}.{}", moment.tokens, moment.log, moment.activity, moment.attention),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        paused: activity.paused,
        tokens: tokens
            .iter()
            .map(|token| Token {
                label: token.label.clone(),
                serial: token.serial.0.clone(),
                model: token.model.clone(),
                manufacturer: token.manufacturer.clone(),
                pin: pin(token.pin),
                kept_s: kept(token),
            })
            .collect(),
        certificates: certificates
            .iter()
            .map(|certificate| Certificate {
                id: certificate.id.to_string(),
                name: certificate.subject.common_name.as_ref().unwrap_or(&certificate.subject.text).clone(),
                organisation: certificate.subject.organisation.clone(),
                token: certificate.token.0.clone(),
                not_before: certificate.not_before,
                not_after: certificate.not_after,
            })
            .collect(),
        open: activity.open.into_iter().map(|one| open(one, attended)).collect(),
        queued: activity.queued,
        recent: recent.into_iter().map(past).collect(),
        sites: service
            .grants()
            .list()
            .into_iter()
            .map(|grant| Site {
                origin: grant.origin.to_string(),
                allowed: grant.allowed,
                pairings: grant.pairings,
                blocked: grant.refused,
            })
            .collect(),
        refused: activity
            .refused
            .into_iter()
            .filter(|(origin, times)| *times >= Status::NAGS && !policy.refused.contains(origin))
            .map(|(origin, times)| Refused { origin: origin.to_string(), times })
            .collect(),
        problems: problems
            .into_iter()
            .map(|problem| Problem {
                code: problem.error.code().to_string(),
                cause: problem.error.cause().map(str::to_owned),
                path: problem.path,
            })
            .collect(),
        tls: None,
        policy: Vec::new(),
        agent: None,
    })
}

/// Nothing for what is no moment of an agent: its asker gets the present status.
fn parse(moment: &str) -> Option<Moment> {
    let mut numbers = moment.split('.').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    Some(Moment { tokens: next()?, log: next()?, activity: next()?, attention: next()? })
}

fn open(open: activity::Open, attended: Option<bool>) -> Open {
    Open {
        id: open.id,
        matter: match open.matter {
            activity::Matter::Sign => Matter::Sign,
            activity::Matter::SignIn => Matter::SignIn,
            activity::Matter::Pair => Matter::Pair,
            activity::Matter::Pin => Matter::Pin,
        },
        caller: open.caller,
        names: open.names,
        count: open.count,
        progress: open.progress.map(|(done, total)| Progress { done, total }),
        since: open.since,
        attended: if open.in_terminal { Some(true) } else { attended },
    }
}

fn past(past: activity::Past) -> Past {
    Past {
        sequence: past.sequence,
        time: past.time,
        local_time: past.local_time,
        caller: past.caller,
        name: past.name,
        count: past.count,
        kind: past.kind,
        outcome: past.outcome,
        sign_in: past.sign_in,
    }
}

fn pin(state: PinState) -> Pin {
    match state {
        PinState::Ok => Pin::Ok,
        PinState::Low => Pin::Low,
        PinState::Doubted | PinState::ReaderDoubted => Pin::Doubted,
        PinState::FinalTry | PinState::ReaderFinal => Pin::FinalTry,
        PinState::Locked => Pin::Locked,
        PinState::MustChange => Pin::MustChange,
        PinState::Reader => Pin::Reader,
    }
}
