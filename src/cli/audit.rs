//! `kyso audit`: the log for people and for other programs. Needs no agent, and works beside one.
//!
//! Exit codes: 0 done and, for `verify`, intact; 1 the log was changed; 2 wrong arguments; 66 no
//! log there; 73 the result can't be written; 74 the log can't be read (sysexits.h).

use std::fs::File;
use std::io;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use indicatif::{ProgressBar, ProgressStyle};
use time::Date;
use time::macros::format_description;

use super::definition::Said;
use crate::domain::audit::Receipt;
use crate::store::export::CsvWriter;
use crate::store::read::{Range, ReadError, Reader};
use crate::store::verify;
use crate::store::verify::{Broken, Verified, VerifyError, Why};
use crate::store::{StoreError, export};
use crate::sys;
use crate::text::Lang;
use crate::text::audit::AuditWords;
use crate::text::cause;
use crate::text::fill;

mod table;

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
    let verify = Command::new("verify")
        .about(words.about_verify)
        .arg(
            Arg::new("receipt")
                .long("receipt")
                .value_name("SEQUENCE:HEAD")
                .value_parser(move |text: &str| parse_receipt(text, lang).map_err(Said))
                .help(words.help_receipt),
        )
        .arg(
            Arg::new("export")
                .long("export")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(words.help_export_file),
        );
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
        .subcommands([list, verify, export])
}

/// Does what the arguments of [`command`] say with the log at `database`.
pub fn run(matches: &ArgMatches, database: &Path, lang: Lang) -> ExitCode {
    let result = match matches.subcommand() {
        Some(("list", matches)) => list(matches, database, lang),
        Some(("verify", matches)) => verify(matches, database, lang),
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

fn verify(matches: &ArgMatches, database: &Path, lang: Lang) -> Result<ExitCode, Failure> {
    let receipt = matches.get_one::<Receipt>("receipt").cloned();
    let file = matches.get_one::<PathBuf>("export");
    let path = file.map_or(database, PathBuf::as_path);
    let verified = match file {
        Some(file) => File::open(file)
            .map_err(|error| VerifyError::Read(StoreError::File(error)))
            .and_then(|input| verify::verify_export(BufReader::new(input), receipt)),
        None => verify::verify(database, receipt),
    };
    let (report, code) = match verified {
        Ok(verified) => (intact(&verified, lang), ExitCode::SUCCESS),
        Err(VerifyError::Broken(broken)) => {
            let todo = AuditWords::of(lang).broken_do;
            (format!("{}\n{todo}", changed(&broken, lang)), ExitCode::from(BROKEN))
        }
        Err(VerifyError::Read(error)) => return Err(Failure::Log(path.to_owned(), error)),
    };
    // A closed pipe must not turn a changed log into success.
    match writeln!(io::stdout().lock(), "{report}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(code),
    }
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
    Output(io::Error),
    OverLog,
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
            Self::OverLog => ExitCode::from(USAGE),
            Self::Output(_) => ExitCode::from(CANT_CREATE),
            Self::Log(..) => ExitCode::from(IO_ERROR),
        }
    }

    fn sentence(&self, lang: Lang) -> Option<String> {
        let words = AuditWords::of(lang);
        let sentence = match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return None,
            Self::OverLog => words.over_log.into(),
            Self::Output(error) => fill(words.unwritable, &[("cause", &cause::system(lang, error))]),
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

fn intact(verified: &Verified, lang: Lang) -> String {
    let words = AuditWords::of(lang);
    if verified.rows == 0 {
        return words.intact_empty.to_owned();
    }
    let first = verified.first.to_string();
    let last = verified.head.sequence.to_string();
    let receipt = format!("{last}:{}", hex::encode(verified.head.head));
    let values = [("rows", &*verified.rows.to_string()), ("first", &*first), ("last", &*last)];
    let mut lines = vec![fill(words.intact, &values)];
    lines.push(fill(words.intact_head, &[("receipt", &receipt)]));
    if verified.first > 1 {
        lines.push(fill(words.not_from_start, &[("first", &first)]));
    }
    lines.join("\n")
}

/// That the log was changed, where and how.
pub(super) fn changed(broken: &Broken, lang: Lang) -> String {
    let words = AuditWords::of(lang);
    let why = match broken.why {
        Why::Sequence => words.why_sequence,
        Why::Previous => words.why_previous,
        Why::Hash => words.why_hash,
        Why::Line => words.why_line,
        Why::Truncated => words.why_truncated,
        Why::Receipt => words.why_receipt,
    };
    let sequence = broken.sequence.to_string();
    fill(words.broken, &[("sequence", &sequence), ("why", why)]).into_owned()
}

/// Takes the head as replies write it (`sha256:…`) and as `verify` prints it.
fn parse_receipt(text: &str, lang: Lang) -> Result<Receipt, String> {
    let parse = || {
        let (sequence, head) = text.split_once(':')?;
        let mut receipt = Receipt { sequence: sequence.parse().ok()?, head: [0; 32] };
        let digits = head.strip_prefix("sha256:").unwrap_or(head);
        hex::decode_to_slice(digits, &mut receipt.head).ok()?;
        (receipt.sequence > 0).then_some(receipt)
    };
    parse().ok_or_else(|| AuditWords::of(lang).bad_receipt.to_owned())
}

fn parse_day(text: &str, lang: Lang) -> Result<String, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map(|_| text.to_owned())
        .map_err(|_| AuditWords::of(lang).bad_date.to_owned())
}

const BROKEN: u8 = 1;
const USAGE: u8 = 2;
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
    fn says_what_verify_found() {
        let head = Receipt { sequence: 6, head: [0xab; 32] };
        let verified = Verified { rows: 4, first: 3, head };
        let receipt = "ab".repeat(32);
        assert_eq!(
            intact(&verified, Lang::En),
            format!(
                "The log is intact: 4 rows, from number 3 to number 6.\n\
                 Receipt of the last row: 6:{receipt}\n\
                 Rows before number 3 are not in the file and were not verified."
            )
        );
        assert_eq!(
            changed(&Broken { sequence: 5, why: Why::Hash }, Lang::Vi),
            "NHẬT KÝ ĐÃ BỊ SỬA ĐỔI tại dòng số 5: nội dung dòng này đã bị sửa."
        );
    }

    #[test]
    fn takes_a_receipt_as_replies_write_it() {
        let digits = "0f".repeat(32);
        let receipt = Receipt { sequence: 42, head: [0x0f; 32] };
        for text in [format!("42:sha256:{digits}"), format!("42:{digits}")] {
            assert_eq!(parse_receipt(&text, Lang::En), Ok(receipt.clone()));
        }
        for wrong in ["", "42", "42:", "0:", ":x", &format!("0:{digits}"), &format!("x:{digits}")] {
            assert!(parse_receipt(wrong, Lang::En).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure.code(), ExitCode::SUCCESS);
        assert_eq!(failure.sentence(Lang::Vi), None);
    }
}
