//! The facts of a question as lines of text: the same in window and terminal.

use super::clean::clean;
use super::message::Choice;
use super::message::Sign;
use super::talk;
use super::talk::Means;
use super::talk::Obstacle;
use super::talk::Talk;
use crate::domain::caller::Caller;
use crate::domain::error::ErrorCode;
use crate::domain::kept::Keeping;
use crate::domain::request::Item;
use crate::domain::token::PinState;
use crate::domain::validation::Standing;
use crate::text::Lang;
use crate::text::fill;
use crate::text::keep::KeepWords;
use crate::text::number;
use crate::text::prompt::PromptWords;
use crate::text::validation::ValidationWords;

/// Who asks.
pub(super) struct Who {
    /// The whole origin, as the browser sent it; or that it is a command.
    pub(super) name: String,
    /// The readable form of a punycode host.
    pub(super) readable: Option<String>,
}

pub(super) fn who(words: &PromptWords, caller: &Caller) -> Who {
    match caller {
        Caller::CommandLine => Who { name: words.command_line.to_owned(), readable: None },
        Caller::Web(origin) => Who {
            name: origin.to_string(),
            readable: origin
                .unicode_host()
                .map(|name| fill(words.reads_as, &[("host", &host(&name))]).into_owned()),
        },
    }
}

/// A readable host: whole, but for what could deceive.
pub(super) fn host(name: &str) -> String {
    clean(name, usize::MAX)
}

pub(super) fn count(lang: Lang, n: usize) -> String {
    let words = PromptWords::of(lang);
    if n == 1 {
        words.document.to_owned()
    } else {
        fill(words.documents, &[("n", &whole(lang, n))]).into_owned()
    }
}

/// How many of a batch a search found.
pub(super) fn found(lang: Lang, n: usize, total: usize) -> String {
    let values = [("n", &*whole(lang, n)), ("total", &*whole(lang, total))];
    fill(PromptWords::of(lang).found, &values).into_owned()
}

/// What the token does; of a batch, how far it is.
pub(super) fn signing(sign: &Sign, done: usize, total: usize) -> String {
    let words = PromptWords::of(sign.lang);
    if total > 1 {
        let values = [("done", &*whole(sign.lang, done)), ("total", &*whole(sign.lang, total))];
        return fill(words.signing_many, &values).into_owned();
    }
    if sign.is_sign_in() { words.signing_in } else { words.signing }.to_owned()
}

/// Why a batch takes long: the key wants a login for each signature.
pub(super) fn each_time(talk: &Talk, words: &PromptWords) -> &'static str {
    match talk.means() {
        Means::Reader | Means::LastReader => words.each_time_reader,
        Means::Choose | Means::Pin | Means::LastPin | Means::Confirm | Means::Never(_) => words.each_time,
    }
}

/// That the person said no before.
pub(super) fn nagged(words: &PromptWords, refusals: usize) -> String {
    if refusals == 1 {
        words.nagged_once.to_owned()
    } else {
        fill(words.nagged, &[("n", &refusals.to_string())]).into_owned()
    }
}

/// How many requests wait behind this one, if any does.
pub(super) fn waiting(words: &PromptWords, waiting: usize) -> Option<String> {
    (waiting > 0).then(|| fill(words.waiting, &[("n", &waiting.to_string())]).into_owned())
}

/// Whose word the documents' names are.
pub(super) fn claimed(words: &PromptWords, sign: &Sign) -> &'static str {
    match sign.caller {
        Caller::CommandLine => words.claimed_command,
        Caller::Web(_) => words.claimed,
    }
}

/// What is asked for.
pub(super) fn asks(words: &PromptWords, sign: &Sign) -> &'static str {
    if sign.is_sign_in() { words.asks_sign_in } else { words.asks_sign }
}

/// What agreeing does.
pub(super) fn verb(words: &PromptWords, sign: &Sign) -> &'static str {
    if sign.is_sign_in() { words.sign_in } else { words.sign }
}

/// How a PIN pad is used.
pub(super) fn reader(words: &PromptWords, sign: &Sign) -> &'static str {
    if sign.is_sign_in() { words.reader_sign_in } else { words.reader }
}

