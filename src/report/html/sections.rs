//! The statistics' sections, each a table with its chart.

use time::Date;

use super::write::{Table, escape, name};
use super::{Page, charts};
use crate::domain::caller::COMMAND_LINE;
use crate::domain::certificate::Holder;
use crate::domain::record::End;
use crate::report::counts::Counts;
use crate::report::{OTHERS, Signatory, Tally};
use crate::text::report::outcome;
use crate::text::{fill, number};

impl Page<'_> {
    pub(super) fn months(&self) -> String {
        let words = self.words;
        let statistics = &self.report.statistics;
        let busiest = statistics.months.iter().max_by_key(|(month, counts)| (counts.requests(), 13 - month));
        let ends = words.ends();
        let columns = [
            &[(words.month, ""), (words.column_signatures, "n"), (words.column_requests, "n")][..],
            &ends.map(|end| (end, "n")),
        ]
        .concat();
        let mut table = Table::new(words.months_chart, &columns);
        let counted = |first: &str, counts: &Counts| {
            let mut cells =
                vec![first.to_owned(), self.number(counts.signatures), self.number(counts.requests())];
            cells.extend(counts.ended.map(|count| self.number(count)));
            cells
        };
        for (month, counts) in &statistics.months {
            table.row(&counted(&self.month(words.month_name, *month), counts));
        }
        table.total(&counted(words.all, &statistics.total));
        let chart = match busiest {
            Some((month, counts)) if counts.requests() > 0 => {
                let values = [
                    ("most", &*self.month(words.month_name, *month)),
                    ("number", &*self.number(counts.requests())),
                ];
                let months: Vec<(String, Counts)> = statistics
                    .months
                    .iter()
                    .map(|(month, counts)| (self.month(words.month_short, *month), *counts))
                    .collect();
                let drawn = charts::columns(
                    words.months_chart,
                    &fill(words.months_describe, &values),
                    &months,
                    |value| self.number(value),
                );
                let legend: String = End::ALL
                    .into_iter()
                    .zip(ends)
                    .map(|(end, what)| format!("<li>{}{what}</li>", charts::sign(end)))
                    .collect();
                format!("<figure>\n<ul class=\"legend\">{legend}</ul>\n{drawn}</figure>\n")
            }
            _ => format!("<p>{}</p>\n", words.no_requests),
        };
        section(words.months, &format!("{chart}{}", table.html()))
    }

    pub(super) fn signatories(&self) -> String {
        let words = self.words;
        let all = self.report.statistics.signatories();
        let mut text = String::new();
        for (holder, caption) in [
            (Holder::Person, words.signatories_persons),
            (Holder::Organisation, words.signatories_seals),
            (Holder::Unknown, words.signatories_unknown),
        ] {
            let some: Vec<&Signatory> = all.iter().filter(|one| one.holder == holder).collect();
            if !some.is_empty() || holder != Holder::Unknown {
                text += &self.signatories_of(&some, caption);
            }
        }
        let without = self.report.statistics.without_certificate();
        if without > 0 {
            let sentence = fill(words.without_certificate, &[("number", &self.number(without))]);
            text += &format!("<p class=\"note\">{}</p>\n", escape(&sentence));
        }
        section(words.signatories, &text)
    }

    fn signatories_of(&self, signatories: &[&Signatory], caption: &str) -> String {
        let words = self.words;
        let columns = [
            (words.column_name, ""),
            (words.column_signatures, "n"),
            (words.column_share, "share"),
            (words.column_requests, "n"),
            (words.column_days, "n"),
            (words.column_a_month, "n"),
            (words.column_last, "d"),
        ];
        let mut table = Table::new(caption, &columns);
        let all = self.report.statistics.total.signatures;
        let mut sum = Counts::default();
        for one in signatories {
            sum.join(&one.counts);
            table.row(&[
                self.titled(&one.name, &one.place),
                self.number(one.counts.signatures),
                self.share(one.counts.signatures, all),
                self.number(one.counts.requests()),
                self.number(one.days.count()),
                self.a_month(one.counts.signatures),
                self.day(one.last),
            ]);
        }
        if table.is_empty() {
            return format!("<h3>{}</h3>\n<p>{}</p>\n", escape(caption), words.nobody);
        }
        table.total(&[
            words.all.to_owned(),
            self.number(sum.signatures),
            number::percent(self.lang, sum.signatures, all),
            self.number(sum.requests()),
            String::new(),
            self.a_month(sum.signatures),
            String::new(),
        ]);
        table.html()
    }

    pub(super) fn certificates(&self) -> String {
        let words = self.words;
        let statistics = &self.report.statistics;
        let columns = [
            (words.column_certificate, ""),
            (words.column_fingerprint, ""),
            (words.column_signatures, "n"),
            (words.column_share, "share"),
            (words.column_requests, "n"),
            (words.column_days, "n"),
            (words.column_last, "d"),
        ];
        let mut used: Vec<_> =
            statistics.certificates.iter().filter(|(_, used)| used.counts.requests() > 0).collect();
        used.sort_by_key(|(_, used)| std::cmp::Reverse((used.counts.signatures, used.counts.requests())));
        let mut table = Table::new(words.certificates_caption, &columns);
        for (id, used) in used {
            let subject = crate::domain::subject::Subject::parse(&used.subject);
            let title = subject.part("CN").or_else(|| subject.part("O")).unwrap_or(&used.subject);
            table.row(&[
                if id == OTHERS { words.others.to_owned() } else { self.titled(title, "") },
                short(id),
                self.number(used.counts.signatures),
                self.share(used.counts.signatures, statistics.total.signatures),
                self.number(used.counts.requests()),
                self.number(used.days.count()),
                self.day(used.last),
            ]);
        }
        section(words.certificates, &self.or_none(&table))
    }

    pub(super) fn sites_and_tokens(&self) -> String {
        let words = self.words;
        let statistics = &self.report.statistics;
        let sites =
            self.tallies(words.sites_caption, words.column_site, &statistics.sites, |site| match site {
                COMMAND_LINE => words.command_line.to_owned(),
                site => name(site),
            });
        let tokens = self.tallies(words.tokens_caption, words.column_token, &statistics.tokens, name);
        section(words.sites, &sites) + &section(words.tokens, &tokens)
    }

    /// Sites or tokens, the busiest first.
    fn tallies(
        &self,
        caption: &str,
        what: &str,
        tallies: &[(String, Tally)],
        called: impl Fn(&str) -> String,
    ) -> String {
        let words = self.words;
        let columns = [
            (what, ""),
            (words.column_signatures, "n"),
            (words.column_share, "share"),
            (words.column_requests, "n"),
            (words.end_signed, "n"),
            (words.end_refused, "n"),
            (words.end_failed, "n"),
            (words.column_wrong_pins, "n"),
            (words.column_last, "d"),
        ];
        let mut sorted: Vec<&(String, Tally)> = tallies.iter().collect();
        sorted
            .sort_by_key(|(_, tally)| std::cmp::Reverse((tally.counts.signatures, tally.counts.requests())));
        let mut table = Table::new(caption, &columns);
        for (key, Tally { counts, last }) in sorted {
            table.row(&[
                match key.as_str() {
                    OTHERS => words.others.to_owned(),
                    "" => words.unknown.to_owned(),
                    key => called(key),
                },
                self.number(counts.signatures),
                self.share(counts.signatures, self.report.statistics.total.signatures),
                self.number(counts.requests()),
                self.number(counts.of(End::Signed)),
                self.number(counts.of(End::Refused)),
                self.number(counts.of(End::Failed)),
                self.wrong_pins(counts),
                self.day(*last),
            ]);
        }
        self.or_none(&table)
    }

    pub(super) fn outcomes(&self) -> String {
        let words = self.words;
        let statistics = &self.report.statistics;
        let columns =
            [(words.column_outcome, ""), (words.column_requests, "n"), (words.column_share, "share")];
        let mut sorted: Vec<&(String, Tally)> = statistics.outcomes.iter().collect();
        sorted.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.counts.requests()));
        let mut table = Table::new(words.outcomes_caption, &columns);
        for (code, tally) in sorted {
            let what = if code == OTHERS { words.others.to_owned() } else { name(&outcome(code, self.lang)) };
            let requests = tally.counts.requests();
            table.row(&[
                format!("{what}<span class=\"small\">{}</span>", name(code)),
                self.number(requests),
                self.share(requests, statistics.total.requests()),
            ]);
        }
        section(words.outcomes, &self.or_none(&table))
    }

    pub(super) fn hours(&self) -> String {
        let words = self.words;
        let hours = &self.report.statistics.hours;
        let cells = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        let Some((day, hour)) = cells
            .max_by_key(|(day, hour)| (hours[*day][*hour], std::cmp::Reverse((*day, *hour))))
            .filter(|(day, hour)| hours[*day][*hour] > 0)
        else {
            return String::new();
        };
        let days = words.weekdays();
        let number = self.number(hours[day][hour]);
        let values = [("day", days[day]), ("hour", &*hour.to_string()), ("number", &*number)];
        let chart = charts::week(
            words.hours_chart,
            &fill(words.hours_describe, &values),
            &days,
            hours,
            (words.less, words.more),
            |value| self.number(value),
        );
        let names: Vec<String> = (0..24).map(|hour: u8| hour.to_string()).collect();
        let mut columns = vec![(words.column_day, "")];
        columns.extend(names.iter().map(|hour| (hour.as_str(), "n")));
        let mut table = Table::new(words.hours_table, &columns);
        for (day, hours) in days.iter().zip(hours) {
            let mut cells = vec![(*day).to_owned()];
            cells.extend(hours.iter().map(|count| self.number(*count)));
            table.row(&cells);
        }
        let details =
            format!("<details>\n<summary>{}</summary>\n{}</details>\n", words.hours_table, table.html());
        section(words.hours, &format!("<figure>\n{chart}</figure>\n{details}"))
    }

    pub(super) fn events(&self) -> String {
        let words = self.words;
        let events = &self.report.statistics.events;
        let columns = [(words.column_event, ""), (words.column_number, "n")];
        let mut table = Table::new(words.events_caption, &columns);
        for (what, count) in [
            (words.event_admitted, events.sites_admitted),
            (words.event_refused, events.pairings_refused),
            (words.event_revoked, events.sites_revoked),
            (words.event_pin_set, events.pins_set),
            (words.event_pin_not_set, events.pins_not_set),
            (words.event_replayed, events.replayed),
        ] {
            table.row(&[what.to_owned(), self.number(count)]);
        }
        section(words.events, &table.html())
    }

    fn month(&self, sentence: &str, month: u8) -> String {
        fill(sentence, &[("month", &month.to_string())]).into_owned()
    }

    /// A holder's name over what tells more.
    pub(super) fn titled(&self, title: &str, more: &str) -> String {
        let title = match title {
            OTHERS => self.words.others.to_owned(),
            "" => self.words.unknown.to_owned(),
            title => name(title),
        };
        if more.is_empty() { title } else { format!("{title}<span class=\"small\">{}</span>", name(more)) }
    }

    fn share(&self, part: u64, all: u64) -> String {
        format!("{}{}", number::percent(self.lang, part, all), charts::bar(part, all))
    }

    fn a_month(&self, signatures: u64) -> String {
        number::tenths(self.lang, self.report.statistics.tenths_a_month(signatures))
    }

    fn wrong_pins(&self, counts: &Counts) -> String {
        let unknown = counts.requests() > 0 && counts.pins_unknown == counts.requests();
        if unknown { self.words.unknown.to_owned() } else { self.number(counts.wrong_pins) }
    }

    pub(super) fn day(&self, day: Option<Date>) -> String {
        day.map_or_else(|| "–".to_owned(), |day| number::day(self.lang, day))
    }

    fn or_none(&self, table: &Table<'_>) -> String {
        if table.is_empty() { format!("<p>{}</p>\n", self.words.nobody) } else { table.html() }
    }
}

/// The start of a fingerprint, which a person can compare; CSV and JSON have the whole.
fn short(id: &str) -> String {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    let start: Vec<char> = digits.chars().take(16).collect();
    let parts: Vec<String> = start.chunks(4).map(|part| part.iter().collect()).collect();
    format!("<span class=\"code\">{}…</span>", name(&parts.join(" ")))
}

pub(super) fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escape(title))
}
