//! What is worth a notification, as a pure function of what is known. A notification informs; it never
//! decides, and clicking one does no more than bring the window to the front.

use std::time::Duration;

use time::OffsetDateTime;

use super::Desk;
use super::menu::{caller, shown};
use crate::status::{Certificate, Matter, Open, Pin, Status, Tls, Token};
use crate::sys::notices::Notice;
use crate::text::tls::TlsWords;
use crate::text::tray::TrayWords;
use crate::text::{Lang, fill, number};

/// Everything that could be said now, each under a name that stays the same as long as its reason does.
pub fn due(desk: &Desk, lang: Lang) -> Vec<Notice> {
    let words = TrayWords::of(lang);
    let setup = desk.new.then(|| Notice {
        action: Some(words.setup_start.to_owned()),
        ..notice(SETUP.to_owned(), words.setup_summary, words.setup_body.to_owned())
    });
    let Some(status) = &desk.status else { return setup.into_iter().collect() };
    let waits = status.open.iter().filter(|open| is_overlooked(open, desk.now));
    let waits = waits.map(|open| of_request(open, words));
    let expiry = status.certificates.iter().filter_map(|certificate| of_expiry(certificate, desk.now, lang));
    let locked = status.tokens.iter().filter(|token| token.pin == Pin::Locked);
    let locked = locked.map(|token| {
        let body = fill(words.locked_body, &[("label", &shown(&token.label))]).into_owned();
        notice(name_of_lock(token), words.locked_summary, body)
    });
    let refused = status.refused.iter().map(|site| {
        let values = [("origin", &*caller(&site.origin, words)), ("n", &site.times.to_string())];
        let body = fill(words.refused_body, &values).into_owned();
        notice(format!("{REFUSED}{}", site.origin), words.refused_summary, body)
    });
    let renewal = status.tls.iter().filter_map(|tls| of_renewal(tls, desk.now, lang));
    waits.chain(expiry).chain(locked).chain(refused).chain(renewal).chain(setup).collect()
}

/// Whether the reason for what was said under this name is gone, so that it may be said again.
pub fn is_over(name: &str, status: Option<&Status>) -> bool {
    if let Some(id) = name.strip_prefix(WAITS) {
        return !status.is_some_and(|status| status.open.iter().any(|open| open.id.to_string() == id));
    }
    if let Some(origin) = name.strip_prefix(REFUSED) {
        return !status.is_some_and(|status| status.refused.iter().any(|site| site.origin == origin));
    }
    // Whatever is not plugged in stays as it was known.
    let unlocked = |token: &Token| token.pin != Pin::Locked && name_of_lock(token) == name;
    status.is_some_and(|status| status.tokens.iter().any(unlocked))
}

/// Whether what was said under this name is to disappear from the screen.
pub fn is_answered(name: &str, status: Option<&Status>) -> bool {
    let attended = |open: &Open| open.attended == Some(true) || open.progress.is_some();
    let of_name = |open: &&Open| name.strip_prefix(WAITS).is_some_and(|id| open.id.to_string() == id);
    let open = status.and_then(|status| status.open.iter().find(of_name));
    name.starts_with(WAITS) && open.is_none_or(attended)
}

/// Whether it is to be remembered beyond this run of the tray.
pub fn is_lasting(name: &str) -> bool {
    [EXPIRY, LOCKED, RENEWAL].iter().any(|start| name.starts_with(start)) || name == SETUP
}

/// How long until a question that waits now is overlooked, if one is on its way there.
pub fn next(desk: &Desk) -> Option<Duration> {
    let status = desk.status.as_ref()?;
    let waiting = status.open.iter().filter(|open| may_be_overlooked(open));
    let left = waiting.filter_map(|open| Duration::try_from(open.since + MOMENT - desk.now).ok());
    left.filter(|left| !left.is_zero()).min()
}

/// A window that has had a moment to get the focus, and has not got it.
fn is_overlooked(open: &Open, now: OffsetDateTime) -> bool {
    may_be_overlooked(open) && now >= open.since + MOMENT
}

fn may_be_overlooked(open: &Open) -> bool {
    open.attended != Some(true) && open.progress.is_none()
}

