//! `kyso tls enable|disable|status`: the person's word that browsers are to trust a certificate of Kyso's, or
//! no longer.

use std::io;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::exit::Exit;
use super::{Session, client, complain, print_json, say};
use crate::api::control::Call;
use crate::app::AppError;
use crate::status::Status;
use crate::sys::trust::{self, Kind, Places, TrustError};
use crate::text::tls::TlsWords;
use crate::text::{Lang, fill, number};
use crate::tls::trust::{Look, look};
use crate::tls::{Age, Credentials, issue};

/// The definition of the subcommand.
pub(super) fn command(lang: Lang, json: Arg) -> Command {
    let words = TlsWords::of(lang);
    let system = Arg::new("system").long("system").action(ArgAction::SetTrue).help(words.about_system);
    Command::new("tls")
        .about(words.about)
        .subcommand_required(true)
        .subcommand(Command::new("enable").about(words.about_enable).arg(system))
        .subcommand(Command::new("disable").about(words.about_disable))
        .subcommand(Command::new("status").about(words.about_status).arg(json))
}

/// Turns https on or off, or tells of it.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let result = match matches.subcommand() {
        Some(("enable", matches)) => enable(session, matches.get_flag("system")),
        Some(("disable", _)) => disable(session),
        Some(("status", matches)) => status(session, matches.get_flag("json")),
        _ => Err(Exit::Usage),
    };
    result.unwrap_or_else(|exit| exit)
}

fn enable(session: &Session, with_system: bool) -> Result<Exit, Exit> {
    let (words, places) = (TlsWords::of(session.lang), places(session)?);
    let (file, certificate) = (session.paths.tls(), session.paths.tls_authority());
    if !places.browsers().is_empty()
        && let Err(TrustError::NoTool(package)) = trust::browsers_tool()
    {
        complain(fill(words.no_tool, &[("package", package)]));
        complain(words.no_tool_do);
        return Err(Exit::Unavailable);
    }
    session.paths.make().map_err(|(path, error)| session.app_failed(&AppError::Folder(path, error)))?;
    let (credentials, new) = wanted(session, words)?;
    std::fs::write(&certificate, credentials.authority.pem())
        .map_err(|error| not(words.not_written, &certificate, &error))?;
    // The new authority first, then the certificate, then the old one's end: browsers that trust both have
    // no moment without.
    let looks = look(&places, Some(&credentials.authority));
    let mut well = true;
    for look in &looks {
        if look.store.kind != Kind::System || with_system || look.holds_any() {
            let added = look.add(&credentials.authority, &certificate);
            well &= report(session, look, words.trusts, &added);
        }
    }
    if looks.iter().all(|look| look.store.kind == Kind::System) {
        say(words.no_browser);
    }
    if new {
        credentials.write(&file).map_err(|error| not(words.not_written, &file, &error))?;
        say(words.on_new);
    }
    let date = number::day(session.lang, credentials.not_after.date());
    let opened = tell_agent(session);
    for look in look(&places, Some(&credentials.authority)).iter().filter(|look| look.holds_former()) {
        well &= report(session, look, words.removed, &look.clean());
    }
    match opened {
        Some(Ok(address)) => say(fill(words.on_at, &[("address", &address), ("date", &date)])),
        Some(Err(why)) => {
            complain(fill(words.on_not, &[("why", &why)]));
            return Err(Exit::Unavailable);
        }
        None => say(fill(words.on_later, &[("date", &date)])),
    }
    Ok(if well { Exit::Done } else { Exit::Wrong })
}

