//! `kyso audit`: the log for people and for other programs. Needs no agent, and works beside one.
//!
//! Exit codes: 0 done and, for `verify`, intact; 1 the log was changed; 2 wrong arguments; 65 a log in place of an
//! export; 66 no log there; 73 the result can't be written; 74 the log can't be read (sysexits.h).

use std::fs::File;
use std::io;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use indicatif::{ProgressBar, ProgressStyle};
use time::Date;
use time::macros::format_description;

use super::definition::Said;
use crate::api::identity::Identity;
use crate::domain::ports::Notary as _;
use crate::store::export::CsvWriter;
use crate::store::read::{Range, ReadError, Reader};
use crate::store::{StoreError, export};
use crate::sys;
use crate::text::Lang;
use crate::text::audit::AuditWords;
use crate::text::cause;
use crate::text::fill;

mod table;
mod verify;

pub(super) use verify::{changed, named};

/// The arguments of `kyso audit`, explained in the person's language.
pub fn command(lang: Lang) -> Command {
    let words = AuditWords::of(lang);
    let day = move |text: &str| parse_day(text, lang).map_err(Said);
    let list = Command::new("list")
        .about(words.about_list)
        .arg(
            Arg::new("last")
                .long("last")
                .value_name("N")
                .default_value("50")
                .hide_default_value(true)
                .value_parser(clap::value_parser!(u32).range(1..))
                .help(words.help_last),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help(words.help_json));
    let key = Command::new("key").about(words.about_key);
    let export = Command::new("export")
        .about(words.about_export)
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("jsonl|csv")
                .required(true)
                .value_parser(PossibleValuesParser::new(["jsonl", "csv"]))
                .help(words.help_format),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(words.help_out),
        )
        .arg(Arg::new("since").long("since").value_name("DATE").value_parser(day).help(words.help_since))
        .arg(Arg::new("until").long("until").value_name("DATE").value_parser(day).help(words.help_until));
    Command::new("audit")
        .about(words.about)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([list, verify::command(lang), export, key])
}

/// Does what the arguments of [`command`] say with the log at `database`.
pub fn run(matches: &ArgMatches, database: &Path, lang: Lang) -> ExitCode {
    let result = match matches.subcommand() {
        Some(("list", matches)) => list(matches, database, lang),
        Some(("verify", matches)) => verify::run(matches, database, lang),
        Some(("key", _)) => key(database, lang),
        Some(("export", matches)) => export(matches, database, lang),
        _ => Ok(ExitCode::from(USAGE)),
    };
    result.unwrap_or_else(|failure| {
        let code = failure.code();
        if let Some(sentence) = failure.sentence(lang) {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "{sentence}");
        }
        code
    })
}

