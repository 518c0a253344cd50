//! `kyso launch kyso:start`: what a page's link starts through the desktop. Any page can open such a link, so it says
//! nothing but that.

use clap::ArgMatches;

use super::exit::Exit;
use super::{Session, client, complain};
use crate::app::Programs;
use crate::sys;
use crate::text::fill;

/// Starts the agent if none runs; any other address is refused and does nothing.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let address = matches.get_one::<String>("address").map(String::as_str).unwrap_or_default();
    if address != START {
        complain(fill(session.words.launch_refused, &[("address", address)]));
        return Exit::Usage;
    }
    if client::agent_runs(session) {
        return Exit::Done;
    }
    let started = Programs::beside_this().and_then(|programs| sys::desktop::start_agent(&programs.kyso));
    match started {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(error);
            Exit::Software
        }
    }
}

/// The one address there is.
const START: &str = "kyso:start";
