//! `kyso logout`: ends every kept login.

use clap::ArgMatches;

use super::exit::Exit;
use super::{Session, client, say};
use crate::api::control::Call;
use crate::text::fill;
use crate::text::keep::KeepWords;

/// Ends them in the agent that runs, and says how many there were.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let words = KeepWords::of(session.lang);
    match client::call(session, matches, &Call::Logout) {
        Ok(value) => {
            match value["ended"].as_u64().unwrap_or_default() {
                0 => say(words.none_kept),
                1 => say(words.logged_out_one),
                ended => say(fill(words.logged_out, &[("n", &ended.to_string())])),
            }
            Exit::Done
        }
        Err(exit) => exit,
    }
}
