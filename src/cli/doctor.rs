//! `kyso doctor`: what is there, what is wrong, and what to do about it. Needs no agent.

mod anchors;
pub(super) mod conformance;
mod log;
pub(super) mod modules;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::exit::Exit;
use super::{Session, client, print_json, say};
use crate::api::control::Call;
use crate::api::{neighbours, server};
use crate::app::{self, Programs};
use crate::config::{Config, ConfigError, Prompt};
use crate::domain::kept::KeepLimits;
use crate::domain::ports::Tokens as _;
use crate::domain::rules::Rules;
use crate::domain::token::{PinState, Snapshot, TokenInfo};
use crate::policy::{Fault, InForce};
use crate::status::{Agent, Status};
use crate::sys;
use crate::sys::attendance::{Attendance, Now, Silence};
use crate::sys::sandbox::Landlock;
use crate::text::cause::CauseWords;
use crate::text::doctor::DoctorWords;
use crate::text::keep::KeepWords;
use crate::text::neighbours::NeighbourWords;
use crate::text::policy::PolicyWords;
use crate::text::{Lang, cause, fill};
use crate::token::discovery::Found;
use crate::ui;

/// One thing looked at.
#[derive(Debug)]
struct Finding {
    topic: &'static str,
    mark: Mark,
    what: String,
    /// More about it, a line each.
    details: Vec<String>,
    todo: Option<&'static str>,
    /// A library, for programs.
    module: Option<Value>,
}

/// What a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Well,
    /// Good to know; nothing must be done.
    Note,
    Wrong,
}

impl Finding {
    /// Wrong if something is to be done.
    fn new(topic: &'static str, what: String, todo: Option<&'static str>) -> Self {
        let mark = if todo.is_none() { Mark::Well } else { Mark::Wrong };
        Self { topic, mark, what, details: Vec::new(), todo, module: None }
    }

    fn wrong(topic: &'static str, what: String, todo: &'static str) -> Self {
        Self::new(topic, what, Some(todo))
    }
}

/// Looks at everything and prints it; [`Exit::Wrong`] if something is to be done.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    if let Some(module) = matches.get_one::<PathBuf>("module") {
        return conformance::run(session, matches, module);
    }
    let config = match session.config(matches) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let policy = match session.policy() {
        Ok(policy) => policy,
        Err(exit) => return exit,
    };
    if matches.get_flag("fix")
        && let Err(exit) = tls::fix(session, matches.get_flag("json"))
    {
        return exit;
    }
    let findings = match examine(session, matches, Ok(&config), Ok(&policy)) {
        Ok(examined) => examined.findings,
        Err(exit) => return exit,
    };
    let well = findings.iter().all(|finding| finding.mark != Mark::Wrong);
    if matches.get_flag("json") {
        let all = findings.iter().map(|finding| {
            let mut shown = json!({
                "topic": finding.topic,
                "what": finding.what,
                "ok": finding.mark != Mark::Wrong,
                "todo": finding.todo,
            });
            if let Some(module) = &finding.module {
                shown["module"] = module.clone();
            }
            shown
        });
        print_json(&json!({ "findings": all.collect::<Vec<_>>(), "ok": well }));
    } else {
        lines(&findings, session.lang).into_iter().for_each(say);
    }
    if well { Exit::Done } else { Exit::Wrong }
}

/// What was found, and what is plugged in.
pub(super) struct Examined {
    findings: Vec<Finding>,
    pub(super) snapshot: Snapshot,
    /// What the modules are started with.
    pub(super) reserved: Vec<String>,
}

impl Examined {
    /// As the command prints it.
    pub(super) fn lines(&self, lang: Lang) -> Vec<String> {
        lines(&self.findings, lang)
    }
}

