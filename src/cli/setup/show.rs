//! A finding in the person's words.

use serde_json::{Value, json};
use time::OffsetDateTime;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::doctor::modules::left_out;
use crate::domain::token::PinState;
use crate::setup::{Asking, Finding, Held, Library, LibraryState, Mark, Plugged, Step, Topic};
use crate::text::cli::CliWords;
use crate::text::modules::ModuleWords;
use crate::text::prompt::PromptWords;
use crate::text::setup::SetupWords;
use crate::text::{Lang, fill, number};
use crate::token::usb::Sure;

/// What is shown of a step.
pub(super) struct Said {
    pub(super) mark: Mark,
    pub(super) what: String,
    /// More about it, a line each.
    pub(super) details: Vec<String>,
    pub(super) todo: Vec<String>,
}

impl Said {
    pub(super) fn note(what: &str) -> Self {
        Self { mark: Mark::Note, what: what.to_owned(), details: vec![], todo: vec![] }
    }

    pub(super) fn open(what: &str, todo: &str) -> Self {
        Self { mark: Mark::Open, ..Self::wrong(what, todo) }
    }

    pub(super) fn wrong(what: &str, todo: &str) -> Self {
        let todo = Some(todo.to_owned()).filter(|todo| !todo.is_empty()).into_iter().collect();
        Self { mark: Mark::Wrong, what: what.to_owned(), details: vec![], todo }
    }

    fn todo(mut self, todo: &str) -> Self {
        self.todo.push(todo.to_owned());
        self
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    pub(super) fn json(&self, topic: Topic, finding: &str) -> Value {
        let mark = match self.mark {
            Mark::Well => "ok",
            Mark::Note => "note",
            Mark::Open => "open",
            Mark::Wrong => "wrong",
            Mark::Waits => "waits",
        };
        json!({
            "topic": topic.name(),
            "finding": finding,
            "mark": mark,
            "what": self.what,
            "details": self.details,
            "todo": self.todo,
        })
    }

    /// Its mark as a sign.
    pub(super) fn sign(&self) -> &'static str {
        match self.mark {
            Mark::Well => "✓",
            Mark::Note => "–",
            Mark::Open => "○",
            Mark::Wrong => "✗",
            Mark::Waits => "·",
        }
    }

    /// With its number and title where the topic begins.
    pub(super) fn lines(&self, number: Option<usize>, title: &str, words: &SetupWords) -> String {
        let mark = self.sign();
        let head = number.map(|number| format!("{number}. {title}"));
        let what = format!("{mark} {}", wrapped(&self.what, TEXT));
        let details = self.details.iter().map(|detail| format!("  {}", wrapped(detail, TEXT)));
        let todo = self.todo.iter().enumerate().map(|(index, todo)| {
            let todo = if index == 0 { fill(words.todo, &[("what", todo)]) } else { todo.as_str().into() };
            format!("  → {}", wrapped(&todo, TEXT + 2))
        });
        let below = std::iter::once(what).chain(details).chain(todo).map(|line| format!("   {line}"));
        head.into_iter().chain(below).collect::<Vec<_>>().join("\n")
    }
}

/// The heading of a topic.
pub(super) fn title(topic: Topic, words: &SetupWords) -> &'static str {
    match topic {
        Topic::Plugged => words.plugged,
        Topic::Readers => words.readers,
        Topic::Library => words.library,
        Topic::Token => words.token,
        Topic::Certificate => words.certificate,
        Topic::Asking => words.asking,
        Topic::Trial => words.trial,
        Topic::Autostart => words.autostart,
    }
}

