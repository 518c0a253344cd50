//! The anchors as the doctor sees them: whether the machine's policy needs any, and whether each can be used.

use time::OffsetDateTime;

use super::Finding;
use crate::cli::{Session, anchors as command};
use crate::domain::validation::{Rules, Standing};
use crate::text::validation::ValidationWords;
use crate::text::{Lang, fill, number};
use crate::validation::anchors::{self, Anchor};

/// All about them.
pub(super) fn findings(session: &Session, rules: &Rules) -> Vec<Finding> {
    let words = ValidationWords::of(session.lang);
    let (anchors, unusable) = anchors::survey(session.paths.machine());
    let troubles = unusable
        .iter()
        .map(|one| Finding::wrong(words.topic, command::told(one, session.lang), words.unusable_do));
    let mut findings: Vec<Finding> = troubles.collect();
    match anchors.iter().min_by_key(|anchor| anchor.expires) {
        Some(first) => {
            let count = anchors.len().to_string();
            findings.insert(
                0,
                Finding::new(words.topic, named(words.counted, first, &count, session.lang), None),
            );
        }
        None if unusable.is_empty() => findings.push(none(rules, words)),
        None => {}
    }
    let now = OffsetDateTime::now_utc();
    for anchor in anchors.iter().filter(|anchor| anchor.expires < now) {
        let what = named(words.ended, anchor, "", session.lang);
        findings.push(Finding::wrong(words.topic, what, words.ended_do));
    }
    findings
}

fn none(rules: &Rules, words: &'static ValidationWords) -> Finding {
    if !rules.want_path() {
        return Finding::new(words.topic, words.none_unasked.to_owned(), None);
    }
    let sentence = if rules.bar(Standing::NoPath) { words.none_barred } else { words.none_warned };
    Finding::wrong(words.topic, sentence.to_owned(), words.none_do)
}

fn named(sentence: &str, anchor: &Anchor, count: &str, lang: Lang) -> String {
    let (day, path) = (number::day(lang, anchor.expires.date()), anchor.file.display().to_string());
    let values = [("n", count), ("name", &anchor.subject), ("date", &day), ("path", &path)];
    fill(sentence, &values).into_owned()
}
