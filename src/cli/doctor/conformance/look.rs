//! What there is to see without a login: the library, its slots, tokens, mechanisms and certificates.

use std::sync::Arc;

use serde_json::json;
use time::OffsetDateTime;

use super::mask::Mask;
use super::report::Report;
use super::report::Row;
use super::steps::Failure;
use super::steps::Steps;
use super::subject::Subject;
use crate::domain::certificate::Certificate;
use crate::domain::certificate::Purpose;
use crate::domain::certificate::Unfit;
use crate::domain::ports::Tokens as _;
use crate::domain::scheme::Scheme;
use crate::text::conformance::ConformanceWords;
use crate::text::fill;
use crate::token::description::Description;
use crate::token::description::Mechanism;
use crate::token::description::Objects;
use crate::token::description::Slot;
use crate::token::description::Token;
use crate::token::hub::TokenHub;
use crate::token::trace::Step;
use crate::token::trace::Trace;

/// A certificate that a trial can be made with, and its number in the table.
pub(super) struct Able {
    pub(super) number: String,
    pub(super) certificate: Arc<Certificate>,
}

/// Adds a row for each thing that was looked at; the certificates that can sign.
pub(super) async fn at(
    subject: &Subject,
    tokens: &TokenHub,
    trace: &Trace,
    words: &'static ConformanceWords,
    report: &mut Report,
) -> Vec<Able> {
    let described = tokens.describe(0).await;
    let told = Steps(trace.take());
    let snapshot = tokens.look().await;
    let listed = Steps(trace.take());

    let slots = described.iter().flat_map(|described| &described.slots);
    for token in slots.filter_map(|slot| slot.token.as_ref()) {
        report.mask.hide(&token.serial);
        report.mask.hide(&token.label);
    }
    for token in &snapshot.tokens {
        report.mask.hide(&token.serial.0);
        report.mask.hide(&token.label);
    }
    for certificate in &snapshot.certificates {
        report.mask.hide(certificate.subject.short());
        report.mask.hide(&certificate.subject.text);
    }
    let error = described.as_ref().err().map(|error| Failure::of(error, &report.mask));
    let (described, error) = (described.as_ref().ok(), error.as_ref());

    let mut row = subject.row(words, tokens.landlock().first().copied().flatten());
    if let Some(error) = error.filter(|_| told.0.is_empty()) {
        // Its process did not come as far as the library.
        row = row.failed(error.code).adding(&error.cause);
    }
    report.add(row);
    library(&told, described, error, words, report);
    for (at, part) in told.each(Step::Slot).iter().enumerate() {
        let known = described.and_then(|described| described.slots.get(at));
        slot(at + 1, part, known, error, words, report);
    }
    let problem = snapshot.problems.first().map(|problem| Failure::of(&problem.error, &report.mask));
    let counts = (snapshot.tokens.len(), snapshot.certificates.len());
    report.add(list(&listed, counts, problem.as_ref(), words));

    let mut able = Vec::new();
    for (at, token) in snapshot.tokens.iter().enumerate() {
        let slot = described.and_then(|described| described.slot_of(&token.serial.0)).unwrap_or(at + 1);
        let its = |certificate: &&Arc<Certificate>| certificate.token == token.serial;
        for (place, found) in snapshot.certificates.iter().filter(its).enumerate() {
            let number = format!("{slot}.{}", place + 1);
            let (row, can_sign) = certificate(&number, found, words, report.mask.tells_names());
            report.add(row);
            if can_sign {
                able.push(Able { number, certificate: Arc::clone(found) });
            }
        }
    }
    able
}

