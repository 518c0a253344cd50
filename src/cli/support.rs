//! `kyso support-bundle`: one text file for whoever helps, which its sender can read.
//!
//! It is plain text, so that what is in it is what the person saw.

mod gather;
mod scrub;

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::exit::Exit;
use super::{Session, complain, say};
use crate::sys;
use crate::text::support::SupportWords;
use crate::text::{Lang, cause, fill};

/// What the command line takes.
pub fn command(lang: Lang, config: Arg) -> Command {
    let words = SupportWords::of(lang);
    Command::new("support-bundle")
        .about(words.about)
        .arg(Arg::new("file").value_name("FILE").help(words.file).value_parser(value_parser!(PathBuf)))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help(words.yes))
        .arg(config)
}

/// Shows what it has gathered, asks, and writes it.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let words = SupportWords::of(session.lang);
    let text = gather::bundle(session, matches);
    let usual = PathBuf::from("kyso-support.txt");
    let file = matches.get_one::<PathBuf>("file").unwrap_or(&usual);
    let shown = [("file", &*file.display().to_string())];
    say(&text);
    say(fill(words.shown, &shown));
    if !matches.get_flag("yes") && !agreed(words) {
        say(words.not_written);
        return Exit::Refused;
    }
    match write(file, &text) {
        Ok(()) => {
            say(fill(words.written, &shown));
            Exit::Done
        }
        Err(error) => {
            let why = cause::system(session.lang, &error);
            complain(fill(words.not_writable, &[shown[0], ("why", &why)]));
            Exit::CantCreate
        }
    }
}

fn agreed(words: &SupportWords) -> bool {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{}", words.ask).and_then(|()| out.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "c" | "C")
}

/// For this user alone, until they give it away.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mut open = sys::files::private_file(file)?;
    open.set_len(0)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()
}
