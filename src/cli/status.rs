//! `kyso status`, `kyso pause`, `kyso resume`.

use clap::ArgMatches;
use time::OffsetDateTime;

use super::exit::Exit;
use super::{Session, client, complain, print_json, say};
use crate::api::control::Call;
use crate::status::{Agent, Site, Status, Tls};
use crate::text::neighbours::NeighbourWords;
use crate::text::operations::OperationWords;
use crate::text::policy::PolicyWords;
use crate::text::tls::TlsWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, fill};
use crate::ui::tray::{menu, sentence};

/// Prints what the agent does.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    ask(session, matches).err().unwrap_or(Exit::Done)
}

/// Pauses signing, or lets it go on.
pub fn pause(session: &Session, matches: &ArgMatches, on: bool) -> Exit {
    let words = TrayWords::of(session.lang);
    if let Err(exit) = running(session) {
        return exit;
    }
    match client::call(session, matches, &Call::Pause { on }) {
        Ok(_) => {
            say(if on { words.now_paused } else { words.now_resumed });
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn ask(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    running(session)?;
    let value = client::call(session, matches, &Call::Status { since: None })?;
    if matches.get_flag("json") {
        print_json(&value);
        return Ok(());
    }
    let status: Status = serde_json::from_value(value).map_err(|error| {
        complain(fill(session.words.broken_talk, &[("why", &client::gibberish(session, &error))]));
        Exit::Software
    })?;
    lines(&status, session).into_iter().for_each(say);
    Ok(())
}

/// Only an agent that runs does anything.
fn running(session: &Session) -> Result<(), Exit> {
    if client::agent_runs(session) {
        return Ok(());
    }
    complain(TrayWords::of(session.lang).not_running);
    Err(Exit::Unavailable)
}

fn lines(status: &Status, session: &Session) -> Vec<String> {
    let (lang, words, now) = (session.lang, TrayWords::of(session.lang), OffsetDateTime::now_utc());
    let mut lines = vec![sentence(status.state(), lang)];
    lines.extend(status.agent.iter().flat_map(|agent| of_agent(status, agent, now, lang)));
    lines.extend(status.open.iter().map(|open| format!("  {}", menu::asks(open, lang))));
    if status.queued > 0 {
        lines.push(format!("  {}", fill(words.queued, &[("n", &status.queued.to_string())])));
    }
    for token in &status.tokens {
        lines.push(menu::of_pin(token, words));
        let on_it = status.certificates.iter().filter(|certificate| certificate.token == token.serial);
        lines.extend(on_it.map(|one| format!("  {}", menu::of_certificate(one, now, lang))));
    }
    if !status.policy.is_empty() {
        let files = [("files", &*status.policy.join(", "))];
        let words = PolicyWords::of(lang);
        lines.push(format!("{}: {}", words.topic, fill(words.in_force, &files)));
    }
    lines.extend(status.tls.iter().flat_map(|tls| of_tls(tls, now, lang)));
    let problem = |problem: &crate::status::Problem| match &problem.cause {
        Some(cause) => format!("  {} ({}: {cause})", problem.path, problem.code),
        None => format!("  {} ({})", problem.path, problem.code),
    };
    head(&mut lines, words.problems, status.problems.iter().map(problem));
    head(
        &mut lines,
        words.recent,
        status.recent.iter().map(|past| format!("  {}", menu::of_past(past, lang))),
    );
    let (blocked, sites): (Vec<&Site>, Vec<&Site>) = status.sites.iter().partition(|site| site.blocked);
    head(&mut lines, words.sites, sites.into_iter().map(|site| format!("  {}", site.origin)));
    head(&mut lines, words.blocked, blocked.into_iter().map(|site| format!("  {}", site.origin)));
    let refused = status.refused.iter().map(|site| {
        let values = [("origin", &*site.origin), ("n", &site.times.to_string())];
        format!("  {}", fill(words.refused_site, &values))
    });
    lines.extend(refused);
    lines
}

/// The agent itself, and who is in its way.
fn of_agent(status: &Status, agent: &Agent, now: OffsetDateTime, lang: Lang) -> Vec<String> {
    let words = OperationWords::of(lang);
    let up = agent.since.map_or(0, |since| (now - since).whole_minutes().max(0));
    let (days, hours, minutes) = (up / (24 * 60), up / 60 % 24, up % 60);
    let values =
        [("days", &*days.to_string()), ("hours", &hours.to_string()), ("minutes", &minutes.to_string())];
    let up = fill(words.up, &values);
    let values = [
        ("version", status.version.as_str()),
        ("port", &agent.port.to_string()),
        ("up", &up),
        ("level", &agent.log_level),
    ];
    let mut lines = vec![fill(words.agent, &values).into_owned()];
    lines.extend(agent.last_ones.map(|left| fill(words.last_ones, &[("n", &left.to_string())]).into_owned()));
    lines.extend(NeighbourWords::lines(&agent.answers, &agent.squatters, agent.port, lang));
    lines
}

fn of_tls(tls: &Tls, now: OffsetDateTime, lang: Lang) -> Vec<String> {
    let words = TlsWords::of(lang);
    let open = tls.port.map(|port| format!("https://127.0.0.1:{port}"));
    let problem = tls.problem.as_ref().map(|why| fill(words.on_not, &[("why", why)]).into_owned());
    open.into_iter().chain(problem).chain(menu::of_tls(tls, now, lang)).collect()
}

fn head(lines: &mut Vec<String>, title: &str, below: impl Iterator<Item = String>) {
    let below: Vec<String> = below.collect();
    if !below.is_empty() {
        lines.push(format!("{title}:"));
        lines.extend(below);
    }
}