fn library(
    told: &Steps,
    described: Option<&Description>,
    error: Option<&Failure>,
    words: &ConformanceWords,
    report: &mut Report,
) {
    for step in [Step::Load, Step::Initialize] {
        told.fill(Row::new(step.name(), step.name()), step, error)
            .into_iter()
            .for_each(|row| report.add(row));
    }
    let mut info = Row::new(Step::Info.name(), Step::Info.name());
    if let Some(library) = described.and_then(|described| described.library.as_ref()) {
        let values = [
            ("manufacturer", library.manufacturer.as_str()),
            ("description", &library.description),
            ("version", &library.version),
            ("interface", &library.interface),
        ];
        info = info.saying(fill(words.library, &values)).with("facts", json!(library));
    }
    told.fill(info, Step::Info, error).into_iter().for_each(|row| report.add(row));
    let mut slots = Row::new(Step::Slots.name(), Step::Slots.name());
    if let Some(described) = described {
        let full = described.slots.iter().filter(|slot| slot.has_token).count().to_string();
        let (count, most) = (described.count.to_string(), Description::MOST_SLOTS.to_string());
        let cut = described.count as usize > described.slots.len();
        let sentence = if cut { words.slots_cut } else { words.slots };
        slots = slots
            .saying(fill(sentence, &[("n", &count), ("tokens", &full), ("most", &most)]))
            .with("slots", json!(described.count));
    }
    told.fill(slots, Step::Slots, error).into_iter().for_each(|row| report.add(row));
}

fn slot(
    number: usize,
    told: &Steps,
    known: Option<&Slot>,
    error: Option<&Failure>,
    words: &ConformanceWords,
    report: &mut Report,
) {
    let named = |name: &str, sentence: &str| {
        Row::new(name, fill(sentence, &[("n", &number.to_string())])).with("slot", json!(number))
    };
    let mut row = named("slot", words.step_slot);
    if let Some(slot) = known {
        let reader = report.mask.reader(slot.description.as_deref().unwrap_or_default());
        row = row
            .saying(&reader)
            .adding(&slot.flags.join(" "))
            .with("reader", json!(reader))
            .with("flags", json!(slot.flags));
    }
    let mut rows = vec![told.fill(row, Step::Slot, error)];
    let row = named("token", words.step_token);
    let row = match known.and_then(|slot| slot.token.as_ref()) {
        Some(found) => token(row, found, words, report.mask.tells_names()),
        None => row,
    };
    rows.push(told.fill(row, Step::Token, error));
    let row = named("mechanisms", words.step_mechanisms);
    let row = match known.and_then(|slot| slot.mechanisms.as_ref()) {
        Some(all) => row.saying(mechanisms(all, words)).with("mechanisms", json!(all)),
        None => row,
    };
    rows.push(told.fill(row, Step::Mechanisms, error));
    let row = named("objects", words.step_objects);
    let row = match known.and_then(|slot| slot.objects) {
        Some(found) => row.saying(objects(found, words)).with("objects", json!(found)),
        None => row,
    };
    rows.push(told.fill(row, Step::Objects, error));
    rows.into_iter().flatten().for_each(|row| report.add(row));
}

fn token(row: Row, token: &Token, words: &ConformanceWords, names: bool) -> Row {
    let count = token.serial.chars().count().to_string();
    let cut = fill(words.length, &[("end", &Mask::end(&token.serial)), ("n", &count)]).into_owned();
    let serial = match token.serial.as_str() {
        "" => words.no_serial.to_owned(),
        whole if names => whole.to_owned(),
        _ => cut,
    };
    let length = |said: u64| if u32::try_from(said).is_ok() { said.to_string() } else { "?".to_owned() };
    let values = [
        ("manufacturer", token.manufacturer.as_str()),
        ("model", &token.model),
        ("hardware", &token.hardware),
        ("firmware", &token.firmware),
        ("serial", &serial),
        ("least", &length(token.lengths.0)),
        ("most", &length(token.lengths.1)),
        ("flags", &token.flags.join(" ")),
    ];
    let label =
        if names { fill(words.label, &[("label", &token.label)]).into_owned() } else { String::new() };
    row.saying(fill(words.token, &values)).adding(&label).with(
        "facts",
        json!({
            "manufacturer": token.manufacturer,
            "model": token.model,
            "hardware": token.hardware,
            "firmware": token.firmware,
            "serial": serial,
            "label": names.then_some(&token.label),
            "pin_lengths": [token.lengths.0, token.lengths.1],
            "flags": token.flags,
        }),
    )
}

