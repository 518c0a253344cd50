//! The report for programs. Days are `YYYY-MM-DD`, what is not known is `null`.

use serde_json::{Value, json};
use time::Date;

use super::counts::Counts;
use super::inventory::State;
use super::{Proof, Report, Source, Tally};
use crate::domain::certificate::Holder;
use crate::domain::record::End;

/// The whole report.
pub fn value(report: &Report) -> Value {
    let statistics = &report.statistics;
    let months = statistics.months.iter().map(|(month, counts)| {
        with(counts, json!({ "month": format!("{}-{month:02}", statistics.period.year) }))
    });
    let signatories = statistics.signatories().into_iter().map(|one| {
        let own = json!({
            "name": one.name, "place": one.place, "holder": one.holder.name(), "certificates": one.certificates,
            "days": one.days.count(), "last": day(one.last),
            "signatures_a_month": tenths(statistics.tenths_a_month(one.counts.signatures)),
        });
        with(&one.counts, own)
    });
    let certificates = statistics.certificates.iter().filter(|(_, used)| used.counts.requests() > 0);
    let certificates = certificates.map(|(id, used)| {
        let own = json!({
            "id": id, "subject": used.subject, "holder": used.speaks_for().name(), "tokens": used.tokens,
            "days": used.days.count(), "last": day(used.last),
        });
        with(&used.counts, own)
    });
    let inventory = report.inventory.iter().map(|item| {
        json!({
            "id": item.id, "name": item.name, "place": item.place, "holder": item.holder.name(),
            "tokens": item.tokens, "expires": day(item.expires), "last_used": day(item.last_used),
            "signatures": item.signatures, "state": state(item.state),
        })
    });
    let holders = [Holder::Person, Holder::Organisation, Holder::Unknown]
        .map(|holder| with(&statistics.of_holder(holder), json!({ "holder": holder.name() })));
    let (hour, minute) = report.origin.time;
    json!({
        "period": statistics.period.code(),
        "first": day(Some(statistics.period.first())),
        "last": day(Some(statistics.period.last())),
        "office": report.office,
        "made": format!("{}T{hour:02}:{minute:02}", report.origin.made),
        "offset_minutes": report.origin.offset.whole_minutes(),
        "total": with(&statistics.total, json!({
            "signatures_a_month": tenths(statistics.tenths_a_month(statistics.total.signatures)),
            "prompt_to_signature_ms": {
                "median": statistics.times.percentile(50),
                "p90": statistics.times.percentile(90),
                "requests": statistics.times.total(),
            },
            "without_certificate": statistics.without_certificate(),
        })),
        "sign_ins": {
            "requests": statistics.sign_ins.requests(),
            "signed_in": statistics.sign_ins.of(End::Signed),
        },
        "months": months.collect::<Vec<_>>(),
        "holders": holders,
        "signatories": signatories.collect::<Vec<_>>(),
        "certificates": certificates.collect::<Vec<_>>(),
        "sites": tallies("site", &statistics.sites),
        "tokens": tallies("token", &statistics.tokens),
        "outcomes": tallies("code", &statistics.outcomes),
        "signatures_by_weekday_and_hour": statistics.hours,
        "events": {
            "sites_admitted": statistics.events.sites_admitted,
            "pairings_refused": statistics.events.pairings_refused,
            "sites_revoked": statistics.events.sites_revoked,
            "pins_set": statistics.events.pins_set,
            "pins_not_set": statistics.events.pins_not_set,
            "replayed": statistics.events.replayed,
        },
        "inventory": inventory.collect::<Vec<_>>(),
        "certificate_lists": report.origin.lists,
        "rows": report.origin.rows(),
        "rows_in_period": statistics.rows,
        "files": report.origin.files(),
        "machines": report.origin.machines,
        "sources": report.origin.sources.iter().map(source).collect::<Vec<_>>(),
        "ignored": report.origin.ignored,
        "damaged": report.origin.is_damaged(),
    })
}

fn tallies(key: &str, tallies: &[(String, Tally)]) -> Vec<Value> {
    let one =
        |(name, tally): &(String, Tally)| with(&tally.counts, json!({ key: name, "last": day(tally.last) }));
    tallies.iter().map(one).collect()
}

/// The sums beside what tells whose they are.
fn with(counts: &Counts, mut own: Value) -> Value {
    let known = counts.requests() == 0 || counts.pins_unknown < counts.requests();
    let sums = json!({
        "requests": counts.requests(),
        "signatures": counts.signatures,
        "unreleased": counts.unreleased,
        "wrong_pins": known.then_some(counts.wrong_pins),
        "requests_without_pin_count": counts.pins_unknown,
    });
    if let (Some(own), Value::Object(sums)) = (own.as_object_mut(), sums) {
        own.extend(sums);
        own.extend(End::ALL.into_iter().map(|end| (end.name().to_owned(), json!(counts.of(end)))));
    }
    own
}

fn source(source: &Source) -> Value {
    let (proof, why) = match &source.proof {
        Proof::Whole => ("intact", None),
        Proof::FromLater => ("intact_from_first", None),
        Proof::Unproven => ("unproven", None),
        Proof::Changed(why) => ("changed", Some(why)),
        Proof::Refused(why) => ("refused", Some(why)),
    };
    json!({
        "name": source.name,
        "rows": source.rows,
        "repeated": source.repeated,
        "unclear": source.unclear,
        "first": source.ends.as_ref().map(|(first, ..)| first),
        "last": source.ends.as_ref().map(|(_, last, _)| last),
        "head": source.ends.as_ref().map(|(.., head)| head),
        "proof": proof,
        "why": why,
    })
}

fn state(state: State) -> Value {
    match state {
        State::Expired => json!("expired"),
        State::Soon(_) => json!("soon"),
        State::Lasting => json!("valid"),
        State::Unknown => Value::Null,
    }
}

fn tenths(tenths: u64) -> f64 {
    tenths as f64 / 10.0
}

fn day(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}
