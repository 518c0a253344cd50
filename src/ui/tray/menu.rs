//! The menu, as a pure function of what is known.

use time::OffsetDateTime;

use super::{Act, Desk, sentence};
use crate::domain::caller::COMMAND_LINE;
use crate::status::{Agent, Certificate, Matter, Open, Past, Pin, Site, Status, Tls, Token};
use crate::text::neighbours::NeighbourWords;
use crate::text::operations::OperationWords;
use crate::text::tls::TlsWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, fill, number};
use crate::ui::clean::clean;

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something to read.
    Label(String),
    /// Something to choose.
    Item(String, Act),
    /// Something that is so or not, and what choosing it does.
    Check(String, bool, Act),
    /// More behind it.
    Sub(String, Vec<Self>),
    /// A line.
    Separator,
}

/// The whole menu.
pub fn menu(desk: &Desk, lang: Lang) -> Vec<Entry> {
    let words = TrayWords::of(lang);
    let mut entries = vec![Entry::Label(sentence(desk.state(), lang))];
    match &desk.status {
        None => entries.push(Entry::Item(words.start.to_owned(), Act::Start)),
        Some(status) => entries.extend(of_agent(status, desk.now, lang)),
    }
    let speak = |name: &str, choice| Entry::Check(name.to_owned(), lang == choice, Act::Speak(choice));
    let version = fill(words.about_version, &[("version", env!("CARGO_PKG_VERSION"))]).into_owned();
    let about = [version, words.about_what.to_owned(), words.about_licence.to_owned()];
    entries.extend([
        Entry::Item(words.open_log.to_owned(), Act::OpenLog),
        Entry::Separator,
        Entry::Sub(
            words.language.to_owned(),
            vec![speak(words.vietnamese, Lang::Vi), speak(words.english, Lang::En)],
        ),
        Entry::Item(words.setup.to_owned(), Act::Setup),
        Entry::Check(words.autostart.to_owned(), desk.autostart, Act::Autostart(!desk.autostart)),
        Entry::Sub(words.about.to_owned(), about.map(Entry::Label).into()),
        Entry::Item(words.quit.to_owned(), Act::Quit),
    ]);
    entries
}

fn of_agent(status: &Status, now: OffsetDateTime, lang: Lang) -> Vec<Entry> {
    let words = TrayWords::of(lang);
    let mut entries: Vec<Entry> =
        status.open.iter().map(|open| Entry::Item(asks(open, lang), Act::Raise)).collect();
    if status.queued > 0 {
        entries.push(Entry::Label(fill(words.queued, &[("n", &status.queued.to_string())]).into_owned()));
    }
    entries.extend(status.agent.iter().flat_map(|agent| of_port(agent, lang)).map(Entry::Label));
    entries.push(Entry::Separator);
    entries.extend(status.tokens.iter().map(|token| of_token(token, status, now, lang)));
    if status.tokens.iter().any(|token| token.kept_s.is_some()) {
        entries.push(Entry::Item(words.logout.to_owned(), Act::Logout));
    }
    if !status.problems.is_empty() {
        let line = |problem: &crate::status::Problem| Entry::Label(clean(&problem.path, LONGEST));
        let hint = Entry::Label(words.problems_hint.to_owned());
        let lines = status.problems.iter().map(line).chain([hint]).collect();
        entries.push(Entry::Sub(words.problems.to_owned(), lines));
    }
    let renewal = status.tls.iter().filter_map(|tls| of_tls(tls, now, lang));
    entries.extend(renewal.map(Entry::Label));
    let refused = status.refused.iter().map(|site| {
        let values = [("origin", &*shown(&site.origin)), ("n", &site.times.to_string())];
        Entry::Label(fill(words.refused_site, &values).into_owned())
    });
    // What is more to know of them stands in the log.
    let recent = status.recent.iter().map(|past| Entry::Item(of_past(past, lang), Act::OpenLog));
    entries.push(Entry::Sub(words.recent.to_owned(), or_label(recent, words.recent_none)));
    let sites = status.sites.iter().map(|site| of_site(site, words));
    entries.push(Entry::Sub(words.sites.to_owned(), or_label(refused.chain(sites), words.sites_none)));
    entries.push(Entry::Separator);
    entries.push(Entry::Check(words.pause.to_owned(), status.paused, Act::Pause(!status.paused)));
    entries
}

/// That the agent is about to end, and who is in its way.
fn of_port(agent: &Agent, lang: Lang) -> Vec<String> {
    let words = OperationWords::of(lang);
    let ends = agent.last_ones.map(|left| fill(words.last_ones, &[("n", &left.to_string())]).into_owned());
    let others = NeighbourWords::lines(&agent.answers, &agent.squatters, agent.port, lang);
    ends.into_iter().chain(others).collect()
}

