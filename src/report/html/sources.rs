//! The inventory, and what the report stands on.

use super::sections::section;
use super::write::{Table, escape, name};
use super::{Page, offset};
use crate::domain::certificate::Holder;
use crate::report::inventory::State;
use crate::report::{Proof, Source};
use crate::text::fill;

impl Page<'_> {
    pub(super) fn inventory(&self) -> String {
        let words = self.words;
        let columns = [
            (words.column_certificate, ""),
            (words.column_kind, ""),
            (words.column_expires, "d"),
            (words.column_state, "d"),
            (words.column_last_used, "d"),
            (words.column_signatures, "n"),
            (words.column_token, ""),
        ];
        let mut table = Table::new(words.inventory_caption, &columns);
        for item in &self.report.inventory {
            let (state, urgent) = match item.state {
                State::Expired => (words.state_expired.to_owned(), true),
                State::Soon(0) => (words.state_today.to_owned(), true),
                State::Soon(1) => (words.state_tomorrow.to_owned(), true),
                State::Soon(days) => {
                    (fill(words.state_soon, &[("days", &days.to_string())]).into_owned(), true)
                }
                State::Lasting => (words.state_lasting.to_owned(), false),
                State::Unknown => (words.unknown.to_owned(), false),
            };
            table.row(&[
                self.titled(&item.name, &item.place),
                self.kind(item.holder).to_owned(),
                item.expires.map_or_else(|| words.unknown.to_owned(), |day| self.day(Some(day))),
                if urgent { format!("<span class=\"urgent\">{state}</span>") } else { state },
                item.last_used.map_or_else(|| words.never_used.to_owned(), |day| self.day(Some(day))),
                self.number(item.signatures),
                item.tokens.iter().map(|token| name(token)).collect::<Vec<_>>().join(", "),
            ]);
        }
        let lists = self.report.origin.lists;
        let note = match lists {
            0 => words.inventory_log_alone.to_owned(),
            _ => fill(words.inventory_all, &[("lists", &self.number(lists))]).into_owned(),
        };
        let list = if table.is_empty() { format!("<p>{}</p>\n", words.nobody) } else { table.html() };
        section(words.inventory, &format!("{list}<p class=\"note\">{}</p>\n", escape(&note)))
    }

    pub(super) fn sources(&self) -> String {
        let words = self.words;
        let origin = &self.report.origin;
        let mut columns = vec![(words.column_file, ""), (words.column_rows, "n")];
        if origin.machines.is_some() {
            columns.push((words.column_repeated, "n"));
        }
        columns.extend([(words.column_head, ""), (words.column_proof, "")]);
        let mut table = Table::new(words.sources_caption, &columns);
        for source in &origin.sources {
            let mut cells = vec![name(&source.name), self.number(source.rows)];
            if origin.machines.is_some() {
                cells.push(self.number(source.repeated));
            }
            let head = source.ends.as_ref().map(|(_, last, head)| {
                format!(
                    "{}<span class=\"small code\">{}</span>",
                    self.number(last.unsigned_abs()),
                    escape(head)
                )
            });
            cells.extend([head.unwrap_or_else(|| "–".to_owned()), self.proof(source)]);
            table.row(&cells);
        }
        let read = [("rows", &*self.number(origin.rows())), ("files", &*self.number(origin.files()))];
        let mut told = fill(words.sources_read, &read).into_owned();
        if let Some(machines) = origin.machines {
            told += " ";
            told += &fill(words.sources_machines, &[("machines", &self.number(machines))]);
        }
        told += " ";
        told += &fill(words.sources_in_period, &[("rows", &self.number(self.report.statistics.rows))]);
        let zone = fill(words.method_zone, &[("offset", &offset(origin.offset))]).into_owned();
        let method =
            [&*zone, words.method_sign_ins, words.method_frequency, words.method_signer, words.method_holder];
        let method: String = method.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
        let made_by = fill(words.made_by, &[("version", env!("CARGO_PKG_VERSION"))]);
        let hands = [words.place_maker, words.place_head]
            .map(|who| format!("<div><p><strong>{who}</strong><br>{}</p></div>\n", words.place_sign))
            .concat();
        let body = format!("<p>{}</p>\n{}<ul class=\"note\">\n{method}</ul>\n", escape(&told), table.html());
        format!(
            "{}<div class=\"hands\" aria-hidden=\"true\">\n{hands}</div>\n<footer><p>{}</p></footer>\n",
            section(words.sources, &body),
            escape(&made_by)
        )
    }

    fn proof(&self, source: &Source) -> String {
        let words = self.words;
        match &source.proof {
            Proof::Whole => words.proof_whole.to_owned(),
            Proof::FromLater => {
                let first = source.ends.as_ref().map_or(0, |(first, ..)| first.unsigned_abs());
                escape(&fill(words.proof_later, &[("first", &self.number(first))]))
            }
            Proof::Unproven => words.proof_unproven.to_owned(),
            Proof::Changed(why) => urgent(words.proof_changed, why),
            Proof::Refused(why) => urgent(words.proof_refused, why),
        }
    }

    fn kind(&self, holder: Holder) -> &'static str {
        match holder {
            Holder::Person => self.words.kind_person,
            Holder::Organisation => self.words.kind_seal,
            Holder::Unknown => self.words.unknown,
        }
    }
}

fn urgent(sentence: &str, why: &str) -> String {
    format!("<span class=\"urgent\">{}</span>", fill(&escape(sentence), &[("why", &name(why))]))
}
