//! Where a report's rows come from.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::{Failure, unreadable};
use crate::api::control::Call;
use crate::cli::exit::Exit;
use crate::cli::{Session, audit, client, complain};
use crate::domain::audit::Receipt;
use crate::domain::certificate::Holder;
use crate::report::inventory::Seen;
use crate::report::{Gathering, Proof, Source};
use crate::store::clock::LocalClock;
use crate::store::exports;
use crate::store::exports::{Damage, Proven};
use crate::store::records::survey;
use crate::store::verify::Verified;
use crate::text::audit::AuditWords;
use crate::text::report::ReportWords;
use crate::text::{Lang, cause, fill};

/// What was read besides what was counted.
pub(super) struct Read {
    pub(super) sources: Vec<Source>,
    pub(super) machines: Option<u64>,
    pub(super) seen: Vec<Seen>,
    pub(super) lists: u64,
    pub(super) ignored: Vec<String>,
}

/// This machine's log, and the tokens of an agent that runs.
pub(super) fn own(
    session: &Session,
    out: &Path,
    gathering: &mut Gathering,
    clock: &mut LocalClock,
) -> Result<Read, Failure> {
    let (database, lang) = (session.paths.audit(), session.lang);
    if audit::is_log(out, &database) {
        return Err(over_input(lang));
    }
    let bar = ProgressBar::new_spinner().with_prefix(ReportWords::of(lang).reading);
    let bar = styled(bar, "{prefix} {spinner} {human_pos}");
    let mut rows = 0_u64;
    let found = survey(&database, clock, |record| {
        rows += 1;
        if rows.is_multiple_of(BLOCK) {
            bar.set_position(rows);
        }
        gathering.add(record);
    });
    bar.finish_and_clear();
    let found = found.map_err(|error| unreadable(&database, &error, lang))?;
    let (ends, proof) = match found.proof {
        Ok(verified) => (ends(&verified), Proof::Whole),
        Err(broken) => (None, Proof::Changed(audit::changed(&broken, lang))),
    };
    let name = database.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = Source { name, rows: found.rows, repeated: 0, unclear: found.unclear, ends, proof };
    let listed = client::ask_agent(session, &Call::Certificates);
    Ok(Read {
        sources: vec![source],
        machines: None,
        lists: u64::from(listed.is_some()),
        seen: listed.as_ref().map(certificates).unwrap_or_default(),
        ignored: Vec::new(),
    })
}

/// What a folder holds: exports of logs, and lists of certificates.
pub(super) fn folder(
    folder: &Path,
    out: &Path,
    gathering: &mut Gathering,
    clock: &mut LocalClock,
    lang: Lang,
) -> Result<Read, Failure> {
    let words = ReportWords::of(lang);
    let path = folder.display().to_string();
    let found = exports::find(folder).map_err(|error| Failure {
        sentence: fill(words.bad_folder, &[("path", &path), ("cause", &cause::system(lang, &error))])
            .into_owned(),
        exit: Exit::NoInput,
    })?;
    if found.exports.is_empty() {
        let sentence = fill(words.nothing_to_merge, &[("path", &path)]).into_owned();
        return Err(Failure { sentence, exit: Exit::NoInput });
    }
    if found.exports.iter().any(|export| audit::is_log(out, &export.path)) {
        return Err(over_input(lang));
    }
    let exports = found.exports;
    let total: u64 = exports.iter().map(|export| export.bytes * 2).sum();
    let bar = ProgressBar::new(total).with_prefix(words.reading);
    let bar = styled(bar, "{prefix} {bar:30} {percent} % {bytes}/{total_bytes} {eta}");
    let mut waiting = 0;
    let mut advance = |bytes: u64| {
        waiting += bytes;
        if waiting > STEP {
            bar.inc(std::mem::take(&mut waiting));
        }
    };
    let inspection = exports::inspect(&exports, &mut advance);
    let counted = inspection.count(&exports, clock, &mut advance, |record| gathering.add(record));
    bar.finish_and_clear();

    let short = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let mut sources = Vec::new();
    for ((export, found), (counted, failed)) in exports.iter().zip(&inspection.found).zip(counted) {
        let name = short(&export.path);
        let damage = failed.as_ref().or_else(|| found.as_ref().err());
        let proof = match (damage, found) {
            (None, Ok(proven)) => proof(proven),
            (damage, _) => Proof::Refused(damage.map(|damage| why(damage, lang)).unwrap_or_default()),
        };
        if let Proof::Refused(why) = &proof {
            complain(fill(words.refused_file, &[("name", &name), ("why", why)]));
        }
        let ends = found.as_ref().ok().and_then(|proven| ends(&proven.rows));
        let exports::Counted { rows, repeated, unclear } = counted;
        sources.push(Source { name, rows, repeated, unclear, ends, proof });
    }
    let mut ignored: Vec<String> = found.others.iter().map(|path| short(path)).collect();
    let mut seen = Vec::new();
    let mut lists = 0;
    for listing in &found.listings {
        match listed(listing) {
            Some(listed) => {
                seen.extend(certificates(&listed));
                lists += 1;
            }
            None => ignored.push(short(listing)),
        }
    }
    for name in &ignored {
        complain(fill(words.ignored_file, &[("name", name)]));
    }
    Ok(Read { sources, machines: Some(inspection.machines() as u64), seen, lists, ignored })
}

fn listed(path: &PathBuf) -> Option<Value> {
    let small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LARGEST_LIST);
    let text = small.then(|| std::fs::read(path).ok()).flatten()?;
    serde_json::from_slice::<Value>(&text).ok().filter(|value| value["certificates"].is_array())
}

/// Of what `kyso certificates --json` prints.
fn certificates(value: &Value) -> Vec<Seen> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let seen = |value: &Value| {
        Some(Seen {
            id: text(&value["id"])?,
            subject: text(&value["subject"]["text"]).unwrap_or_default(),
            holder: value["holder"].as_str().and_then(Holder::parse),
            expires: text(&value["not_after"]),
            token: text(&value["token"]).unwrap_or_default(),
        })
    };
    value["certificates"].as_array().into_iter().flatten().filter_map(seen).collect()
}

fn proof(proven: &Proven) -> Proof {
    match proven {
        Proven { content: false, .. } => Proof::Unproven,
        Proven { rows, .. } if rows.first > 1 => Proof::FromLater,
        Proven { .. } => Proof::Whole,
    }
}

fn ends(verified: &Verified) -> Option<(i64, i64, String)> {
    let Receipt { sequence, head } = &verified.head;
    (verified.rows > 0).then(|| (verified.first, *sequence, hex::encode(head)))
}

fn why(damage: &Damage, lang: Lang) -> String {
    match damage {
        Damage::Broken(broken) => audit::changed(broken, lang),
        Damage::Unreadable(error) => error.told(lang),
    }
}

fn over_input(lang: Lang) -> Failure {
    Failure { sentence: AuditWords::of(lang).over_log.to_owned(), exit: Exit::Usage }
}

/// Shows itself only on a terminal.
fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Rows between two looks at the progress.
const BLOCK: u64 = 1_000;
/// The same in bytes.
const STEP: u64 = 256 * 1024;
const LARGEST_LIST: u64 = 16 * 1024 * 1024;