/// Looks at everything. In place of a configuration or a policy that can't be used the defaults hold.
pub(super) fn examine(
    session: &Session,
    matches: &ArgMatches,
    config: Result<&Config, &ConfigError>,
    policy: Result<&InForce, &[Fault]>,
) -> Result<Examined, Exit> {
    let running = client::agent_runs(session);
    let mut findings = vec![configuration(session, matches, config.err()), in_force(policy, session)];
    let (default, none) = (Config::default(), InForce::default());
    let (config, policy) = (config.unwrap_or(&default), policy.unwrap_or(&none));
    let found = app::modules(config, &policy.rules);
    let reserved = found.modules.iter().filter_map(|module| module.settings.reserved.clone()).collect();
    let (snapshot, shut_in) = look(config, &found, &policy.rules)?;
    findings.extend(modules::findings(&found, config.modules.is_some(), &snapshot, &shut_in, session.lang));
    findings.extend(tokens(&snapshot, session.lang));
    findings.extend(anchors::findings(session, &policy.rules.validation));
    findings.push(port(running, config, session.lang));
    findings.extend(neighbours(session, running));
    findings.push(prompt(config, session.lang));
    let kept = config.keep_login.and_then(|wish| policy.rules.limits.keep_login.narrow(wish));
    findings.extend(kept.map(|limits| keep(limits, session)));
    findings.extend(log::findings(session, &policy.rules.log, running));
    findings.extend(tls::findings(session, running));
    Ok(Examined { findings, snapshot, reserved })
}

fn lines(findings: &[Finding], lang: Lang) -> Vec<String> {
    let (words, mut topic, mut lines) = (DoctorWords::of(lang), "", Vec::new());
    for finding in findings {
        if finding.topic != topic {
            lines.push(finding.topic.to_owned());
            topic = finding.topic;
        }
        let mark = match finding.mark {
            Mark::Well => "✓",
            Mark::Note => "–",
            Mark::Wrong => "✗",
        };
        lines.push(format!("  {mark} {}", finding.what));
        lines.extend(finding.details.iter().map(|line| format!("    {line}")));
        if let Some(todo) = finding.todo {
            lines.push(format!("    {}", fill(words.todo, &[("what", todo)])));
        }
    }
    if findings.iter().all(|finding| finding.mark != Mark::Wrong) {
        lines.push(words.all_well.to_owned());
    }
    lines
}

/// What is plugged in, looked at through token hosts of this process' own, and whether files are out of
/// each one's reach.
fn look(config: &Config, found: &Found, rules: &Rules) -> Result<(Snapshot, Vec<Option<Landlock>>), Exit> {
    let programs = Programs::beside_this().map_err(|_| Exit::Software)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|_| Exit::Software)?;
    Ok(runtime.block_on(async {
        let hub = app::hub(config, found.modules.clone(), rules, &programs);
        (hub.look().await, hub.landlock())
    }))
}

fn configuration(session: &Session, matches: &ArgMatches, error: Option<&ConfigError>) -> Finding {
    let words = DoctorWords::of(session.lang);
    if let Some(error) = error {
        return Finding::wrong(words.config, error.told_to_others(session.lang), words.config_do);
    }
    let own = session.paths.config_file();
    let file = matches.get_one::<PathBuf>("config").unwrap_or(&own);
    let sentence = if file.exists() { words.config_ok } else { words.config_none };
    let what = fill(sentence, &[("file", &file.display().to_string())]).into_owned();
    Finding::new(words.config, what, None)
}

/// The files of the machine's policy.
fn in_force(policy: Result<&InForce, &[Fault]>, session: &Session) -> Finding {
    let words = PolicyWords::of(session.lang);
    let policy = match policy {
        Ok(policy) => policy,
        Err(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| fault.told_to_others(session.lang)).collect();
            return Finding::wrong(words.topic, told.join("; "), words.bad_do);
        }
    };
    let files: Vec<String> = policy.files.iter().map(|file| file.display().to_string()).collect();
    let what = match files.as_slice() {
        [] => words.none.into(),
        files => fill(words.in_force, &[("files", &files.join(", "))]),
    };
    Finding::new(words.topic, what.into_owned(), None)
}

fn tokens(snapshot: &Snapshot, lang: Lang) -> Vec<Finding> {
    let words = DoctorWords::of(lang);
    if snapshot.tokens.is_empty() {
        return vec![Finding::wrong(words.tokens, words.token_none.to_owned(), words.token_do)];
    }
    let finding = |token: &TokenInfo| {
        let count = snapshot.certificates.iter().filter(|held| held.token == token.serial).count();
        let (serial, count) = (token.serial.to_string(), count.to_string());
        let (pin, todo) = super::setup::pin(token.pin, lang);
        let values =
            [("label", token.label.as_str()), ("serial", &serial), ("certificates", &count), ("pin", pin)];
        let sentence = if todo.is_none() { words.token_ok } else { words.token_pin };
        let barred = matches!(token.pin, PinState::Locked | PinState::MustChange);
        let found = Finding::new(words.tokens, fill(sentence, &values).into_owned(), todo);
        // With a try left it signs, but the person is to know.
        Finding { mark: if !barred && todo.is_some() { Mark::Note } else { found.mark }, ..found }
    };
    snapshot.tokens.iter().map(finding).collect()
}

