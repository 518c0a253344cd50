//! `kyso completions SHELL`.

use std::io::Write as _;

use clap::ArgMatches;
use clap_complete::Shell;

use super::definition;
use super::exit::Exit;
use crate::text::Lang;

/// Prints the completions of one shell.
pub fn run(matches: &ArgMatches, lang: Lang) -> Exit {
    let Some(shell) = matches.get_one::<Shell>("shell") else { return Exit::Usage };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut definition::command(lang), "kyso", &mut script);
    // A reader that has gone is no error.
    let _ = std::io::stdout().lock().write_all(&script);
    Exit::Done
}
