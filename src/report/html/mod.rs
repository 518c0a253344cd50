//! The report as one page that needs nothing else: no network, no script, no font.
//!
//! Whatever rows say is escaped (`write::name`); the page's own policy forbids every request. Charts are
//! SVG in the page, and each has its figures in a table beside it.

mod charts;
mod sections;
mod sources;
mod write;

use time::UtcOffset;

use super::{Proof, Report};
use crate::domain::certificate::Holder;
use crate::domain::record::End;
use crate::text::report::ReportWords;
use crate::text::{Lang, fill, number};
pub(crate) use write::escape;
use write::name;

/// The whole page.
pub fn page(report: &Report, lang: Lang) -> String {
    let page = Page { report, lang, words: ReportWords::of(lang) };
    let title = format!("{} – {}", page.words.title, page.period());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{}{}{}{}{}{}{}{}{}{}{}</main>\n</body>\n</html>\n",
        lang.code(),
        escape(&title),
        page.header(),
        page.key_figures(),
        page.months(),
        page.signatories(),
        page.certificates(),
        page.sites_and_tokens(),
        page.outcomes(),
        page.hours(),
        page.events(),
        page.inventory(),
        page.sources(),
    )
}

/// A report in a language.
struct Page<'a> {
    report: &'a Report,
    lang: Lang,
    words: &'static ReportWords,
}