fn port(running: bool, config: &Config, lang: Lang) -> Finding {
    let words = DoctorWords::of(lang);
    let (what, todo) = if running {
        (words.port_agent.to_owned(), None)
    } else {
        match server::bind(config.port).and_then(|listener| listener.local_addr()) {
            Ok(address) => (fill(words.port_free, &[("address", &address.to_string())]).into_owned(), None),
            Err(error) => (
                fill(words.port_bad, &[("why", &cause::system(lang, &error))]).into_owned(),
                Some(words.port_do),
            ),
        }
    };
    Finding::new(words.port, what, todo)
}

/// Who is in the agent's way, as the agent sees it, or as it would.
fn neighbours(session: &Session, running: bool) -> Vec<Finding> {
    let words = DoctorWords::of(session.lang);
    let status = running.then(|| client::ask_agent_quietly(session, &Call::Status { since: None })).flatten();
    let agent = status.and_then(|status| serde_json::from_value::<Status>(status).ok()?.agent);
    let agent = agent.unwrap_or_else(|| {
        let listening = sys::listeners::all().unwrap_or_default();
        let user = sys::user::current_id();
        let squatters = neighbours::squatters(&listening, &[], user, sys::user::name_of);
        Agent { squatters, ..Agent::default() }
    });
    let lines = NeighbourWords::lines(&agent.answers, &agent.squatters, agent.port, session.lang);
    lines.into_iter().map(|line| Finding::wrong(words.port, line, words.neighbour_do)).collect()
}

fn prompt(config: &Config, lang: Lang) -> Finding {
    let words = DoctorWords::of(lang);
    let terminal = config.prompt == Prompt::Terminal;
    let (what, todo) = match ui::can_ask(terminal, lang) {
        Ok(()) if terminal => (words.prompt_terminal.to_owned(), None),
        Ok(()) => (words.prompt_window.to_owned(), None),
        Err(why) => (fill(words.prompt_bad, &[("why", &why)]).into_owned(), Some(words.prompt_do)),
    };
    Finding::new(words.prompt, what, todo)
}

/// Whether the system tells when the person leaves: else no login is kept, whatever the configuration says.
fn keep(limits: KeepLimits, session: &Session) -> Finding {
    let words = KeepWords::of(session.lang);
    let mut desk = sys::session::watch();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    if let Ok(runtime) = runtime {
        runtime.block_on(heard(&mut desk));
    }
    let now = desk.borrow().now.clone();
    let why = match now {
        Now::There | Now::Away => {
            let (idle, most) = (words.span(limits.idle()), words.span(limits.most()));
            let what = fill(words.on, &[("idle", &idle), ("most", &most)]).into_owned();
            return Finding::new(words.topic, what, None);
        }
        Now::Asking => CauseWords::of(session.lang).logind_silent.to_owned(),
        Now::Unknown(why) => unknown(&why, session.lang),
    };
    let what = fill(words.off, &[("why", &why)]).into_owned();
    Finding::new(words.topic, what, Some(words.off_do))
}

fn unknown(why: &Silence, lang: Lang) -> String {
    let words = CauseWords::of(lang);
    match why {
        Silence::NoBus(detail) => fill(words.no_bus, &[("detail", detail)]).into_owned(),
        Silence::BusLeft => words.bus_left.to_owned(),
        Silence::Odd(detail) => fill(words.logind_says, &[("detail", detail)]).into_owned(),
        Silence::NoSession => words.no_session.to_owned(),
        Silence::Left => words.logind_left.to_owned(),
    }
}

/// Waits for the first word of who tells when the person leaves.
async fn heard(desk: &mut watch::Receiver<Attendance>) {
    let said = desk.wait_for(|desk| desk.now != Now::Asking);
    let _ = tokio::time::timeout(PATIENCE, said).await.map(drop);
}

const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