fn or_label(entries: impl Iterator<Item = Entry>, none: &str) -> Vec<Entry> {
    let entries: Vec<Entry> = entries.collect();
    if entries.is_empty() { vec![Entry::Label(none.to_owned())] } else { entries }
}

/// A question that waits, in one line.
pub fn asks(open: &Open, lang: Lang) -> String {
    let words = TrayWords::of(lang);
    let first = shown(open.names.first().map_or("", String::as_str));
    let caller = caller(&open.caller, words);
    let what = words.documents(&first, open.count);
    let sentence = match open.matter {
        Matter::Sign => words.asks_sign,
        Matter::SignIn => words.asks_sign_in,
        Matter::Pair => words.asks_pair,
        Matter::Pin => words.asks_pin,
    };
    fill(sentence, &[("caller", &caller), ("what", &what), ("name", &first)]).into_owned()
}

fn of_token(token: &Token, status: &Status, now: OffsetDateTime, lang: Lang) -> Entry {
    let words = TrayWords::of(lang);
    let on_it = status.certificates.iter().filter(|certificate| certificate.token == token.serial);
    let lines = on_it.map(|certificate| Entry::Label(of_certificate(certificate, now, lang)));
    Entry::Sub(of_pin(token, words), or_label(lines, words.no_certificates))
}

/// A token and what is known of its PIN, in one line.
pub fn of_pin(token: &Token, words: &TrayWords) -> String {
    let label = shown(&token.label);
    let label = if label.is_empty() { words.token_unlabelled } else { &label };
    let pin = match token.pin {
        Pin::Ok => words.pin_ok,
        Pin::Low => words.pin_low,
        Pin::Doubted => words.pin_doubted,
        Pin::FinalTry => words.pin_final_try,
        Pin::Locked => words.pin_locked,
        Pin::MustChange => words.pin_must_change,
        Pin::Reader => words.pin_reader,
    };
    fill(words.token, &[("label", label), ("pin", pin)]).into_owned()
}

/// A certificate and its time, in one line.
pub fn of_certificate(certificate: &Certificate, now: OffsetDateTime, lang: Lang) -> String {
    let (words, left) = (TrayWords::of(lang), certificate.days_left(now));
    let (sentence, end) = if now < certificate.not_before {
        (words.not_yet, certificate.not_before)
    } else if left > 0 {
        (if left == 1 { words.expires_last } else { words.expires }, certificate.not_after)
    } else {
        (words.expired, certificate.not_after)
    };
    let (name, date) = (shown(&certificate.name), number::day(lang, end.date()));
    fill(sentence, &[("name", &name), ("date", &date), ("n", &left.to_string())]).into_owned()
}

/// That https is to be renewed, if it is.
pub fn of_tls(tls: &Tls, now: OffsetDateTime, lang: Lang) -> Option<String> {
    let date = number::day(lang, tls.due(now)?.date());
    Some(fill(TlsWords::of(lang).renew_line, &[("date", &date)]).into_owned())
}

/// A request of the past, in one line.
pub fn of_past(past: &Past, lang: Lang) -> String {
    let words = TrayWords::of(lang);
    let (what, outcome) = if past.sign_in {
        (words.sign_in.to_owned(), TrayWords::sign_in_ending(&past.kind, &past.outcome, lang))
    } else {
        let name = shown(past.name.as_deref().unwrap_or_default());
        (words.documents(&name, past.count), TrayWords::ending(&past.kind, &past.outcome, lang))
    };
    let values = [
        ("when", &*TrayWords::when(lang, &past.local_time)),
        ("caller", &*caller(&past.caller, words)),
        ("what", &*what),
        ("outcome", &*outcome),
    ];
    fill(words.recent_line, &values).into_owned()
}

fn of_site(site: &Site, words: &TrayWords) -> Entry {
    if site.blocked {
        let unblock = Entry::Item(words.unblock.to_owned(), Act::Revoke(site.origin.clone()));
        let name = fill(words.site_blocked, &[("origin", &clean(&site.origin, usize::MAX))]).into_owned();
        return Entry::Sub(name, vec![unblock]);
    }
    let pairings = fill(words.site_pairings, &[("n", &site.pairings.to_string())]).into_owned();
    let mut lines = vec![Entry::Label(pairings)];
    if site.allowed {
        lines.push(Entry::Label(words.site_allowed.to_owned()));
    }
    lines.push(Entry::Item(words.revoke.to_owned(), Act::Revoke(site.origin.clone())));
    Entry::Sub(clean(&site.origin, usize::MAX), lines)
}

/// Who asks: an origin whole, since its end is what tells sites apart.
pub(super) fn caller(caller: &str, words: &TrayWords) -> String {
    if caller == COMMAND_LINE { words.command_line.to_owned() } else { clean(caller, usize::MAX) }
}

/// A name that others chose.
pub(super) fn shown(name: &str) -> String {
    clean(name, LONGEST)
}

/// Letters of a name in a menu.
const LONGEST: usize = 60;

#[cfg(test)]
mod tests;