impl Page<'_> {
    fn header(&self) -> String {
        let (words, statistics) = (self.words, &self.report.statistics);
        let office = self
            .report
            .office
            .as_deref()
            .map_or_else(String::new, |office| format!("<p class=\"office\">{}</p>\n", name(office)));
        let (from, to) = (
            number::day(self.lang, statistics.period.first()),
            number::day(self.lang, statistics.period.last()),
        );
        let from_to = fill(words.from_to, &[("from", &from), ("to", &to)]);
        let so_far = if statistics.until < statistics.period.last() {
            let day = number::day(self.lang, statistics.until);
            format!("<p class=\"made\">{}</p>\n", fill(words.so_far, &[("day", &day)]))
        } else {
            String::new()
        };
        let origin = &self.report.origin;
        let time = format!("{:02}:{:02}", origin.time.0, origin.time.1);
        let made = [
            ("time", &*time),
            ("day", &*number::day(self.lang, origin.made)),
            ("offset", &*offset(origin.offset)),
        ];
        format!(
            "<header>\n{office}<h1>{}</h1>\n<p class=\"period\"><strong>{}</strong> ({from_to})</p>\n{so_far}\
             <p class=\"made\">{}</p>\n</header>\n{}",
            words.title,
            self.period(),
            fill(words.made, &made),
            self.warnings(),
        )
    }

    /// What nobody must overlook.
    fn warnings(&self) -> String {
        let words = self.words;
        let sources = &self.report.origin.sources;
        let proofs = || sources.iter().map(|source| &source.proof);
        let loud = [
            (proofs().any(|proof| matches!(proof, Proof::Changed(_))), words.warn_changed),
            (proofs().any(|proof| matches!(proof, Proof::Refused(_))), words.warn_refused),
        ];
        let mut text = String::new();
        for (_, sentence) in loud.into_iter().filter(|(stands, _)| *stands) {
            text += &format!("<p><strong>{}</strong></p>\n", escape(sentence));
        }
        for source in sources {
            if let Proof::Changed(why) | Proof::Refused(why) = &source.proof {
                text += &format!("<p>{}: {}</p>\n", name(&source.name), name(why));
            }
        }
        let mut warnings =
            if text.is_empty() { text } else { format!("<div class=\"warning\">\n{text}</div>\n") };
        let unclear: u64 = sources.iter().map(|source| source.unclear).sum();
        let mut soft = String::new();
        if proofs().any(|proof| *proof == Proof::Unproven) {
            soft += &format!("<p>{}</p>\n", escape(words.warn_unproven));
        }
        if unclear > 0 {
            let sentence = fill(words.warn_unclear, &[("rows", &self.number(unclear))]);
            soft += &format!("<p>{}</p>\n", escape(&sentence));
        }
        if !soft.is_empty() {
            warnings += &format!("<div class=\"warning caution\">\n{soft}</div>\n");
        }
        warnings
    }

    fn key_figures(&self) -> String {
        let (words, statistics) = (self.words, &self.report.statistics);
        let total = &statistics.total;
        let a_month = number::tenths(self.lang, statistics.tenths_a_month(total.signatures));
        let holders = [
            (Holder::Person, words.by_persons),
            (Holder::Organisation, words.by_seals),
            (Holder::Unknown, words.by_unknown),
        ];
        let holders = holders.into_iter().filter_map(|(holder, what)| {
            let signatures = statistics.of_holder(holder).signatures;
            let told = signatures > 0 || holder != Holder::Unknown;
            told.then(|| format!("{} {what}", self.number(signatures)))
        });
        let mut signatures = vec![fill(words.a_month, &[("number", &a_month)]).into_owned()];
        signatures.extend(holders);
        let pins = if total.pins_unknown > 0 {
            vec![fill(words.pins_unknown, &[("number", &self.number(total.pins_unknown))]).into_owned()]
        } else {
            Vec::new()
        };
        let wrong_pins = if total.requests() > 0 && total.pins_unknown == total.requests() {
            words.unknown.to_owned()
        } else {
            self.number(total.wrong_pins)
        };
        let (median, within) = (statistics.times.percentile(50), statistics.times.percentile(90));
        let note = within.map(|time| fill(words.median_note, &[("time", &self.seconds(time))]).into_owned());
        let requests = total.requests();
        let sign_ins = &statistics.sign_ins;
        let not_signed_in = sign_ins.requests() - sign_ins.of(End::Signed);
        let not_signed_in = (not_signed_in > 0)
            .then(|| fill(words.sign_ins_failed, &[("number", &self.number(not_signed_in))]).into_owned());
        let figures = [
            (words.signatures, self.number(total.signatures), signatures),
            (words.requests, self.number(requests), Vec::new()),
            (words.success, number::percent(self.lang, total.of(End::Signed), requests), Vec::new()),
            (words.refusals, self.number(total.of(End::Refused)), Vec::new()),
            (words.pin_failures, wrong_pins, pins),
            (
                words.median,
                median.map_or_else(|| "–".to_owned(), |time| self.seconds(time)),
                note.into_iter().collect(),
            ),
            (words.sign_ins, self.number(sign_ins.of(End::Signed)), not_signed_in.into_iter().collect()),
        ];
        let mut text = String::new();
        for (what, value, notes) in figures {
            text += &format!("<div><dt>{what}</dt><dd class=\"big\">{}</dd>", escape(&value));
            for note in notes {
                text += &format!("<dd>{}</dd>", escape(&note));
            }
            text += "</div>\n";
        }
        let unreleased = if total.unreleased > 0 {
            let sentence = fill(words.unreleased, &[("number", &self.number(total.unreleased))]);
            format!("<p class=\"note\">{}</p>\n", escape(&sentence))
        } else {
            String::new()
        };
        format!(
            "<section>\n<h2>{}</h2>\n<dl class=\"figures\">\n{text}</dl>\n{unreleased}</section>\n",
            words.key_figures
        )
    }

    fn period(&self) -> String {
        let period = self.report.statistics.period;
        self.words.period(period.year, period.quarter)
    }

    fn number(&self, value: u64) -> String {
        number::whole(self.lang, value)
    }

    /// Milliseconds as seconds, to a tenth.
    fn seconds(&self, milliseconds: u64) -> String {
        let tenths = number::tenths(self.lang, (milliseconds + 50) / 100);
        fill(self.words.seconds, &[("number", &tenths)]).into_owned()
    }
}

/// `+07:00`.
fn offset(offset: UtcOffset) -> String {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
}

const STYLE: &str = include_str!("style.css");
