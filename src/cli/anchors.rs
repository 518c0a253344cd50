//! `kyso anchors add|list|remove`: the authorities that this computer trusts, for every user of it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::exit::Exit;
use super::{Session, complain, print_json, say};
use crate::sys::machine::{self, Folder};
use crate::text::validation::ValidationWords;
use crate::text::{Lang, cause, fill, number};
use crate::validation::anchors::{self, Anchor, Unusable, Why};

/// The definition of the subcommand.
pub(super) fn command(lang: Lang, json: Arg) -> Command {
    let words = ValidationWords::of(lang);
    let file = Arg::new("file").required(true).value_name("FILE").help(words.anchors_file);
    let given = Arg::new("fingerprint").long("fingerprint").value_name("HEX").help(words.anchors_fingerprint);
    let which = Arg::new("fingerprint").required(true).value_name("FINGERPRINT").help(words.anchors_which);
    Command::new("anchors")
        .about(words.anchors)
        .subcommand_required(true)
        .subcommand(
            Command::new("add")
                .about(words.anchors_add)
                .arg(file.value_parser(value_parser!(PathBuf)))
                .arg(given),
        )
        .subcommand(Command::new("list").about(words.anchors_list).arg(json))
        .subcommand(Command::new("remove").about(words.anchors_remove).arg(which))
}

/// Adds, lists or removes.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let place = Place {
        machine: session.paths.machine().clone(),
        lang: session.lang,
        words: ValidationWords::of(session.lang),
    };
    let text = |matches: &ArgMatches| matches.get_one::<String>("fingerprint").cloned();
    let result = match matches.subcommand() {
        Some(("add", matches)) => match matches.get_one::<PathBuf>("file") {
            Some(file) => place.add(file, text(matches)),
            None => Err(Exit::Usage),
        },
        Some(("list", matches)) => place.list(matches.get_flag("json")),
        Some(("remove", matches)) => place.remove(&text(matches).unwrap_or_default()),
        _ => Err(Exit::Usage),
    };
    result.unwrap_or_else(|exit| exit)
}

struct Place {
    machine: Folder,
    lang: Lang,
    words: &'static ValidationWords,
}

impl Place {
    fn add(&self, file: &Path, given: Option<String>) -> Result<Exit, Exit> {
        let anchor = anchors::only(file).map_err(|error| self.no_certificate(file, &error))?;
        if !anchor.is_authority {
            complain(self.words.no_authority);
            return Err(Exit::Data);
        }
        if anchor.expires < OffsetDateTime::now_utc() {
            complain(self.words.over);
            return Err(Exit::Data);
        }
        self.show(&anchor);
        if self.read()?.iter().any(|known| known.fingerprint == anchor.fingerprint) {
            say(self.words.there_already);
            return Ok(Exit::Done);
        }
        match given {
            Some(given) if plain(&given) == hex::encode(anchor.fingerprint) => {}
            Some(_) => {
                complain(self.words.other);
                return Err(Exit::Refused);
            }
            None => self.confirm(&anchor)?,
        }
        let name = anchors::file_name(&anchor.fingerprint);
        let folder = anchors::folder(&self.machine);
        machine::publish(&folder, &name, &anchor.der).map_err(|error| self.not_written(&folder, &error))?;
        say(self.words.added);
        Ok(Exit::Done)
    }

    fn list(&self, json: bool) -> Result<Exit, Exit> {
        let anchors = self.read()?;
        if json {
            let listed = anchors.iter().map(|anchor| {
                json!({
                    "fingerprint": format!("sha256:{}", hex::encode(anchor.fingerprint)),
                    "subject": anchor.subject,
                    "expires": anchor.expires.format(&Rfc3339).ok(),
                    "file": anchor.file,
                })
            });
            print_json(&json!({ "anchors": listed.collect::<Vec<_>>() }));
            return Ok(Exit::Done);
        }
        if anchors.is_empty() {
            say(self.words.no_anchors);
        }
        for (at, anchor) in anchors.iter().enumerate() {
            if at > 0 {
                say("");
            }
            self.show(anchor);
            say(fill(self.words.in_file, &[("path", &anchor.file.display().to_string())]));
        }
        Ok(Exit::Done)
    }

