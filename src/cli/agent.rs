//! `kyso agent`: the service itself.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ArgMatches;

use super::exit::Exit;
use super::{Session, complain, restart, say, small, tls};
use crate::api::server;
use crate::app::{self, App, CLOSING, Overrides, Programs};
use crate::config::Prompt;
use crate::log;
use crate::sign::SigningService;
use crate::sys;
use crate::sys::signals::{Word, Words};
use crate::text::operations::OperationWords;
use crate::text::{cause, fill};

/// Serves until it is told to stop, as the program that does nothing else; without one it serves itself.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let named = matches.get_one::<PathBuf>("config");
    if matches.get_flag("check") {
        return check(session, named.map(PathBuf::as_path)).err().unwrap_or(Exit::Done);
    }
    let port = matches.get_one::<u16>("port");
    let prompt = matches.get_one::<String>("prompt").map(String::as_str);
    let text = port.map(ToString::to_string);
    let given = [
        ("--config", named.map(|named| named.as_os_str())),
        ("--port", text.as_deref().map(OsStr::new)),
        ("--prompt", prompt.map(OsStr::new)),
    ];
    let arguments = given.iter().filter_map(|(option, value)| Some([OsStr::new(option), (*value)?]));
    let replace = matches.get_flag("replace");
    let arguments = arguments.flatten().chain(replace.then_some(OsStr::new(REPLACE)));
    small::become_small(SMALL, &arguments.collect::<Vec<_>>());
    let Ok(this) = std::env::current_exe().map_err(complain) else { return Exit::Software };
    let wish = Wish { config: named.cloned(), port: port.copied(), prompt: prompt.map(kind), replace };
    serve(session, &wish, this).err().unwrap_or(Exit::Done)
}

/// `kyso-agent [--config FILE] [--port N] [--prompt window|terminal] [--replace]`: as `kyso agent`, whose arguments were looked at
/// before.
pub fn main() -> ExitCode {
    let text = |option| small::argument(option).and_then(|value| value.into_string().ok());
    let wish = Wish {
        config: small::argument("--config").map(PathBuf::from),
        port: text("--port").and_then(|port| port.parse().ok()),
        prompt: text("--prompt").as_deref().map(kind),
        replace: std::env::args_os().any(|argument| argument == REPLACE),
    };
    let Ok(this) = std::env::current_exe().map_err(complain) else { return Exit::Software.into() };
    let served = small::session(wish.config.as_deref())
        .and_then(|session| serve(&session, &wish, small::beside(&this, small::WHOLE)));
    served.err().unwrap_or(Exit::Done).into()
}

/// What the command line wants in the configuration's place.
struct Wish {
    config: Option<PathBuf>,
    port: Option<u16>,
    prompt: Option<Prompt>,
    replace: bool,
}

fn kind(name: &str) -> Prompt {
    if name == "terminal" { Prompt::Terminal } else { Prompt::Window }
}

fn serve(session: &Session, wish: &Wish, kyso: PathBuf) -> Result<(), Exit> {
    let mut config = session.config_of(wish.config.as_deref())?;
    config.port = wish.port.or(config.port);
    config.prompt = wish.prompt.unwrap_or(config.prompt);
    let _ = sys::harden::deny_inspection();
    let _ = sys::harden::give_up_privileges();
    let programs = Programs::beside(kyso);
    let open = || App::open(&config, session.paths.clone(), &programs, Overrides::default());
    // Pages look for the agent where it was.
    let before = wish.replace.then(|| restart::retire(session)).flatten();
    let opened = if wish.replace { restart::after_the_old(open) } else { open() };
    let app = opened.map_err(|error| session.app_failed(&error))?;
    let listener = before.filter(|_| config.port.is_none()).and_then(|port| server::bind(Some(port)).ok());
    let listener = listener.map_or_else(|| server::bind(config.port), Ok).map_err(|error| {
        complain(fill(session.words.no_port, &[("why", &cause::system(session.lang, &error))]));
        Exit::Unavailable
    })?;
    let runtime = app::runtime().map_err(|error| {
        complain(cause::system(session.lang, &error));
        Exit::Software
    })?;
    let removed = Arc::new(AtomicBool::new(false));
    runtime.block_on(async {
        let address = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        // Waited for once everything serves: whoever reads the line may call.
        let (service, removed) = (Arc::clone(app.service()), Arc::clone(&removed));
        let shutdown = async move {
            // And whoever reads it may end the agent.
            let words = Words::listen();
            log::note(fill(session.words.serving, &[("address", &address)]));
            match words {
                Ok(words) => {
                    if finish(session, &service, words).await == Why::Removed {
                        removed.store(true, Ordering::Relaxed);
                    }
                }
                Err(error) => log::warn(cause::system(session.lang, &error)),
            }
        };
        app.run(listener, shutdown).await.map_err(|error| session.app_failed(&error))
    })?;
    if removed.load(Ordering::Relaxed) && session.paths.tls().exists() {
        // Nobody else would take it out of the browsers any more (R68).
        tls::disable_all(session);
    }
    log::note(session.words.stopped);
    Ok(())
}

/// Resolves when the agent is to stop: at once at a terminal's word or a second one of any kind; else, where a service
/// manager or a new agent wants its place or its package was removed, when what is under way is done, or [`CLOSING`] is
/// over.
async fn finish(session: &Session, service: &SigningService, mut words: Words) -> Why {
    let operation = OperationWords::of(session.lang);
    let (word, why) = tokio::select! {
        word = words.next() => (word, Why::Asked),
        () = service.closing() => (Word::Finish, Why::Asked),
        () = sys::program::gone() => {
            log::note(operation.removed);
            (Word::Finish, Why::Removed)
        }
    };
    if word == Word::Stop {
        return why;
    }
    service.close();
    if let Some(left @ 1..) = service.last_ones() {
        log::note(fill(operation.closing, &[("n", &left.to_string())]));
    }
    tokio::select! {
        () = service.idle() => {}
        () = tokio::time::sleep(CLOSING) => {}
        _ = words.next() => {}
    }
    why
}

/// Why an agent ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Somebody wants it to.
    Asked,
    /// Its package was removed.
    Removed,
}

fn check(session: &Session, named: Option<&Path>) -> Result<(), Exit> {
    session.config_of(named)?;
    let own = session.paths.config_file();
    let file = named.unwrap_or(&own);
    let words = session.words;
    let sentence = if file.exists() { words.check_ok } else { words.check_defaults };
    say(fill(sentence, &[("file", &file.display().to_string())]));
    Ok(())
}

const REPLACE: &str = "--replace";
const SMALL: &str = "kyso-agent";