fn of_request(open: &Open, words: &TrayWords) -> Notice {
    let first = shown(open.names.first().map_or("", String::as_str));
    let (caller, what) = (caller(&open.caller, words), words.documents(&first, open.count));
    let sentence = match open.matter {
        Matter::Sign => words.waits_sign,
        Matter::SignIn => words.waits_sign_in,
        Matter::Pair => words.waits_pair,
        Matter::Pin => words.waits_pin,
    };
    let body = fill(sentence, &[("caller", &caller), ("what", &what), ("name", &first)]).into_owned();
    Notice {
        action: Some(words.open.to_owned()),
        fleeting: true,
        ..notice(format!("{WAITS}{}", open.id), words.waits_summary, body)
    }
}

/// The nearest of [`DAYS`] that has come, until the certificate has expired.
fn of_expiry(certificate: &Certificate, now: OffsetDateTime, lang: Lang) -> Option<Notice> {
    let (words, left) = (TrayWords::of(lang), certificate.days_left(now));
    let day = DAYS.into_iter().find(|day| (1..=*day).contains(&left))?;
    let sentence = if left == 1 { words.expiry_body_last } else { words.expiry_body };
    let values = [
        ("name", &*shown(&certificate.name)),
        ("n", &left.to_string()),
        ("date", &number::day(lang, certificate.not_after.date())),
    ];
    let body = fill(sentence, &values).into_owned();
    Some(notice(format!("{EXPIRY}{day} {}", certificate.id), words.expiry_summary, body))
}

fn of_renewal(tls: &Tls, now: OffsetDateTime, lang: Lang) -> Option<Notice> {
    let (words, end) = (TlsWords::of(lang), tls.due(now)?);
    let body = fill(words.notice_body, &[("date", &number::day(lang, end.date()))]).into_owned();
    Some(notice(format!("{RENEWAL}{}", end.unix_timestamp()), words.notice_summary, body))
}

fn name_of_lock(token: &Token) -> String {
    // One line of a file, whatever the token calls itself.
    let line = |text: &str| text.replace(char::is_control, " ");
    format!("{LOCKED}{} {}", line(&token.serial), line(&token.label))
}

fn notice(name: String, summary: &str, body: String) -> Notice {
    Notice { name, summary: summary.to_owned(), body, action: None, fleeting: false }
}

