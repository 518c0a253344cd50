//! What is in the bundle.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::Value;

use super::scrub::Scrub;
use crate::api::control::Call;
use crate::cli::{Session, client, doctor};
use crate::config::{self, Config, ConfigError, RESERVED};
use crate::domain::token::Snapshot;
use crate::policy::settings::{self, Decided};
use crate::policy::{self, Fault, InForce};
use crate::status::Status;
use crate::store::StoreError;
use crate::store::read::{Range, Reader};
use crate::sys;
use crate::text::policy::PolicyWords;
use crate::text::support::SupportWords;
use crate::text::{Lang, fill};

/// The whole text. A configuration or a policy that can't be used is told of, and the rest goes by the defaults: an
/// agent that does not start is what help is asked for.
pub(super) fn bundle(session: &Session, matches: &ArgMatches) -> String {
    let words = SupportWords::of(session.lang);
    let config = session.config_quietly(matches);
    let policy = policy::load(session.paths.machine());
    let status = client::ask_agent_quietly(session, &Call::Status { since: None });
    let status: Option<Status> = status.and_then(|status| serde_json::from_value(status).ok());
    let examined = doctor::examine(session, matches, config.as_ref(), policy.as_ref().map_err(Vec::as_slice));
    let (findings, snapshot, reserved) = match examined {
        Ok(examined) => (examined.lines(session.lang).join("\n"), examined.snapshot, examined.reserved),
        Err(_) => (words.unexamined.to_owned(), Snapshot::default(), Vec::new()),
    };
    let mut scrub = scrub(&snapshot, status.as_ref());
    // An error of the library may repeat it.
    let configured = config.iter().flat_map(|config| &config.modules).flatten();
    let configured = configured.filter_map(|module| module.settings.reserved.as_ref());
    reserved.iter().chain(configured).for_each(|reserved| scrub.hide(reserved, RESERVED));

    let own = session.paths.config_file();
    let file = matches.get_one::<PathBuf>("config").unwrap_or(&own);
    let config_head = fill(words.config, &[("file", &file.display().to_string())]).into_owned();
    let parts = [
        (words.versions.to_owned(), versions()),
        (words.agent.to_owned(), status.as_ref().map_or_else(|| words.agent_none.to_owned(), agent)),
        (words.tokens.to_owned(), tokens(&snapshot)),
        (words.doctor.to_owned(), findings),
        (config_head, configuration(&config, file, session.lang)),
        (words.policy.to_owned(), in_force(&policy, session.lang)),
        (words.statistics.to_owned(), statistics(session, words)),
        (words.lines.to_owned(), last_lines(session).unwrap_or_else(|| words.none.to_owned())),
    ];
    let mut text = format!("{}\n", words.head);
    for (head, part) in parts {
        let _ = write!(text, "\n== {}\n{}\n", scrub.clean(&head), scrub.clean(part.trim_end()));
    }
    text
}

/// As it was read, never as it was written.
fn configuration(config: &Result<Config, ConfigError>, file: &Path, lang: Lang) -> String {
    let words = SupportWords::of(lang);
    if let Err(error) = config {
        return fill(words.config_bad, &[("why", &error.told_to_others(lang))]).into_owned();
    }
    let Ok(text) = std::fs::read_to_string(file) else { return words.config_none.to_owned() };
    config::shown(&text).unwrap_or_else(|fault| fault.told_to_others(lang))
}

/// What the policy decides, and on which lines; of sites what each is told, not which they are.
fn in_force(policy: &Result<InForce, Vec<Fault>>, lang: Lang) -> String {
    let policy = match policy {
        Ok(policy) if policy.files.is_empty() => return PolicyWords::of(lang).none.to_owned(),
        Ok(policy) => policy,
        Err(faults) => {
            let told: Vec<String> = faults.iter().map(|fault| fault.told_to_others(lang)).collect();
            return fill(SupportWords::of(lang).policy_bad, &[("why", &told.join("\n"))]).into_owned();
        }
    };
    let files = policy.files.iter().map(|file| file.display().to_string());
    let line = |one: Decided| format!("{} = {}  ({})", one.name, one.value, one.at.join(", "));
    let decided = settings::decided(&policy.said).into_iter().map(line);
    let sites = policy.said.sites.iter().flat_map(settings::of_site).map(line);
    files.chain(decided).chain(sites).collect::<Vec<_>>().join("\n")
}