/// What a terminal asks for: the PIN, or a word where it is typed on a reader.
pub(super) fn tty(words: &PromptWords, sign: &Sign) -> (&'static str, &'static str) {
    if sign.is_sign_in() {
        (words.tty_pin_sign_in, words.tty_reader_sign_in)
    } else {
        (words.tty_pin, words.tty_reader)
    }
}

/// What stands above the certificates.
pub(super) fn with(words: &PromptWords, sign: &Sign) -> &'static str {
    match (sign.is_sign_in(), sign.choices.len()) {
        (false, ..2) => words.sign_with,
        (false, _) => words.choose,
        (true, ..2) => words.sign_in_with,
        (true, _) => words.choose_sign_in,
    }
}

/// What Kyso can't vouch for; of a sign-in, what it is.
pub(super) fn only_digest(words: &PromptWords, sign: &Sign) -> &'static str {
    match sign.caller {
        _ if sign.is_sign_in() => words.signs_in,
        Caller::CommandLine => words.only_digest_command,
        Caller::Web(_) => words.only_digest,
    }
}

/// The document's claimed name in quotation marks.
pub(super) fn document(words: &PromptWords, item: &Item) -> String {
    match clean(&item.name, MAX_DOCUMENT) {
        name if name.is_empty() => words.unnamed.to_owned(),
        // Kyso's own marks around it stay the only ones of their kind.
        name => format!("“{}”", name.replace(['“', '”'], "\"")),
    }
}

pub(super) fn code(words: &PromptWords, item: &Item) -> String {
    let algorithm = item.digest.algorithm().name().to_uppercase();
    format!("{}: {}", fill(words.code, &[("algorithm", &algorithm)]), item.digest.code())
}

/// The code as it stands in a list.
pub(super) fn short_code(item: &Item) -> String {
    format!("{}: {}", item.digest.algorithm().name().to_uppercase(), item.digest.code())
}

/// The certificate's holder.
pub(super) fn name(choice: &Choice) -> String {
    clean(&choice.name, MAX_NAME)
}

/// With whose certificate it is signed, once one is chosen.
pub(super) fn by(talk: &Talk) -> Option<String> {
    let words = PromptWords::of(talk.question.lang);
    let sentence = if talk.question.is_sign_in() { words.by_sign_in } else { words.by };
    Some(fill(sentence, &[("name", &name(talk.chosen()?))]).into_owned())
}

/// The rest of a certificate's facts, the reason against it last.
pub(super) fn lines(lang: Lang, choice: &Choice) -> Vec<String> {
    let words = PromptWords::of(lang);
    let mut lines = Vec::new();
    let organisation = choice.organisation.as_ref().filter(|name| **name != choice.name);
    lines.extend(choice.title.iter().chain(organisation).map(|text| clean(text, MAX_NAME)));
    lines.push(fill(words.issuer, &[("name", &clean(&choice.issuer, MAX_NAME))]).into_owned());
    let date = number::day(lang, choice.not_after.date());
    let label = clean(&choice.token, MAX_NAME);
    lines.push(format!(
        "{}  ·  {}",
        fill(words.expires, &[("date", &date)]),
        fill(words.token, &[("label", &label)])
    ));
    lines.extend(talk::obstacle(choice).map(|obstacle| against(words, obstacle).to_owned()));
    lines
}

/// How a certificate stands, where that was asked for and nothing says it already; and whether that is as it should be.
pub(super) fn standing(lang: Lang, choice: &Choice) -> Option<(String, bool)> {
    let standing = choice.standing;
    if matches!(standing, Standing::Expired | Standing::NotYetValid | Standing::WrongUsage) {
        return None;
    }
    let sentence = ValidationWords::of(lang).standing(lang, standing)?;
    Some((sentence, matches!(standing, Standing::Good | Standing::Checking)))
}

/// Why nothing was signed; of a revocation also when it was.
pub(super) fn failure(talk: &Talk, code: ErrorCode) -> String {
    let (words, lang) = (PromptWords::of(talk.question.lang), talk.question.lang);
    let when = |choice: &Choice| {
        if let Standing::Revoked { when } = choice.standing { Some(when) } else { None }
    };
    match talk.chosen().and_then(when).or_else(|| talk.question.choices.iter().find_map(when)) {
        Some(when) if code == ErrorCode::CertificateRevoked => {
            fill(words.fail_revoked_since, &[("date", &number::day(lang, when.date()))]).into_owned()
        }
        _ => words.failure(code),
    }
}

