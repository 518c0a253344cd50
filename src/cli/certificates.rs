//! `kyso certificates`.

use clap::ArgMatches;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::exit::Exit;
use super::{Session, client, complain, print_json, say};
use crate::api::control::Call;
use crate::domain::validation::Standing;
use crate::text::fill;
use crate::text::validation::ValidationWords;

/// Prints the certificates on the tokens, each with the name that `kyso sign` takes, and how it stands where that
/// is wanted.
pub fn run(session: &Session, matches: &ArgMatches) -> Exit {
    let (matches, call) = match matches.subcommand() {
        Some((_, check)) => (check, Call::Standings),
        None => (matches, Call::Certificates),
    };
    let value = match client::call(session, matches, &call) {
        Ok(value) => value,
        Err(exit) => return exit,
    };
    let certificates = value["certificates"].as_array().cloned().unwrap_or_default();
    let barred = certificates.iter().any(|certificate| certificate["barred"] == true);
    let exit = if barred { Exit::Wrong } else { Exit::Done };
    if matches.get_flag("json") {
        print_json(&value);
        return exit;
    }
    for certificate in &certificates {
        print(session, certificate);
    }
    if certificates.is_empty() {
        complain(session.words.no_certificates);
        return Exit::Unavailable;
    }
    exit
}

fn print(session: &Session, certificate: &Value) {
    let words = session.words;
    let moment =
        |key: &str| OffsetDateTime::parse(certificate[key].as_str().unwrap_or_default(), &Rfc3339).ok();
    let date = |key: &str| {
        moment(key).map_or_else(String::new, |at| {
            format!("{:02}/{:02}/{}", at.day(), u8::from(at.month()), at.year())
        })
    };
    let now = OffsetDateTime::now_utc();
    let note = if moment("not_after").is_some_and(|end| now > end) {
        format!("  {}", words.expired)
    } else if moment("not_before").is_some_and(|start| now < start) {
        format!("  {}", words.not_yet)
    } else {
        String::new()
    };
    say(format_args!("{}{note}", holder(certificate)));
    say(format_args!("  {}", text(&certificate["id"])));
    say(format_args!("  {}", fill(words.certificate_issuer, &[("issuer", &name(&certificate["issuer"]))])));
    let dates = [("from", date("not_before")), ("until", date("not_after"))];
    let dates = dates.each_ref().map(|(name, value)| (*name, value.as_str()));
    say(format_args!("  {}", fill(words.certificate_valid, &dates)));
    let key = [("key", key(&certificate["key"])), ("purposes", purposes(session, certificate))];
    let key = key.each_ref().map(|(name, value)| (*name, value.as_str()));
    say(format_args!("  {}", fill(words.certificate_key, &key)));
    if let Some(standing) = certificate["standing"].as_str().and_then(|text| text.parse::<Standing>().ok()) {
        let words = ValidationWords::of(session.lang);
        let sentence = words.standing(session.lang, standing).unwrap_or_else(|| words.not_checked.to_owned());
        let barred = certificate["barred"] == true;
        say(format_args!("  {sentence}{}", separated(if barred { words.barred } else { "" })));
    }
}

/// A certificate in one line.
pub(super) fn line(certificate: &Value) -> String {
    format!("{}  {}", holder(certificate), text(&certificate["id"]))
}

fn holder(certificate: &Value) -> String {
    let subject = &certificate["subject"];
    format!("{}{}", name(subject), separated(&text(&subject["organisation"])))
}

fn name(subject: &Value) -> String {
    text(if subject["common_name"].is_string() { &subject["common_name"] } else { &subject["text"] })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn separated(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" – {text}") }
}

fn key(key: &Value) -> String {
    let kind = key["type"].as_str().unwrap_or_default().to_uppercase();
    match (key["bits"].as_u64(), key["curve"].as_str()) {
        (Some(bits), _) => format!("{kind} {bits}"),
        (None, Some(curve)) => format!("{kind} {curve}"),
        (None, None) => kind,
    }
}

fn purposes(session: &Session, certificate: &Value) -> String {
    let words = session.words;
    let named = certificate["purposes"].as_array().into_iter().flatten().filter_map(|purpose| match purpose
        .as_str()
    {
        Some("sign") => Some(words.purpose_sign),
        Some("authenticate") => Some(words.purpose_authenticate),
        _ => None,
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if named.is_empty() { words.purpose_none.to_owned() } else { named }
}
