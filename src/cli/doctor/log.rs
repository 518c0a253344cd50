//! The log as the doctor sees it: whether it is whole, how full, by which key it is signed, and who has not heard of it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Finding, Mark};
use crate::api::identity::Identity;
use crate::cli::{Session, audit};
use crate::domain::ports::Notary as _;
use crate::domain::retention::Rules;
use crate::store::StoreError;
use crate::store::condition::{Place, Unheard};
use crate::store::read::Reader;
use crate::store::verify::{self, VerifyError};
use crate::text::audit::AuditWords;
use crate::text::doctor::DoctorWords;
use crate::text::{Lang, cause, fill};

/// All about it.
pub(super) fn findings(session: &Session, rules: &Rules, running: bool) -> Vec<Finding> {
    let words = DoctorWords::of(session.lang);
    let mut findings = vec![whole(session, words)];
    findings.extend(key(session, words));
    // What keeps it from being opened is found above.
    if let Ok(reader) = Reader::open(&session.paths.audit()) {
        findings.push(room(&reader, rules, words).unwrap_or_else(|error| {
            let why = error.told(session.lang);
            let path = session.paths.audit().display().to_string();
            let what = fill(words.log_bad, &[("path", &path), ("why", &why)]).into_owned();
            Finding::wrong(words.log, what, words.log_do)
        }));
        for collector in rules.forward.names() {
            let found = heard(&reader, &collector, running, session.lang);
            findings.push(found.unwrap_or_else(|error| {
                let values = [("name", collector.as_str()), ("why", &error.told(session.lang))];
                let what = fill(words.collector_bad, &values).into_owned();
                Finding::wrong(words.collectors, what, words.collector_bad_do)
            }));
        }
    }
    findings
}

fn whole(session: &Session, words: &'static DoctorWords) -> Finding {
    let path = session.paths.audit();
    let shown = path.display().to_string();
    let (what, todo) = if !path.exists() {
        (fill(words.log_none, &[("path", &shown)]).into_owned(), None)
    } else {
        match verify::verify(&path, None) {
            Ok(verified) => (fill(words.log_ok, &[("rows", &verified.rows.to_string())]).into_owned(), None),
            Err(VerifyError::Broken(broken)) => {
                (audit::changed(&broken, session.lang), Some(AuditWords::of(session.lang).broken_do))
            }
            Err(VerifyError::Read(error)) => {
                let values = [("path", shown.as_str()), ("why", &error.told(session.lang))];
                (fill(words.log_bad, &values).into_owned(), Some(words.log_do))
            }
        }
    };
    Finding::new(words.log, what, todo)
}

/// The key that signs checkpoints, and that pages know the agent by: as `kyso audit key` prints it.
fn key(session: &Session, words: &'static DoctorWords) -> Option<Finding> {
    let path = session.paths.identity();
    match Identity::load(&path) {
        Ok(identity) => {
            let what = fill(words.key, &[("key", &audit::named(&identity.key()))]).into_owned();
            Some(Finding::new(words.log, what, None))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            let (path, why) = (path.display().to_string(), cause::system(session.lang, &error));
            let what = fill(words.key_bad, &[("path", &path), ("why", &why)]).into_owned();
            Some(Finding::wrong(words.log, what, words.key_do))
        }
    }
}

/// How much of its share of the disk it takes.
fn room(reader: &Reader, rules: &Rules, words: &'static DoctorWords) -> Result<Finding, StoreError> {
    let (used, most) = (reader.bytes()?, u64::from(rules.most_megabytes) << 20);
    let (shown, of) = (used.div_ceil(1 << 20).to_string(), rules.most_megabytes.to_string());
    let (sentence, todo) = fullness(used, most, words);
    let what = fill(sentence, &[("used", &shown), ("most", &of)]).into_owned();
    Ok(Finding::new(words.log, what, todo))
}

/// In its last tenth there is time to do something.
fn fullness(used: u64, most: u64, words: &DoctorWords) -> (&'static str, Option<&'static str>) {
    if used > most {
        (words.room_none, Some(words.room_do))
    } else if used > most / 10 * 9 {
        (words.room_little, Some(words.room_do))
    } else {
        (words.room, None)
    }
}

/// Whether a collector has heard everything. What was written a moment ago is still on its way, and nothing is told while
/// no agent runs.
fn heard(reader: &Reader, collector: &str, running: bool, lang: Lang) -> Result<Finding, StoreError> {
    let words = DoctorWords::of(lang);
    let unheard = match reader.place(collector)? {
        Place::Nowhere => return Ok(told(words, words.collector_new, collector)),
        Place::AtTheEnd => return Ok(told(words, words.collector_all, collector)),
        Place::Behind(unheard) => unheard,
    };
    let (rows, since) = (unheard.rows.to_string(), reader.local_time(&unheard.since));
    let values = [("name", collector), ("n", &rows), ("time", &since)];
    let what = fill(words.collector_behind, &values).into_owned();
    if running && is_late(&unheard) {
        return Ok(Finding::wrong(words.collectors, what, words.collector_do));
    }
    Ok(Finding { mark: Mark::Note, ..Finding::new(words.collectors, what, None) })
}

fn told(words: &DoctorWords, sentence: &'static str, collector: &str) -> Finding {
    Finding::new(words.collectors, fill(sentence, &[("name", collector)]).into_owned(), None)
}

fn is_late(unheard: &Unheard) -> bool {
    let since = OffsetDateTime::parse(&unheard.since, &Rfc3339);
    since.is_ok_and(|since| OffsetDateTime::now_utc() - since > PATIENCE)
}

/// A collector that is restarted is back by then; pauses between two tries are half as long at most.
const PATIENCE: time::Duration = time::Duration::minutes(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_nearly_full_is_told_before_it_is() {
        let words = DoctorWords::of(Lang::En);
        let said = |used| fullness(used, 1_000, words);
        assert_eq!(said(900), (words.room, None));
        assert_eq!(said(901), (words.room_little, Some(words.room_do)));
        assert_eq!(said(1_000), (words.room_little, Some(words.room_do)), "signing goes on up to there");
        assert_eq!(said(1_001), (words.room_none, Some(words.room_do)));
    }

    #[test]
    fn what_was_written_a_moment_ago_is_on_its_way() {
        let ago = |seconds| {
            let since = OffsetDateTime::now_utc() - time::Duration::seconds(seconds);
            is_late(&Unheard { rows: 1, since: since.format(&Rfc3339).expect("a time") })
        };
        assert!(!ago(30) && ago(90));
    }
}