/// Why a choice can't be used.
pub(super) fn against(words: &PromptWords, obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Unfit(reason) => words.unfit(reason),
        Obstacle::Locked => words.pin_locked,
        Obstacle::MustChange => words.pin_must_change,
        Obstacle::NoHost => words.no_host,
    }
}

/// What the person should know of the present choice's PIN before typing it.
pub(super) fn warning(words: &PromptWords, talk: &Talk) -> Option<&'static str> {
    match talk.means() {
        Means::LastPin | Means::LastReader if is_doubted(talk) => Some(words.pin_doubted),
        Means::LastPin | Means::LastReader => Some(words.pin_final),
        Means::Never(obstacle) => Some(against(words, obstacle)),
        Means::Pin if talk.chosen()?.pin != PinState::Low => None,
        Means::Pin => Some(if talk.was_wrong() { words.pin_low_again } else { words.pin_low }),
        Means::Choose | Means::Reader | Means::Confirm => None,
    }
}

/// What the tick that keeps a login promises.
pub(super) fn keep(talk: &Talk) -> Option<String> {
    let limits = talk.offer()?;
    let words = KeepWords::of(talk.question.lang);
    let (idle, most) = (words.span(limits.idle()), words.span(limits.most()));
    let sentence = if talk.question.is_sign_in() { words.keep_sign_in } else { words.keep };
    Some(fill(sentence, &[("idle", &idle), ("most", &most)]).into_owned())
}

/// That a login is kept, and how long yet.
pub(super) fn kept(talk: &Talk) -> Option<String> {
    let Keeping::Kept { left } = talk.chosen()?.keeping else { return None };
    let words = KeepWords::of(talk.question.lang);
    let sentence = if talk.question.is_sign_in() { words.kept_sign_in } else { words.kept };
    Some(fill(sentence, &[("left", &words.span(left))]).into_owned())
}

/// What a terminal asks where the login is kept.
pub(super) fn tty_confirm(sign: &Sign) -> &'static str {
    let words = KeepWords::of(sign.lang);
    if sign.is_sign_in() { words.tty_confirm_sign_in } else { words.tty_confirm }
}

/// That it has ended meanwhile.
pub(super) fn ended(talk: &Talk) -> Option<&'static str> {
    let is_news = talk.has_ended() && !talk.was_wrong();
    is_news.then(|| KeepWords::of(talk.question.lang).ended)
}

/// What became known of the certificate after it was agreed to, and that it takes agreeing anew.
pub(super) fn late_warning(talk: &Talk) -> Option<String> {
    let choice = talk.chosen().filter(|_| talk.was_warned())?;
    let words = ValidationWords::of(talk.question.lang);
    let (what, _) = standing(talk.question.lang, choice)?;
    Some(fill(words.came_late, &[("what", &what)]).into_owned())
}

/// What the person agrees to before a PIN that may be the last.
pub(super) fn accept(words: &PromptWords, talk: &Talk) -> &'static str {
    if is_doubted(talk) { words.pin_doubted_accept } else { words.pin_final_accept }
}

fn is_doubted(talk: &Talk) -> bool {
    talk.chosen().is_some_and(|choice| matches!(choice.pin, PinState::Doubted | PinState::ReaderDoubted))
}

pub(super) fn done(sign: &Sign) -> String {
    let words = PromptWords::of(sign.lang);
    match sign.items.count() {
        _ if sign.is_sign_in() => words.signed_in.to_owned(),
        1 => words.done.to_owned(),
        n => fill(words.done_many, &[("n", &whole(sign.lang, n))]).into_owned(),
    }
}

fn whole(lang: Lang, n: usize) -> String {
    number::whole(lang, u64::try_from(n).unwrap_or(u64::MAX))
}

const MAX_DOCUMENT: usize = 300;
const MAX_NAME: usize = 200;
