//! `kyso log`: how much the running agent says, and what it said last.

use clap::{Arg, ArgMatches, Command};

use super::exit::Exit;
use super::{Session, client, complain, say};
use crate::api::control::Call;
use crate::log::Level;
use crate::text::operations::OperationWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, fill};

/// What the command line takes.
pub fn command(lang: Lang) -> Command {
    let words = OperationWords::of(lang);
    let level = Arg::new("level").value_name("warn|info|debug").help(words.log_level);
    let level = level.value_parser(Level::ALL.map(Level::name));
    Command::new("log")
        .about(words.about_log)
        .subcommand_required(true)
        .subcommand(Command::new("level").about(words.about_log_level).arg(level))
        .subcommand(Command::new("show").about(words.about_log_show))
}

/// Changes or shows the level, or shows the lines.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let (lines, level) = match matches.subcommand() {
        Some(("show", _)) => (true, None),
        Some((_, matches)) => (false, matches.get_one::<String>("level").cloned()),
        None => return Exit::Usage,
    };
    let log = match client::call_agent(session, &Call::Log { level }) {
        Some(Ok(log)) => log,
        Some(Err(exit)) => return exit,
        None => {
            complain(TrayWords::of(session.lang).not_running);
            return Exit::Unavailable;
        }
    };
    if lines {
        log["lines"].as_array().into_iter().flatten().filter_map(|line| line.as_str()).for_each(say);
    } else {
        let level = log["level"].as_str().unwrap_or_default();
        say(fill(OperationWords::of(session.lang).level_is, &[("level", level)]));
    }
    Exit::Done
}
