//! What is there: USB, card readers, libraries, tokens, the way to ask.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api::control::Call;
use crate::app::{self, Programs};
use crate::cli::exit::Exit;
use crate::cli::{Session, client};
use crate::config::{Config, Prompt};
use crate::domain::certificate::{Certificate, Purpose, Unfit};
use crate::domain::ports::Tokens as _;
use crate::domain::rules::Rules;
use crate::domain::token::{PinState, Snapshot};
use crate::setup::memory::Memory;
use crate::setup::{self, Asking, Facts, Held, Library, LibraryState, Plugged, Token};
use crate::sys;
use crate::sys::autostart::{Autostart, Started};
use crate::text::Lang;
use crate::text::error::caused;
use crate::token::discovery::Found;
use crate::token::usb::{Devices, UsbId};
use crate::ui;

/// Tokens and their certificates, and why libraries did not work, by path.
#[derive(Default)]
struct Seen {
    tokens: Vec<Token>,
    certificates: Vec<Held>,
    problems: HashMap<String, String>,
}

/// Everything that setup judges.
pub(super) fn facts(
    session: &Session,
    matches: &ArgMatches,
    memory: &Memory,
    autostart: Option<&Autostart>,
) -> Result<Facts, Exit> {
    let config = session.config(matches)?;
    let (now, root) = (OffsetDateTime::now_utc(), Path::new("/"));
    let running = client::agent_runs(session);
    let asking = asking(&config, running, session.lang);
    let policy = session.policy()?;
    let found = app::modules(&config, &policy.rules);
    let mut seen = if running { by_agent(session, matches, now)? } else { Seen::default() };
    let stale = running && seen.tokens.is_empty();
    if seen.tokens.is_empty() {
        seen = by_itself(&config, &found, &policy.rules, now)?;
    }
    let usb = matches.get_one::<PathBuf>("usb").cloned().unwrap_or_else(sys::usb::usual);
    let usb = plugged(&usb);
    let trials = seen.certificates.iter().filter_map(|held| memory.trial(held.id).cloned());
    Ok(Facts {
        usb,
        daemon: sys::pcsc::daemon(root),
        ccid: sys::pcsc::has_ccid(root),
        libraries: libraries(&found, &seen.problems, config.modules.is_some()),
        stale_agent: stale && !seen.tokens.is_empty(),
        trial: trials.max_by_key(|trial| trial.sequence),
        tokens: seen.tokens,
        certificates: seen.certificates,
        asking,
        autostart: match autostart {
            Some(autostart) if starts(autostart) => setup::Autostart::On,
            _ if memory.autostart_declined => setup::Autostart::Declined,
            _ => setup::Autostart::Off,
        },
        now,
    })
}

fn starts(autostart: &Autostart) -> bool {
    [Started::Agent, Started::Tray].into_iter().all(|what| autostart.is_enabled(what))
}

/// Tokens and readers; a keyboard is none.
fn plugged(folder: &Path) -> Option<Vec<Plugged>> {
    let devices = Devices::shipped();
    let tokens = sys::usb::devices(folder).ok()?.into_iter().filter_map(|device| {
        let id = UsbId { vendor: device.vendor, product: device.product };
        let known = devices.find(id).cloned();
        (known.is_some() || device.smart_card).then_some(Plugged { id, name: device.name, known })
    });
    Some(tokens.collect())
}

/// Where the person is asked: as the configuration says, and in this terminal where no display is reached.
fn asking(config: &Config, running: bool, lang: Lang) -> Asking {
    let in_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    match (config.prompt, ui::can_ask(config.prompt == Prompt::Terminal, lang)) {
        (Prompt::Window, Ok(())) => Asking::Window,
        (Prompt::Terminal, Ok(())) => Asking::Terminal,
        // An agent in a terminal of its own asks there.
        (Prompt::Terminal, Err(_)) if running => Asking::Terminal,
        (_, Err(_)) if in_terminal => Asking::Terminal,
        (_, Err(why)) => Asking::No(why),
    }
}

fn libraries(found: &Found, problems: &HashMap<String, String>, configured: bool) -> Vec<Library> {
    // What was taken stands first, in the order of the modules; configured ones are all among them.
    let mut modules = found.modules.iter();
    let all = found.candidates.iter().map(|candidate| {
        let module = if candidate.is_among(configured) { modules.next() } else { None };
        let problem = module.and_then(|module| problems.get(&module.path.display().to_string()));
        let state = match (&candidate.left_out, problem) {
            (Some(reason), _) => LibraryState::LeftOut(reason.clone()),
            (None, Some(why)) => LibraryState::Failed(why.clone()),
            (None, None) => LibraryState::Used,
        };
        Library { path: candidate.path.clone(), vendor: candidate.vendor.clone(), state }
    });
    all.collect()
}