/// What there is while it is good, else something new, and whether it is.
fn wanted(session: &Session, words: &'static TlsWords) -> Result<(Credentials, bool), Exit> {
    let (file, now) = (session.paths.tls(), OffsetDateTime::now_utc());
    match Credentials::read(&file) {
        Ok(Some(credentials)) if credentials.age(now) == Age::Good => return Ok((credentials, false)),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            say(fill(words.damaged, &[("path", &file.display().to_string())]));
        }
        Err(error) => return Err(not(words.unreadable, &file, &error)),
    }
    let made = issue::issue(now).map_err(|error| {
        complain(fill(words.not_made, &[("why", &error.to_string())]));
        Exit::Software
    })?;
    Ok((made, true))
}

/// The same as `kyso tls disable`, of an agent that was removed.
pub(super) fn disable_all(session: &Session) {
    // Whatever is left over was told.
    let _ = disable(session);
}

/// The key goes first: whatever else fails, nothing is served with it any more.
fn disable(session: &Session) -> Result<Exit, Exit> {
    let (words, places) = (TlsWords::of(session.lang), places(session)?);
    let file = session.paths.tls();
    for path in [&file, &file.with_extension("new"), &session.paths.tls_authority()] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(not(words.not_deleted, path, &error));
            }
            _ => {}
        }
    }
    if let Some(Err(why)) = tell_agent(session) {
        complain(why);
    }
    let mut well = true;
    for look in look(&places, None) {
        let cleaned = look.clean();
        if cleaned.is_err() || look.holds_former() {
            well &= report(session, &look, words.removed, &cleaned);
        }
    }
    say(words.off);
    if well {
        return Ok(Exit::Done);
    }
    complain(words.left);
    Ok(Exit::Wrong)
}

fn status(session: &Session, as_json: bool) -> Result<Exit, Exit> {
    let (words, places) = (TlsWords::of(session.lang), places(session)?);
    let file = session.paths.tls();
    let credentials = Credentials::read(&file).map_err(|error| not(words.unreadable, &file, &error))?;
    let now = OffsetDateTime::now_utc();
    let address = served(session).and_then(|served| served.tls?.port).map(address);
    let looks = look(&places, credentials.as_ref().map(|credentials| &credentials.authority));
    let age = credentials.as_ref().map(|credentials| credentials.age(now));
    let well = age.is_none_or(|age| age == Age::Good) && looks.iter().all(|look| look.is_well(age.is_some()));
    if as_json {
        let stores: Vec<Value> = looks.iter().map(store_json).collect();
        let date = |date: OffsetDateTime| date.format(&time::format_description::well_known::Rfc3339).ok();
        print_json(&json!({
            "on": age.is_some(),
            "address": address,
            "not_after": credentials.as_ref().and_then(|credentials| date(credentials.not_after)),
            "renewal": credentials.as_ref().and_then(|credentials| date(credentials.renewal())),
            "authority": credentials.as_ref().map(|credentials| credentials.authority.name()),
            "stores": stores,
            "ok": well,
        }));
    } else {
        say(match &credentials {
            Some(credentials) => standing(credentials, now, session.lang),
            None => words.off_note.to_owned(),
        });
        address.into_iter().for_each(|address| say(fill(words.open, &[("address", &address)])));
        for look in &looks {
            let (mark, line) =
                (if look.is_well(age.is_some()) { "✓" } else { "✗" }, line(look, age.is_some(), words));
            say(format_args!("  {} {line}", if look.is_spare() && mark == "✓" { "–" } else { mark }));
        }
    }
    Ok(if well { Exit::Done } else { Exit::Wrong })
}

/// How far the certificate is, in words.
pub(super) fn standing(credentials: &Credentials, now: OffsetDateTime, lang: Lang) -> String {
    let words = TlsWords::of(lang);
    let sentence = match credentials.age(now) {
        Age::Good => words.good,
        Age::Due => words.due,
        Age::Over => words.over,
    };
    fill(sentence, &[("date", &number::day(lang, credentials.not_after.date()))]).into_owned()
}

