//! `kyso report`: statistics of a quarter or a year, from this machine's log or from many machines' exports.
//! Needs no agent; one that runs is asked which certificates are on its tokens.
//!
//! Exit codes: 0 done; 1 written, but the log was changed or a file is not counted; 2 wrong arguments;
//! 66 no log or no exports there; 73 the report can't be written; 74 the log can't be read.

use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use time::{OffsetDateTime, UtcOffset};

use super::exit::Exit;
use super::{Session, complain, say};
use crate::report::inventory::inventory;
use crate::report::{Gathering, Period, Provenance, Report};
use crate::report::{csv, html, json};
use crate::store::StoreError;
use crate::store::clock::{Local, LocalClock};
use crate::sys;
use crate::text::audit::AuditWords;
use crate::text::report::ReportWords;
use crate::text::{Lang, cause, fill, number};
use read::Read;

mod read;

/// The arguments, explained in the person's language.
pub fn command(lang: Lang) -> Command {
    let words = ReportWords::of(lang);
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("report").about(words.about).args([
        option("year", "YEAR", words.help_year).value_parser(value_parser!(i32).range(2000..=9998)),
        option("quarter", "1|2|3|4", words.help_quarter).value_parser(value_parser!(u8).range(1..=4)),
        option("format", "html|csv|json", words.help_format)
            .value_parser(PossibleValuesParser::new(["html", "csv", "json"])),
        option("out", "FILE", words.help_out).value_parser(value_parser!(PathBuf)),
        option("office", "NAME", words.help_office),
        option("merge", "FOLDER", words.help_merge).value_parser(value_parser!(PathBuf)),
        option("language", "vi|en", words.help_language)
            .value_parser(PossibleValuesParser::new(["vi", "en"])),
    ])
}

/// Reads, adds up and writes.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    match report(session, matches) {
        Ok(exit) => exit,
        Err(Failure { sentence, exit }) => {
            complain(sentence);
            exit
        }
    }
}

/// Why there is no report.
struct Failure {
    sentence: String,
    exit: Exit,
}

fn report(session: &Session, matches: &ArgMatches) -> Result<Exit, Failure> {
    let lang = match matches.get_one::<String>("language").map(String::as_str) {
        Some("en") => Lang::En,
        Some(_) => Lang::Vi,
        None => session.lang,
    };
    let database = session.paths.audit();
    let mut clock = LocalClock::new().map_err(|error| unreadable(&database, &error, session.lang))?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let offset =
        i32::try_from(clock.offset(now)).ok().and_then(|offset| UtcOffset::from_whole_seconds(offset).ok());
    let today = clock.show(now).unwrap_or_else(|| Local {
        date: OffsetDateTime::UNIX_EPOCH.date(),
        hour: 0,
        minute: 0,
    });
    let period = match (matches.get_one::<i32>("year"), matches.get_one::<u8>("quarter")) {
        (None, None) => Period::quarter_of(today.date),
        (year, quarter) => {
            Period { year: year.copied().unwrap_or_else(|| today.date.year()), quarter: quarter.copied() }
        }
    };
    let format = Format::of(matches);
    let out = matches.get_one::<PathBuf>("out").cloned();
    let out = out.unwrap_or_else(|| PathBuf::from(format!("kyso-{}.{}", period.code(), format.name())));
    let mut gathering = Gathering::new(period, today.date);
    let read = match matches.get_one::<PathBuf>("merge") {
        Some(folder) => read::folder(folder, &out, &mut gathering, &mut clock, session.lang)?,
        None => read::own(session, &out, &mut gathering, &mut clock)?,
    };
    let Read { sources, machines, seen, lists, ignored } = read;
    let statistics = gathering.finish();
    let offset = offset.unwrap_or(UtcOffset::UTC);
    let origin = Provenance {
        sources,
        machines,
        made: today.date,
        time: (today.hour, today.minute),
        offset,
        lists,
        ignored,
    };
    let inventory = inventory(&statistics, &seen, offset);
    let office = matches.get_one::<String>("office").cloned();
    let report = Report { office, statistics, inventory, origin };
    write(&rendered(&report, format, lang), &out).map_err(|error| cant_write(&error, session.lang))?;
    Ok(tell(&report, &out, session.lang))
}

/// Says what was read and where the report is.
fn tell(report: &Report, out: &Path, lang: Lang) -> Exit {
    let words = ReportWords::of(lang);
    let origin = &report.origin;
    let whole = |value| number::whole(lang, value);
    let repeated = origin.sources.iter().map(|source| source.repeated).sum();
    let values = [
        ("rows", whole(origin.rows())),
        ("files", whole(origin.files())),
        ("machines", whole(origin.machines.unwrap_or_default())),
        ("repeated", whole(repeated)),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let sentence = if origin.machines.is_some() { words.read_merged } else { words.read };
    let _ = writeln!(io::stderr(), "{}", fill(sentence, &values));
    if out != Path::new(STDOUT) {
        say(fill(words.written, &[("path", &out.display().to_string())]));
    }
    if origin.is_damaged() {
        complain(words.damaged);
        return Exit::Wrong;
    }
    Exit::Done
}

#[derive(Clone, Copy)]
enum Format {
    Html,
    Csv,
    Json,
}

impl Format {
    /// As asked for, else by the file's name.
    fn of(matches: &ArgMatches) -> Self {
        let named = matches.get_one::<String>("format").cloned();
        let out = matches.get_one::<PathBuf>("out");
        let named = named.or_else(|| Some(out?.extension()?.to_string_lossy().to_lowercase()));
        match named.as_deref() {
            Some("csv") => Self::Csv,
            Some("json") => Self::Json,
            _ => Self::Html,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

fn rendered(report: &Report, format: Format, lang: Lang) -> Vec<u8> {
    match format {
        Format::Html => html::page(report, lang).into_bytes(),
        Format::Json => format!("{:#}\n", json::value(report)).into_bytes(),
        Format::Csv => {
            let mut bytes = Vec::new();
            // Memory takes everything.
            let _ = csv::write(report, &mut bytes);
            bytes
        }
    }
}

fn write(bytes: &[u8], out: &Path) -> io::Result<()> {
    if out == Path::new(STDOUT) {
        let mut stdout = io::stdout().lock();
        return match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            // Whoever reads had enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        };
    }
    let mut file = sys::files::private_file(out)?;
    file.set_len(0)?;
    file.write_all(bytes)
}

fn unreadable(path: &Path, error: &StoreError, lang: Lang) -> Failure {
    let words = AuditWords::of(lang);
    let absent = matches!(error, StoreError::File(error) if error.kind() == io::ErrorKind::NotFound);
    let (sentence, exit) = if absent { (words.no_log, Exit::NoInput) } else { (words.unreadable, Exit::Io) };
    let values = [("path", &*path.display().to_string()), ("cause", &*error.told(lang))];
    Failure { sentence: fill(sentence, &values).into_owned(), exit }
}

fn cant_write(error: &io::Error, lang: Lang) -> Failure {
    let sentence =
        fill(AuditWords::of(lang).unwritable, &[("cause", &cause::system(lang, error))]).into_owned();
    Failure { sentence, exit: Exit::CantCreate }
}

/// The name of standard output.
const STDOUT: &str = "-";