/// Through token hosts of this process' own.
fn by_itself(config: &Config, found: &Found, rules: &Rules, now: OffsetDateTime) -> Result<Seen, Exit> {
    let programs = Programs::beside_this().map_err(|_| Exit::Software)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|_| Exit::Software)?;
    let snapshot: Snapshot =
        runtime.block_on(async { app::hub(config, found.modules.clone(), rules, &programs).look().await });
    let token = |token: &crate::domain::token::TokenInfo| Token {
        label: token.label.clone(),
        serial: token.serial.0.clone(),
        pin: token.pin,
    };
    let problem = |problem: &crate::domain::token::ModuleProblem| {
        (problem.path.clone(), caused(problem.error.code(), problem.error.cause(), config.lang))
    };
    Ok(Seen {
        tokens: snapshot.tokens.iter().map(token).collect(),
        certificates: snapshot.certificates.iter().map(|certificate| held(certificate, now)).collect(),
        problems: snapshot.problems.iter().map(problem).collect(),
    })
}

fn held(certificate: &Certificate, now: OffsetDateTime) -> Held {
    Held {
        id: certificate.id,
        holder: certificate.subject.short().to_owned(),
        organisation: certificate.subject.organisation.clone().unwrap_or_default(),
        issuer: certificate.issuer.short().to_owned(),
        until: certificate.not_after,
        unfit: certificate.fit_for(Purpose::Sign, now).err().or_else(|| certificate.scheme(None).err()),
        token: certificate.token.0.clone(),
    }
}

/// As the agent sees it.
fn by_agent(session: &Session, matches: &ArgMatches, now: OffsetDateTime) -> Result<Seen, Exit> {
    let listed = client::call(session, matches, &Call::Tokens)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let token = |token: &Value| Token {
        label: text(&token["label"]),
        serial: text(&token["serial"]),
        pin: pin(token["pin"].as_str().unwrap_or_default()),
    };
    let problem = |problem: &Value| {
        let why = if problem["cause"].is_string() { &problem["cause"] } else { &problem["code"] };
        (text(&problem["path"]), text(why))
    };
    let tokens = all(&listed["tokens"]).iter().map(token).collect();
    let problems = all(&listed["problems"]).iter().map(problem).collect();
    let listed = client::call(session, matches, &Call::Certificates)?;
    let certificates = all(&listed["certificates"]).iter().filter_map(|value| told(value, now)).collect();
    Ok(Seen { tokens, certificates, problems })
}

/// A certificate as the agent lists it.
fn told(value: &Value, now: OffsetDateTime) -> Option<Held> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = |name: &Value| {
        ["common_name", "organisation", "text"].iter().find_map(|key| text(&name[*key])).unwrap_or_default()
    };
    let moment = |key: &str| OffsetDateTime::parse(value[key].as_str()?, &Rfc3339).ok();
    let (from, until) = (moment("not_before")?, moment("not_after")?);
    let signs = value["purposes"].as_array()?.iter().any(|purpose| purpose == "sign");
    let schemes = value["schemes"].as_array().map_or(0, Vec::len);
    let unfit = if now > until {
        Some(Unfit::Expired)
    } else if now < from {
        Some(Unfit::NotYetValid)
    } else if !signs {
        Some(Unfit::NotForSigning)
    } else if schemes == 0 {
        Some(Unfit::Scheme)
    } else {
        None
    };
    Some(Held {
        id: value["id"].as_str()?.parse().ok()?,
        holder: name(&value["subject"]),
        organisation: text(&value["subject"]["organisation"]).unwrap_or_default(),
        issuer: name(&value["issuer"]),
        until,
        unfit,
        token: text(&value["token"]).unwrap_or_default(),
    })
}

fn pin(name: &str) -> PinState {
    let all = [
        PinState::Low,
        PinState::Doubted,
        PinState::FinalTry,
        PinState::Locked,
        PinState::MustChange,
        PinState::Reader,
    ];
    all.into_iter().find(|state| state.name() == name).unwrap_or_default()
}