/// The sentences of a step.
pub(super) fn said(step: &Step, lang: Lang) -> Said {
    let words = SetupWords::of(lang);
    let plain = |what: &str| Said { mark: step.finding.mark(), ..Said::note(what) };
    match &step.finding {
        Finding::Waits => plain(words.waits),
        Finding::Devices(devices) => {
            let mut names = devices.iter().map(|device| name(device, words));
            let first = plain(&names.next().unwrap_or_default());
            names.fold(first, Said::detail)
        }
        Finding::NothingPlugged => plain(words.nothing_plugged).todo(words.nothing_plugged_do),
        Finding::NotOnUsb => plain(words.not_on_usb),
        Finding::UsbUnseen => plain(words.usb_unseen),
        Finding::ReadersWell => plain(words.readers_well),
        Finding::NoDaemon => plain(words.no_daemon).todo(words.no_daemon_do),
        Finding::DaemonStopped => plain(words.daemon_stopped).todo(words.daemon_stopped_do),
        Finding::NoCcid => plain(words.no_ccid).todo(words.no_ccid_do),
        Finding::InUse(library) => plain(&in_use(library, words)),
        Finding::Unusable(library) => unusable(plain(""), library, words, lang),
        Finding::Missing(device) => missing(plain(""), device, words),
        Finding::NoLibrary => plain(words.no_library).todo(words.no_library_do),
        Finding::Seen(token) => {
            plain(&fill(words.seen, &[("label", &token.label), ("serial", &token.serial)]))
        }
        Finding::Pin(token) => {
            let (state, todo) = pin(token.pin, lang);
            let values = [("label", token.label.as_str()), ("serial", &token.serial), ("pin", state)];
            todo.into_iter().fold(plain(&fill(words.pin, &values)), |said, todo| said.todo(todo))
        }
        Finding::NotSeen => plain(words.not_seen).todo(words.not_seen_do),
        Finding::NoneSeen => plain(words.none_seen).todo(words.none_seen_do),
        Finding::NoCard => plain(words.no_card).todo(words.no_card_do),
        Finding::Stale => plain(words.stale).todo(words.stale_do),
        Finding::Fit(held) => certificate(plain(""), held, words)
            .detail(fill(words.until, &[("date", &date(lang, held.until))])),
        Finding::Ending(held, days) => {
            let values = [("date", date(lang, held.until)), ("days", days.to_string())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            let ending = if *days == 1 { words.ending_day } else { words.ending };
            certificate(plain(""), held, words).detail(fill(ending, &values)).todo(words.ending_do)
        }
        Finding::Unfit(held) => {
            let why = held.unfit.map(|unfit| PromptWords::of(lang).unfit(unfit)).unwrap_or_default();
            certificate(plain(""), held, words)
                .detail(fill(words.until, &[("date", &date(lang, held.until))]))
                .detail(fill(words.unfit, &[("why", why)]))
        }
        Finding::NoCertificate => plain(words.no_certificate).todo(words.no_certificate_do),
        Finding::NoneFit => plain(words.none_fit).todo(words.none_fit_do),
        Finding::Asks(Asking::Terminal) => plain(words.asks_terminal),
        Finding::Asks(_) => plain(words.asks_window),
        Finding::CannotAsk(why) => plain(words.cannot_ask)
            .detail(fill(words.cannot_ask_why, &[("why", why)]))
            .todo(words.cannot_ask_do),
        Finding::TrialOpen(_) => plain(words.trial_open).todo(words.trial_open_do),
        Finding::TrialDone(trial) => {
            let row = trial.sequence.to_string();
            let day = number::day_of(lang, &trial.day);
            let values = [("day", day.as_str()), ("holder", &trial.holder), ("sequence", &row)];
            plain(&fill(words.trial_done, &values))
        }
        Finding::Starts => plain(words.starts),
        Finding::StartOpen => plain(words.start_open).todo(words.start_open_do),
        Finding::StartDeclined => plain(words.start_declined),
    }
}

fn name(device: &Plugged, words: &SetupWords) -> String {
    let id = device.id.to_string();
    match &device.known {
        Some(known) => fill(words.device, &[("name", &known.name), ("id", &id)]).into_owned(),
        None => {
            let named = if device.name.is_empty() { words.device_nameless } else { &device.name };
            fill(words.device_unknown, &[("name", named), ("id", &id)]).into_owned()
        }
    }
}

fn in_use(library: &Library, words: &SetupWords) -> String {
    let path = library.path.display().to_string();
    match &library.vendor {
        Some(vendor) => fill(words.in_use, &[("vendor", vendor), ("path", &path)]).into_owned(),
        None => fill(words.in_use_plain, &[("path", &path)]).into_owned(),
    }
}

/// With the doctor's word on it.
fn unusable(said: Said, library: &Library, words: &SetupWords, lang: Lang) -> Said {
    let own = ModuleWords::of(lang);
    let (why, todo) = match &library.state {
        LibraryState::Used => (String::new(), None),
        LibraryState::LeftOut(reason) => left_out(reason, own),
        LibraryState::Failed(why) => (fill(own.failed, &[("why", why)]).into_owned(), Some(own.failed_do)),
    };
    let what = fill(words.unusable, &[("path", &library.path.display().to_string())]).into_owned();
    Said { what, ..said }.detail(why).todo(todo.unwrap_or(words.unusable_do))
}

fn missing(said: Said, device: &Plugged, words: &SetupWords) -> Said {
    let known = device.known.as_ref();
    let called = known.map_or(device.name.as_str(), |known| &known.name);
    let said = Said { what: fill(words.missing, &[("name", called)]).into_owned(), ..said };
    let said = match known.and_then(|known| known.software.as_ref()) {
        Some(software) => said.todo(&fill(words.missing_software_do, &[("software", software)])),
        None => said.todo(words.missing_plain_do),
    };
    let said = match known.and_then(|known| known.package.as_ref()) {
        Some(package) => said.todo(&fill(words.missing_package, &[("package", package)])),
        None => said,
    };
    if known.is_some_and(|known| known.sure == Sure::IdOnly) {
        said.detail(words.missing_id_only)
    } else {
        said
    }
}

fn certificate(said: Said, held: &Held, words: &SetupWords) -> Said {
    Said { what: holder(held, words), ..said }.detail(fill(words.issuer, &[("issuer", &held.issuer)]))
}

/// The person, and the organisation where it is another name.
pub(super) fn holder(held: &Held, words: &SetupWords) -> String {
    let values = [("holder", held.holder.as_str()), ("organisation", &held.organisation)];
    let alone = held.organisation.is_empty() || held.organisation == held.holder;
    fill(if alone { words.holder } else { words.holder_of }, &values).into_owned()
}

/// How a token's PIN stands, and what is to be done, if anything.
pub(in crate::cli) fn pin(state: PinState, lang: Lang) -> (&'static str, Option<&'static str>) {
    let (cli, words) = (CliWords::of(lang), SetupWords::of(lang));
    match state {
        PinState::Locked => (cli.pin_locked, Some(words.pin_locked_do)),
        PinState::MustChange => (cli.pin_must_change, Some(words.pin_must_change_do)),
        PinState::FinalTry | PinState::ReaderFinal => (cli.pin_final_try, Some(words.pin_final_do)),
        PinState::Low | PinState::Doubted | PinState::ReaderDoubted => (cli.pin_low, Some(words.pin_low_do)),
        PinState::Ok => (cli.pin_ok, None),
        PinState::Reader => (cli.pin_reader, None),
    }
}

fn date(lang: Lang, moment: OffsetDateTime) -> String {
    number::day(lang, moment.date())
}

/// Broken between words at [`WIDTH`] columns, the following lines moved in by so many.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let width = word.width();
        if column > indent && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

const WIDTH: usize = 78;
/// Where a step's text begins: behind three blanks and the mark.
const TEXT: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Token;
    use crate::token::usb::UsbId;

    #[test]
    fn whatever_is_to_be_done_is_said() {
        let pin = |pin| {
            let token = Token { label: "a".to_owned(), serial: "1".to_owned(), pin };
            Finding::Pin(token)
        };
        let device = Plugged { id: UsbId { vendor: 1, product: 2 }, name: "a".to_owned(), known: None };
        let state = LibraryState::Failed("why".to_owned());
        let library = Library { path: "/a.so".into(), vendor: None, state };
        let all = [
            Finding::NothingPlugged,
            Finding::NoDaemon,
            Finding::DaemonStopped,
            Finding::NoCcid,
            Finding::Unusable(library),
            Finding::Missing(device),
            Finding::NoLibrary,
            pin(PinState::Locked),
            pin(PinState::MustChange),
            Finding::NotSeen,
            Finding::NoneSeen,
            Finding::NoCard,
            Finding::Stale,
            Finding::NoCertificate,
            Finding::NoneFit,
            Finding::CannotAsk("why".to_owned()),
            Finding::TrialOpen(Vec::new()),
            Finding::StartOpen,
        ];
        for lang in [Lang::Vi, Lang::En] {
            for finding in &all {
                let mark = finding.mark();
                assert!(matches!(mark, Mark::Wrong | Mark::Open), "{finding:?}");
                let said = said(&Step { topic: Topic::Token, finding: finding.clone() }, lang);
                assert!(
                    !said.todo.is_empty() && said.todo.iter().all(|todo| !todo.is_empty()),
                    "{finding:?}"
                );
            }
            let reader = said(&Step { topic: Topic::Token, finding: pin(PinState::Reader) }, lang);
            assert_eq!(reader.todo, Vec::<String>::new(), "nothing is to be done");
        }
    }
}