fn list(matches: &ArgMatches, database: &Path, lang: Lang) -> Result<ExitCode, Failure> {
    let reader = open(database)?;
    let range = Range { last: matches.get_one("last").copied(), ..Range::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    let failed = |error| Failure::read(database, error);
    if matches.get_flag("json") {
        reader
            .each(&range, |row| export::write_json_line(&row, &mut out).map_err(ReadError::from))
            .map_err(failed)?;
    } else {
        let mut lines = Vec::new();
        let taken: Result<(), ReadError> = reader.each(&range, |row| {
            lines.push(table::line(&row, reader.local_time(&row.time), lang));
            Ok(())
        });
        taken.map_err(failed)?;
        table::write(&lines, lang, &mut out).map_err(Failure::Output)?;
    }
    out.flush().map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The public key that signs the log's checkpoints.
fn key(database: &Path, lang: Lang) -> Result<ExitCode, Failure> {
    let path = identity(database);
    let key = Identity::load(&path).map_err(|error| Failure::Key(path, error))?.key();
    writeln!(io::stdout().lock(), "{}", named(&key)).map_err(Failure::Output)?;
    let _ = writeln!(io::stderr(), "{}", AuditWords::of(lang).key_do);
    Ok(ExitCode::SUCCESS)
}

/// The agent's key, which lies beside its log.
fn identity(database: &Path) -> PathBuf {
    database.with_file_name("identity.key")
}

fn export(matches: &ArgMatches, database: &Path, lang: Lang) -> Result<ExitCode, Failure> {
    let reader = open(database)?;
    let day = |name| matches.get_one::<String>(name).cloned();
    let range = Range { since: day("since"), until: day("until"), last: None };
    let out: Box<dyn Write> = match matches.get_one::<PathBuf>("out") {
        Some(path) if is_log(path, database) => return Err(Failure::OverLog),
        Some(path) => Box::new(sys::files::private_file(path).and_then(emptied).map_err(Failure::Output)?),
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::new(out);
    let failed = |error| Failure::read(database, error);
    let bar = progress(&reader, &range, lang).map_err(|error| failed(ReadError::Log(error)))?;
    if matches.get_one::<String>("format").is_some_and(|format| format == "csv") {
        let mut writer = CsvWriter::new(&mut out).map_err(Failure::Output)?;
        reader
            .each(&range, |row| {
                bar.inc(1);
                writer.write(&row).map_err(ReadError::from)
            })
            .map_err(failed)?;
        writer.finish().map_err(Failure::Output)?;
    } else {
        reader
            .each(&range, |row| {
                bar.inc(1);
                export::write_json_line(&row, &mut out).map_err(ReadError::from)
            })
            .map_err(failed)?;
    }
    out.flush().map_err(Failure::Output)?;
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// Why nothing was done, or not all.
enum Failure {
    Log(PathBuf, StoreError),
    Key(PathBuf, io::Error),
    Output(io::Error),
    OverLog,
    /// What was given as an export can't be opened …
    Export(PathBuf, io::Error),
    /// … or is a whole log.
    IsLog(PathBuf),
}

impl Failure {
    fn read(database: &Path, error: ReadError) -> Self {
        match error {
            ReadError::Log(error) => Self::Log(database.to_owned(), error),
            ReadError::Output(error) => Self::Output(error),
        }
    }

    fn is_absent(error: &StoreError) -> bool {
        matches!(error, StoreError::File(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// The reader of a closed pipe (`| head`) had enough: that is no failure.
    fn code(&self) -> ExitCode {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Log(_, error) if Self::is_absent(error) => ExitCode::from(NO_INPUT),
            Self::Key(_, error) if error.kind() == io::ErrorKind::NotFound => ExitCode::from(NO_INPUT),
            Self::OverLog => ExitCode::from(USAGE),
            Self::Export(_, error) if error.kind() == io::ErrorKind::NotFound => ExitCode::from(NO_INPUT),
            Self::Export(..) => ExitCode::from(IO_ERROR),
            Self::IsLog(_) => ExitCode::from(DATA),
            Self::Output(_) => ExitCode::from(CANT_CREATE),
            Self::Log(..) | Self::Key(..) => ExitCode::from(IO_ERROR),
        }
    }

    fn sentence(&self, lang: Lang) -> Option<String> {
        let words = AuditWords::of(lang);
        let sentence = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return None,
            Self::OverLog => words.over_log.into(),
            Self::Export(path, error) => {
                let is_absent = error.kind() == io::ErrorKind::NotFound;
                let sentence = if is_absent { words.no_export } else { words.unreadable };
                let (path, cause) = (path.display().to_string(), cause::system(lang, error));
                return Some(fill(sentence, &[("path", &path), ("cause", &cause)]).into_owned());
            }
            Self::IsLog(path) => {
                return Some(fill(words.is_a_log, &[("path", &path.display().to_string())]).into_owned());
            }
            Self::Output(error) => fill(words.unwritable, &[("cause", &cause::system(lang, error))]),
            Self::Key(path, error) => {
                let values =
                    [("path", &*path.display().to_string()), ("cause", &*cause::system(lang, error))];
                return Some(fill(words.no_key, &values).into_owned());
            }
            Self::Log(path, error) => {
                let path = path.display().to_string();
                let sentence = if Self::is_absent(error) { words.no_log } else { words.unreadable };
                return Some(fill(sentence, &[("path", &path), ("cause", &error.told(lang))]).into_owned());
            }
        };
        Some(sentence.into_owned())
    }
}

fn open(database: &Path) -> Result<Reader, Failure> {
    Reader::open(database).map_err(|error| Failure::Log(database.to_owned(), error))
}

/// Whether an export to `path` would destroy the log: its file, or one that SQLite keeps beside it.
pub(super) fn is_log(path: &Path, database: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    ["", "-wal", "-shm"].into_iter().any(|end| {
        let mut file = database.as_os_str().to_owned();
        file.push(end);
        PathBuf::from(file).canonicalize().is_ok_and(|file| file == path)
    })
}

fn emptied(file: File) -> io::Result<File> {
    file.set_len(0)?;
    Ok(file)
}

/// Shows itself only on a terminal.
fn progress(reader: &Reader, range: &Range, lang: Lang) -> Result<ProgressBar, StoreError> {
    let bar = ProgressBar::new(reader.count(range)?).with_prefix(AuditWords::of(lang).exporting);
    Ok(match ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
}

fn parse_day(text: &str, lang: Lang) -> Result<String, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map(|_| text.to_owned())
        .map_err(|_| AuditWords::of(lang).bad_date.to_owned())
}

const USAGE: u8 = 2;
/// `EX_DATAERR`.
const DATA: u8 = 65;
/// `EX_NOINPUT`.
const NO_INPUT: u8 = 66;
/// `EX_CANTCREAT`.
const CANT_CREATE: u8 = 73;
/// `EX_IOERR`.
const IO_ERROR: u8 = 74;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure.code(), ExitCode::SUCCESS);
        assert_eq!(failure.sentence(Lang::Vi), None);
    }
}