/// What a store holds, in words.
pub(super) fn line(look: &Look, on: bool, words: &'static TlsWords) -> String {
    let store = store(look, words);
    let sentence = match &look.held {
        Err(error) => {
            return fill(words.failed, &[("store", &store), ("why", &why(error, words))]).into_owned();
        }
        Ok(holding) if !holding.former.is_empty() => words.former,
        Ok(holding) if holding.current => words.trusts,
        Ok(_) if look.store.kind == Kind::System || !on => words.without,
        Ok(_) => words.lacks,
    };
    fill(sentence, &[("store", &store)]).into_owned()
}

/// Says what came of a change to a store; false if something is left to do.
pub(super) fn report(session: &Session, look: &Look, done: &str, result: &Result<(), TrustError>) -> bool {
    let words = TlsWords::of(session.lang);
    let store = store(look, words);
    let Err(error) = result else {
        say(format_args!("  ✓ {}", fill(done, &[("store", &store)])));
        return true;
    };
    say(format_args!("  ✗ {}", fill(words.failed, &[("store", &store), ("why", &why(error, words))])));
    let file = session.paths.tls_authority().display().to_string();
    let todo = match error {
        TrustError::NoTool(_) => words.no_tool_do.into(),
        TrustError::NeedsRoot(command) => fill(words.needs_root_do, &[("command", command)]),
        TrustError::Locked => fill(words.locked_do, &[("file", &file)]),
        TrustError::Failed(_) => return false,
    };
    say(format_args!("    {todo}"));
    false
}

/// What the agent that runs shows; nothing if none does.
pub(super) fn served(session: &Session) -> Option<Status> {
    serde_json::from_value(client::ask_agent(session, &Call::Status { since: None })?).ok()
}

/// Where stores are.
///
/// # Errors
/// [`Exit::Config`] if the user has no home.
pub(super) fn places(session: &Session) -> Result<Places, Exit> {
    Places::of_user().ok_or_else(|| {
        complain(session.words.no_home);
        Exit::Config
    })
}

/// The https address of the agent that runs, once it has looked at the files again, or why there is none;
/// nothing if no agent runs.
fn tell_agent(session: &Session) -> Option<Result<String, String>> {
    let words = TlsWords::of(session.lang);
    let told = client::call_agent(session, &Call::Tls)?;
    Some(match told {
        Ok(value) => match value["port"].as_u64().and_then(|port| u16::try_from(port).ok()) {
            Some(port) => Ok(address(port)),
            None if value["problem"].is_null() => return None,
            None => Err(value["problem"].as_str().unwrap_or_default().to_owned()),
        },
        Err(_) => Err(words.restart.to_owned()),
    })
}

fn address(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}

fn store(look: &Look, words: &'static TlsWords) -> String {
    let sentence = match look.store.kind {
        Kind::Chromium => words.chromium,
        Kind::Firefox => words.firefox,
        Kind::System => words.system,
    };
    fill(sentence, &[("folder", &look.store.folder.display().to_string())]).into_owned()
}

fn why(error: &TrustError, words: &'static TlsWords) -> String {
    match error {
        TrustError::NoTool(package) => fill(words.no_tool, &[("package", package)]).into_owned(),
        TrustError::NeedsRoot(_) => words.needs_root.to_owned(),
        TrustError::Locked => words.locked.to_owned(),
        TrustError::Failed(why) => why.clone(),
    }
}

fn store_json(look: &Look) -> Value {
    let kind = match look.store.kind {
        Kind::Chromium => "chromium",
        Kind::Firefox => "firefox",
        Kind::System => "system",
    };
    let held = look.held.as_ref();
    json!({
        "kind": kind,
        "folder": look.store.folder.display().to_string(),
        "trusts": held.is_ok_and(|held| held.current),
        "former": held.map(|held| held.former.clone()).unwrap_or_default(),
    })
}

fn not(sentence: &str, path: &Path, error: &io::Error) -> Exit {
    let values = [("path", &*path.display().to_string()), ("why", &*error.to_string())];
    complain(fill(sentence, &values));
    Exit::CantCreate
}