const WAITS: &str = "waits ";
const EXPIRY: &str = "expiry ";
const LOCKED: &str = "locked ";
const RENEWAL: &str = "https ";
const REFUSED: &str = "refused ";
/// The offer of the first steps; clicking it begins them.
pub const SETUP: &str = "setup";
/// Days before a certificate's end at which it is told, the last first.
const DAYS: [i64; 4] = [1, 7, 30, 60];
/// A window that gets the focus at all has it by then.
const MOMENT: Duration = Duration::from_millis(1_500);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::status::{Progress, Refused};

    const START: OffsetDateTime = datetime!(2026-11-26 10:00 UTC);

    fn desk(status: Status, seconds: i64) -> Desk {
        Desk {
            status: Some(status),
            autostart: false,
            new: false,
            now: START + time::Duration::seconds(seconds),
        }
    }

    fn open() -> Open {
        Open {
            id: 7,
            matter: Matter::Sign,
            caller: "https://a.vn".to_owned(),
            names: vec!["<b>a</b>\u{202e}.pdf".to_owned()],
            count: 2,
            progress: None,
            since: START,
            attended: None,
        }
    }

    fn names(desk: &Desk) -> Vec<String> {
        due(desk, Lang::En).into_iter().map(|notice| notice.name).collect()
    }

    #[test]
    fn a_request_is_told_once_it_is_overlooked() {
        let with = |open: Open| Status { open: vec![open], ..Status::default() };
        assert_eq!(names(&desk(with(open()), 1)), Vec::<String>::new(), "its window may still get the focus");
        assert_eq!(next(&desk(with(open()), 1)), Some(Duration::from_millis(500)));
        let told = due(&desk(with(open()), 2), Lang::En);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].body, "https://a.vn wants <b>a</b>\u{FFFD}.pdf and 1 more signed.");
        assert_eq!(told[0].action.as_deref(), Some("Open the window"));
        let sign_in = Open { matter: Matter::SignIn, names: vec![], count: 0, ..open() };
        let told = |lang| due(&desk(with(sign_in.clone()), 2), lang)[0].body.clone();
        assert_eq!(told(Lang::En), "https://a.vn asks you to sign in.");
        assert_eq!(told(Lang::Vi), "https://a.vn xin đăng nhập.");
        let elsewhere = Open { attended: Some(false), ..open() };
        assert_eq!(names(&desk(with(elsewhere), 2)), ["waits 7"], "another window has the focus");
        let seen = with(Open { attended: Some(true), ..open() });
        assert_eq!(names(&desk(seen.clone(), 2)), Vec::<String>::new());
        assert!(is_answered("waits 7", Some(&seen)) && !is_over("waits 7", Some(&seen)));
        let signing = with(Open { progress: Some(Progress { done: 1, total: 2 }), ..open() });
        assert_eq!(names(&desk(signing, 2)), Vec::<String>::new());
        assert!(is_over("waits 7", Some(&Status::default())) && is_over("waits 7", None));
    }

    #[test]
    fn an_expiry_is_told_at_each_of_four_days() {
        let with = |days: i64| {
            let certificate = Certificate {
                id: "sha256:1".to_owned(),
                name: "Nguyễn Thị Ánh".to_owned(),
                organisation: None,
                token: String::new(),
                not_before: START - time::Duration::days(900),
                not_after: START + time::Duration::days(days),
            };
            names(&desk(Status { certificates: vec![certificate], ..Status::default() }, 0))
        };
        for (left, day) in [(60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1)] {
            assert_eq!(with(left), [format!("expiry {day} sha256:1")], "{left} days");
        }
        assert!(with(61).is_empty() && with(0).is_empty() && with(-3).is_empty());
        assert!(is_lasting("expiry 7 sha256:1") && !is_over("expiry 7 sha256:1", Some(&Status::default())));
    }

    #[test]
    fn a_lock_is_told_again_after_it_was_undone() {
        let token =
            |pin| Token { serial: "0a".to_owned(), label: "x\ny".to_owned(), pin, ..Token::default() };
        let with = |pin| Status { tokens: vec![token(pin)], ..Status::default() };
        assert_eq!(names(&desk(with(Pin::Locked), 0)), ["locked 0a x y"]);
        assert!(is_lasting("locked 0a x y"));
        assert!(!is_over("locked 0a x y", Some(&with(Pin::Locked))));
        assert!(!is_over("locked 0a x y", Some(&Status::default())), "not plugged in now");
        assert!(is_over("locked 0a x y", Some(&with(Pin::Ok))));
    }

    #[test]
    fn the_first_steps_are_offered_until_they_were_said() {
        let desk = Desk { status: None, new: true, ..desk(Status::default(), 0) };
        let offers = due(&desk, Lang::Vi);
        assert_eq!(offers.len(), 1, "with no agent, too");
        assert!(offers[0].name == SETUP && offers[0].action.is_some() && is_lasting(SETUP));
    }

    #[test]
    fn a_site_that_keeps_asking_is_told() {
        let refused = vec![Refused { origin: "https://nag.example".to_owned(), times: 3 }];
        let status = Status { refused, ..Status::default() };
        assert_eq!(names(&desk(status.clone(), 0)), ["refused https://nag.example"]);
        assert!(!is_over("refused https://nag.example", Some(&status)));
        assert!(is_over("refused https://nag.example", Some(&Status::default())));
    }

    #[test]
    fn r55_a_renewal_is_said_once_for_each_certificate() {
        let (renewal, end) = (datetime!(2026-11-20 0:00 UTC), datetime!(2027-04-01 0:00 UTC));
        let tls = Tls { renewal: Some(renewal), not_after: Some(end), ..Tls::default() };
        let with = |tls: &Tls| desk(Status { tls: Some(tls.clone()), ..Status::default() }, 0);
        let told = due(&with(&tls), Lang::En);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].body.contains("1 April 2027") && told[0].body.contains("kyso tls enable"),
            "{told:?}"
        );
        assert!(told[0].action.is_none() && is_lasting(&told[0].name), "{told:?}");
        assert!(!is_over(&told[0].name, Some(&Status::default())));
        assert!(names(&with(&Tls { renewal: Some(end), ..tls })).is_empty());
    }
}
