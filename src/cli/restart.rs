//! `kyso restart`, and what `kyso agent --replace` waits for: one agent after the other, and nothing cut short between.

use std::time::{Duration, Instant};

use super::exit::Exit;
use super::{Session, client, complain, say};
use crate::api::control::Call;
use crate::app::{App, AppError, CLOSING, Programs};
use crate::status::{Agent, Status};
use crate::sys;
use crate::text::fill;
use crate::text::operations::OperationWords;
use crate::text::tray::TrayWords;

/// Has a new agent take the running one's place, and waits until it serves.
pub fn run(session: &Session) -> Exit {
    restart(session).err().unwrap_or(Exit::Done)
}

fn restart(session: &Session) -> Result<(), Exit> {
    let words = OperationWords::of(session.lang);
    let Some(before) = agent(session) else {
        complain(TrayWords::of(session.lang).not_running);
        return Err(Exit::Unavailable);
    };
    let programs = Programs::beside_this().map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    // The old one is told here, so that what is still under way can be said, whoever starts the new one.
    tell(session);
    sys::desktop::restart_agent(&programs.kyso, before.pid).map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    let end = Instant::now() + CLOSING + START;
    while Instant::now() < end {
        if agent(session).is_some_and(|now| now.pid != before.pid && now.last_ones.is_none()) {
            say(words.restarted);
            return Ok(());
        }
        std::thread::sleep(BREATH);
    }
    complain(words.not_restarted);
    Err(Exit::Unavailable)
}

/// Tells an agent that runs to end once it is done; its port.
pub(super) fn retire(session: &Session) -> Option<u16> {
    tell(session).map(|agent| agent.port)
}

/// Opens the parts as soon as the old agent has let go of them.
pub(super) fn after_the_old(open: impl Fn() -> Result<App, AppError>) -> Result<App, AppError> {
    let end = Instant::now() + CLOSING + START;
    loop {
        match open() {
            Err(AppError::AlreadyRunning(_)) if Instant::now() < end => std::thread::sleep(BREATH),
            opened => return opened,
        }
    }
}

fn tell(session: &Session) -> Option<Agent> {
    let agent = client::ask_agent(session, &Call::Retire)?;
    let agent: Agent = serde_json::from_value(agent).ok()?;
    let words = OperationWords::of(session.lang);
    if let Some(left @ 1..) = agent.last_ones {
        complain(fill(words.waits_for_old, &[("n", &left.to_string())]));
    }
    Some(agent)
}

fn agent(session: &Session) -> Option<Agent> {
    let status = client::ask_agent_quietly(session, &Call::Status { since: None })?;
    serde_json::from_value::<Status>(status).ok()?.agent
}

/// What an agent takes to start, a module of a vendor's included.
const START: Duration = Duration::from_secs(15);
const BREATH: Duration = Duration::from_millis(50);