    /// The whole fingerprint is the word for it.
    fn remove(&self, fingerprint: &str) -> Result<Exit, Exit> {
        let (anchors, wanted) = (self.read()?, plain(fingerprint));
        let found = anchors.iter().find(|anchor| hex::encode(anchor.fingerprint) == wanted);
        let Some(anchor) = found else {
            complain(self.words.no_such);
            return Err(Exit::Wrong);
        };
        self.show(anchor);
        if anchors.iter().filter(|other| other.file == anchor.file).count() > 1 {
            complain(fill(self.words.shared, &[("path", &anchor.file.display().to_string())]));
            return Err(Exit::Data);
        }
        std::fs::remove_file(&anchor.file).map_err(|error| self.not_written(&anchor.file, &error))?;
        say(self.words.removed);
        Ok(Exit::Done)
    }

    fn show(&self, anchor: &Anchor) {
        say(fill(self.words.subject, &[("name", &anchor.subject)]));
        say(fill(self.words.fingerprint, &[("fingerprint", &grouped(&anchor.fingerprint))]));
        say(fill(self.words.until, &[("date", &number::day(self.lang, anchor.expires.date()))]));
    }

    /// Who is to type digits has to look at them.
    fn confirm(&self, anchor: &Anchor) -> Result<(), Exit> {
        let wanted = hex::encode(anchor.fingerprint);
        let mut typed = String::new();
        if io::stdin().is_terminal() {
            let mut out = io::stdout().lock();
            let _ = write!(out, "{}", self.words.confirm).and_then(|()| out.flush());
            let _ = io::stdin().read_line(&mut typed);
        }
        let typed = plain(&typed);
        if typed.len() >= TYPED && wanted.starts_with(&typed) {
            return Ok(());
        }
        complain(self.words.not_confirmed);
        Err(Exit::Refused)
    }

    fn read(&self) -> Result<Vec<Anchor>, Exit> {
        anchors::read(&self.machine).map_err(|unusable| {
            complain(told(&unusable, self.lang));
            Exit::NoInput
        })
    }

    fn no_certificate(&self, file: &Path, error: &io::Error) -> Exit {
        let why = if error.kind() == io::ErrorKind::InvalidData {
            self.words.several.to_owned()
        } else {
            cause::system(self.lang, error)
        };
        let path = file.display().to_string();
        complain(fill(self.words.no_certificate, &[("path", &path), ("why", &why)]));
        Exit::NoInput
    }

    fn not_written(&self, path: &Path, error: &io::Error) -> Exit {
        let shown = path.display().to_string();
        if error.kind() == io::ErrorKind::PermissionDenied {
            complain(fill(self.words.not_allowed, &[("path", &shown)]));
            return Exit::Refused;
        }
        let why = cause::system(self.lang, error);
        complain(fill(self.words.not_written, &[("path", &shown), ("why", &why)]));
        Exit::CantCreate
    }
}

/// Which file can't be used, and why.
pub(super) fn told(unusable: &Unusable, lang: Lang) -> String {
    let words = ValidationWords::of(lang);
    let path = unusable.path.display().to_string();
    match &unusable.why {
        Why::Unread(error) => fill(words.not_read, &[("path", &path), ("why", &cause::system(lang, error))]),
        Why::Loose => fill(words.loose, &[("path", &path)]),
        Why::NoCertificate => fill(words.holds_none, &[("path", &path)]),
    }
    .into_owned()
}

/// As openssl prints it, as Kyso does, or with blanks: the digits alone.
fn plain(fingerprint: &str) -> String {
    let text = fingerprint.trim().to_lowercase();
    let text = text.strip_prefix("sha256:").unwrap_or(&text);
    text.chars().filter(|letter| !matches!(letter, ':' | ' ')).collect()
}

/// In pairs, as authorities publish it.
fn grouped(fingerprint: &[u8]) -> String {
    fingerprint.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Digits that are typed at least.
const TYPED: usize = 8;
