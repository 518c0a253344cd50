//! `kyso agent`: the service itself.

use clap::ArgMatches;

use super::exit::Exit;
use super::{Session, complain, say};
use crate::api::server;
use crate::app::{self, App, Overrides, Programs};
use crate::config::Prompt;
use crate::log;
use crate::sys;
use crate::text::fill;

/// Serves until it is told to stop.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    match start(session, matches) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn start(session: &Session, matches: &ArgMatches) -> Result<(), Exit> {
    let mut config = session.config(matches)?;
    if let Some(port) = matches.get_one::<u16>("port") {
        config.port = Some(*port);
    }
    match matches.get_one::<String>("prompt").map(String::as_str) {
        Some("terminal") => config.prompt = Prompt::Terminal,
        Some(_) => config.prompt = Prompt::Window,
        None => {}
    }
    if matches.get_flag("check") {
        check(session, matches);
        return Ok(());
    }
    let _ = sys::harden::deny_inspection();
    let programs = Programs::beside_this().map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    let app = App::open(&config, session.paths.clone(), &programs, Overrides::default())
        .map_err(|error| session.app_failed(&error))?;
    let listener = server::bind(config.port).map_err(|error| {
        complain(fill(session.words.no_port, &[("why", &error.to_string())]));
        Exit::Unavailable
    })?;
    let runtime = app::runtime().map_err(|error| {
        complain(error);
        Exit::Software
    })?;
    runtime.block_on(async {
        let address = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        // Waited for once everything serves: whoever reads the line may call.
        let shutdown = async {
            log::note(fill(session.words.serving, &[("address", &address)]));
            if let Err(error) = sys::signals::shutdown().await {
                log::note(error);
            }
        };
        app.run(listener, shutdown).await.map_err(|error| session.app_failed(&error))
    })?;
    log::note(session.words.stopped);
    Ok(())
}

fn check(session: &Session, matches: &ArgMatches) {
    let own = session.paths.config_file();
    let named = matches.get_one::<std::path::PathBuf>("config");
    let file = named.unwrap_or(&own);
    let words = session.words;
    let sentence = if file.exists() { words.check_ok } else { words.check_defaults };
    say(fill(sentence, &[("file", &file.display().to_string())]));
}
