//! The report as one table for spreadsheets: a line for each group, under one line of column names.
//!
//! RFC 4180 in UTF-8 with a byte order mark, which spreadsheets need to read Vietnamese. No cell is a
//! formula ([`harmless`]). `section` tells the groups apart: `total`, `sign_in`, `month`, `person`, `seal`,
//! `holder_unknown`, `certificate`, `site`, `token`, `outcome`, `weekday_hour`, `inventory`, `source`.

use std::io;
use std::io::Write;

use time::Date;

use super::counts::Counts;
use super::{Proof, Report, statistics};
use crate::domain::certificate::Holder;
use crate::domain::record::End;
use crate::domain::subject::Subject;
use crate::text::cell::harmless;

/// Writes it.
///
/// # Errors
/// The output's.
pub fn write(report: &Report, mut out: impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for line in lines(report) {
        writer.write_record(line.cells(report).map(harmless))?;
    }
    writer.flush()
}

#[derive(Default)]
struct Line {
    section: &'static str,
    key: String,
    name: String,
    place: String,
    holder: Option<Holder>,
    tokens: String,
    counts: Option<Counts>,
    signatures: Option<u64>,
    days: Option<u64>,
    last: Option<Date>,
    expires: Option<Date>,
    note: String,
}

fn lines(report: &Report) -> Vec<Line> {
    let sums = &report.statistics;
    let of = |section, key: &str, counts: Counts| Line {
        section,
        key: key.to_owned(),
        counts: Some(counts),
        signatures: Some(counts.signatures),
        ..Line::default()
    };
    // Under `signed` those that were; they make no signatures.
    let sign_ins = Line { signatures: None, ..of("sign_in", "", sums.sign_ins) };
    let mut lines = vec![of("total", "", sums.total), sign_ins];
    for (month, counts) in &sums.months {
        lines.push(of("month", &format!("{}-{month:02}", sums.period.year), *counts));
    }
    for one in sums.signatories() {
        let section = match one.holder {
            Holder::Person => "person",
            Holder::Organisation => "seal",
            Holder::Unknown => "holder_unknown",
        };
        lines.push(Line {
            name: one.name,
            place: one.place,
            holder: Some(one.holder),
            days: Some(one.days.count()),
            last: one.last,
            ..of(section, "", one.counts)
        });
    }
    for (id, used) in sums.certificates.iter().filter(|(_, used)| used.counts.requests() > 0) {
        let subject = Subject::parse(&used.subject);
        lines.push(Line {
            name: statistics::name(&subject, &used.subject),
            place: statistics::place(&subject),
            holder: Some(used.speaks_for()),
            tokens: used.tokens.join(" "),
            days: Some(used.days.count()),
            last: used.last,
            ..of("certificate", id, used.counts)
        });
    }
    let tallies = [("site", &sums.sites), ("token", &sums.tokens), ("outcome", &sums.outcomes)];
    for (section, tallies) in tallies {
        for (key, tally) in tallies {
            lines.push(Line { last: tally.last, ..of(section, key, tally.counts) });
        }
    }
    for (day, hours) in sums.hours.iter().enumerate() {
        for (hour, signatures) in hours.iter().enumerate().filter(|(_, signatures)| **signatures > 0) {
            let key = format!("{} {hour:02}", day + 1);
            lines.push(Line {
                section: "weekday_hour",
                key,
                signatures: Some(*signatures),
                ..Line::default()
            });
        }
    }
    for item in &report.inventory {
        lines.push(Line {
            section: "inventory",
            key: item.id.clone(),
            name: item.name.clone(),
            place: item.place.clone(),
            holder: Some(item.holder),
            tokens: item.tokens.join(" "),
            signatures: Some(item.signatures),
            last: item.last_used,
            expires: item.expires,
            ..Line::default()
        });
    }
    for source in &report.origin.sources {
        let proof = match &source.proof {
            Proof::Whole | Proof::FromLater => "intact".to_owned(),
            Proof::Unproven => "unproven".to_owned(),
            Proof::Changed(why) => format!("changed: {why}"),
            Proof::Refused(why) => format!("refused: {why}"),
        };
        let head = source.ends.as_ref().map(|(first, last, head)| format!("{first}-{last} {head}"));
        lines.push(Line {
            section: "source",
            key: head.unwrap_or_default(),
            name: source.name.clone(),
            note: format!("{proof}; rows {}; repeated {}", source.rows, source.repeated),
            ..Line::default()
        });
    }
    lines
}

impl Line {
    fn cells(self, report: &Report) -> [String; COLUMNS.len()] {
        let counts = |of: &dyn Fn(&Counts) -> u64| self.counts.as_ref().map(of);
        let known = |counts: &&Counts| counts.requests() == 0 || counts.pins_unknown < counts.requests();
        let wrong_pins = self.counts.as_ref().filter(known).map(|counts| counts.wrong_pins);
        let signatures = self.signatures.filter(|_| self.counts.is_some());
        let a_month = signatures.map(|signatures| {
            let tenths = report.statistics.tenths_a_month(signatures);
            format!("{}.{}", tenths / 10, tenths % 10)
        });
        [
            report.statistics.period.code(),
            self.section.to_owned(),
            self.key,
            self.name,
            self.place,
            self.holder.map(Holder::name).unwrap_or_default().to_owned(),
            self.tokens,
            number(counts(&|counts| counts.requests())),
            number(counts(&|counts| counts.of(End::Signed))),
            number(counts(&|counts| counts.of(End::Refused))),
            number(counts(&|counts| counts.of(End::Failed))),
            number(counts(&|counts| counts.of(End::Cancelled))),
            number(counts(&|counts| counts.of(End::Interrupted))),
            number(self.signatures),
            a_month.unwrap_or_default(),
            number(wrong_pins),
            number(self.days),
            number(self.last),
            number(self.expires),
            self.note,
        ]
    }
}

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

const COLUMNS: [&str; 20] = [
    "period",
    "section",
    "key",
    "name",
    "place",
    "holder",
    "tokens",
    "requests",
    "signed",
    "refused",
    "failed",
    "cancelled",
    "interrupted",
    "signatures",
    "signatures_a_month",
    "wrong_pins",
    "days",
    "last",
    "expires",
    "note",
];