/// Everybody and everything that is known by name.
fn scrub(snapshot: &Snapshot, status: Option<&Status>) -> Scrub {
    let mut scrub = Scrub::default();
    for token in &snapshot.tokens {
        scrub.hide(&token.label, "‹label›");
        scrub.hide(&token.serial.0, "‹serial›");
    }
    for certificate in &snapshot.certificates {
        let subject = &certificate.subject;
        scrub.hide(&subject.text, "‹name›");
        scrub.hide(&certificate.serial, "‹serial›");
        let parts = subject.text.split([',', '+']).filter_map(|part| Some(part.split_once('=')?.1));
        let parts = parts.filter(|value| value.chars().count() > 3);
        parts.for_each(|value| scrub.hide(value, "‹name›"));
        subject.common_name.iter().chain(&subject.organisation).for_each(|name| scrub.hide(name, "‹name›"));
    }
    if let Some(status) = status {
        status.tokens.iter().for_each(|token| {
            scrub.hide(&token.label, "‹label›");
            scrub.hide(&token.serial, "‹serial›");
        });
        let past = status.recent.iter().filter_map(|past| past.name.as_deref());
        let open = status.open.iter().flat_map(|open| &open.names).map(String::as_str);
        past.chain(open).for_each(|name| scrub.hide(name, "‹document›"));
        status.certificates.iter().for_each(|certificate| scrub.hide(&certificate.name, "‹name›"));
    }
    if let Some(home) = std::env::home_dir() {
        scrub.hide(&home.display().to_string(), "~");
    }
    // Root is nobody's name, and a word of many sentences.
    let listening = sys::listeners::all().unwrap_or_default();
    let users = listening.iter().map(|one| sys::user::name_of(one.uid)).chain([sys::user::current()]);
    users.filter(|user| user != "root").for_each(|user| scrub.hide(&user, "‹user›"));
    scrub
}

fn versions() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let release = read("/etc/os-release");
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("?");
    let kernel = read("/proc/sys/kernel/osrelease");
    let variable = |name| std::env::var(name).unwrap_or_default();
    [
        format!("kyso {}", env!("CARGO_PKG_VERSION")),
        format!("{} {}", system.trim_matches('"'), std::env::consts::ARCH),
        format!("kernel {}", kernel.trim()),
        format!("XDG_SESSION_TYPE={}", variable("XDG_SESSION_TYPE")),
        format!("XDG_CURRENT_DESKTOP={}", variable("XDG_CURRENT_DESKTOP")),
        format!("LANG={}", variable("LANG")),
    ]
    .join("\n")
}

fn agent(status: &Status) -> String {
    let agent = status.agent.clone().unwrap_or_default();
    let problem = |problem: &crate::status::Problem| {
        format!("module {}: {} {}", problem.path, problem.code, problem.cause.as_deref().unwrap_or_default())
    };
    let https = status.tls.as_ref().map(|tls| format!("https: {:?} {:?}", tls.port, tls.problem));
    let squatter =
        |one: &crate::status::Squatter| format!("uid {}: {:?} {:?}", one.uid, one.holds, one.beside);
    let lines = [
        format!("version={} port={} log={}", status.version, agent.port, agent.log_level),
        format!("paused={} open={} queued={}", status.paused, status.open.len(), status.queued),
        format!("sites={} refused={}", status.sites.len(), status.refused.len()),
        format!("answers={:?}", agent.answers),
    ];
    let others = agent.squatters.iter().map(squatter);
    let lines = lines.into_iter().chain(https).chain(others).chain(status.problems.iter().map(problem));
    lines.collect::<Vec<_>>().join("\n")
}

/// Kinds, no names.
fn tokens(snapshot: &Snapshot) -> String {
    let token = |token: &crate::domain::token::TokenInfo| {
        format!("token: {} · {} · module {} · {:?}", token.manufacturer, token.model, token.module, token.pin)
    };
    let certificate = |one: &std::sync::Arc<crate::domain::certificate::Certificate>| {
        let (from, to) = (one.not_before.date(), one.not_after.date());
        format!("certificate: {:?} · {from} – {to} · {:?} · module {}", one.key, one.usage, one.module)
    };
    let problem = |one: &crate::domain::token::ModuleProblem| {
        let cause = one.error.cause().unwrap_or_default();
        format!("module {}: {} {cause}", one.path, one.error.code())
    };
    let tokens = snapshot.tokens.iter().map(token);
    let lines = tokens.chain(snapshot.certificates.iter().map(certificate));
    lines.chain(snapshot.problems.iter().map(problem)).collect::<Vec<_>>().join("\n")
}

/// How many rows of which kind with which outcome; whose and about what stays in the log.
fn statistics(session: &Session, words: &SupportWords) -> String {
    let path = session.paths.audit();
    if !path.exists() {
        return words.none.to_owned();
    }
    let (mut counts, mut times) = (BTreeMap::<String, u64>::new(), None::<(String, String)>);
    let read = Reader::open(&path).and_then(|reader| {
        reader.each(&Range::default(), |row| {
            let body: Value = serde_json::from_str(&row.body).unwrap_or_default();
            let outcome = body["outcome"].as_str().unwrap_or_default();
            *counts.entry(format!("{} {outcome}", row.kind)).or_default() += 1;
            let first = times.take().map_or_else(|| row.time.clone(), |(first, _)| first);
            times = Some((first, row.time));
            Ok::<(), StoreError>(())
        })
    });
    if let Err(error) = read {
        return fill(words.unread, &[("why", &error.told(session.lang))]).into_owned();
    }
    let size = path.metadata().map_or(0, |file| file.len());
    let mut text = format!("{size} bytes\n");
    if let Some((first, last)) = times {
        let _ = writeln!(text, "{first} – {last}");
    }
    for (kind, count) in counts {
        let _ = writeln!(text, "{count:>8}  {}", kind.trim_end());
    }
    text
}

fn last_lines(session: &Session) -> Option<String> {
    let log = client::ask_agent_quietly(session, &Call::Log { level: None })?;
    let lines: Vec<&str> = log["lines"].as_array()?.iter().filter_map(|line| line.as_str()).collect();
    Some(lines.join("\n"))
}