/// Those that Kyso signs with, then the names of those that hash by themselves.
fn mechanisms(all: &[Mechanism], words: &ConformanceWords) -> String {
    let (used, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|mechanism| USED.contains(&mechanism.name.as_str()));
    let one = |mechanism: &&Mechanism| {
        let Some(ability) = mechanism.ability else { return format!("{} ?", mechanism.name) };
        let signs = if ability.signs { String::new() } else { format!(" ({})", words.no_sign) };
        let hardware = if ability.hardware { format!(" {}", words.in_hardware) } else { String::new() };
        format!("{} {}–{}{hardware}{signs}", mechanism.name, ability.least, ability.most)
    };
    let mut said: Vec<String> = used.iter().map(one).collect();
    if said.is_empty() {
        said.push(words.no_mechanism.to_owned());
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|mechanism| mechanism.name.as_str()).collect();
        said.push(fill(words.beside, &[("names", &names.join(" "))]).into_owned());
    }
    said.join(", ")
}

fn objects(found: Objects, words: &ConformanceWords) -> String {
    let [certificates, public, private] =
        [found.certificates, found.public_keys, found.private_keys].map(|count| count.to_string());
    let values = [("certificates", &*certificates), ("public", &*public), ("private", &*private)];
    fill(words.objects, &values).into_owned()
}

fn list(
    told: &Steps,
    (tokens, certificates): (usize, usize),
    problem: Option<&Failure>,
    words: &ConformanceWords,
) -> Row {
    let counts = [("tokens", &*tokens.to_string()), ("certificates", &*certificates.to_string())];
    let row = Row::new("listing", words.step_list)
        .taking(told.total(&[Step::Slots, Step::Token, Step::Certificates]))
        .saying(fill(words.listed, &counts))
        .with("tokens", json!(tokens))
        .with("certificates", json!(certificates));
    let everything = [Step::Load, Step::Initialize, Step::Slots, Step::Token, Step::Certificates];
    let answer = told.refusal(&everything);
    match problem {
        Some(error) => {
            let place = told.unfinished(&everything).map(|step| words.in_step(step.name()));
            let said = format!("{} {}", error.code, place.unwrap_or_default());
            match answer {
                Some(answer) => row.failed(answer).saying(error.code),
                None => row.failed(said.trim_end()).saying(&error.cause),
            }
        }
        None => match answer {
            Some(answer) => row.failed(answer),
            None if tokens == 0 => row.failed("token_absent").saying(words.no_token),
            None => row,
        },
    }
}

/// The row of a certificate, and whether it can sign now.
fn certificate(number: &str, found: &Certificate, words: &ConformanceWords, names: bool) -> (Row, bool) {
    let id = hex::encode(&found.key_id[..found.key_id.len().min(SHOWN)]);
    let count = found.key_id.len();
    let id = match count {
        0 => words.no_id.to_owned(),
        1..=SHOWN => id,
        _ => fill(words.id_cut, &[("start", &id), ("n", &count.to_string())]).into_owned(),
    };
    let usage = if found.usage.is_empty() { words.no_usage.to_owned() } else { found.usage.join(" ") };
    let key = found.key.label();
    let values = [("key", key.as_str()), ("usage", &usage), ("id", &id)];
    let name = if names { found.subject.short() } else { "" };
    let purposes: Vec<&str> = found.purposes.iter().map(|purpose| purpose.name()).collect();
    let row = Row::new("certificate", fill(words.step_certificate, &[("n", number)]))
        .saying(fill(words.certificate_key, &values))
        .adding(name)
        .with("number", json!(number))
        .with("key", json!(key))
        .with("usage", json!(found.usage))
        .with("purposes", json!(purposes))
        .with("key_id", json!({ "start": hex::encode(&found.key_id[..count.min(SHOWN)]), "bytes": count }))
        .with("name", json!(names.then_some(name)));
    match found.fit_for(Purpose::Sign, OffsetDateTime::now_utc()) {
        Ok(()) if Scheme::of(&found.key).is_empty() => (row.not_tried(words.no_scheme), false),
        Ok(()) => (row, true),
        Err(Unfit::Expired) => (row.not_tried(words.expired), false),
        Err(Unfit::NotYetValid) => (row.not_tried(words.not_yet), false),
        Err(
            Unfit::NotForSigning
            | Unfit::NotForSignIn
            | Unfit::Scheme
            | Unfit::Barred
            | Unfit::Issuer
            | Unfit::KeySize
            | Unfit::Site,
        ) => (row.not_tried(words.not_for_signing), false),
    }
}

const USED: [&str; 3] = ["CKM_RSA_PKCS", "CKM_RSA_PKCS_PSS", "CKM_ECDSA"];
/// Bytes of a `CKA_ID` that are shown.
const SHOWN: usize = 4;
