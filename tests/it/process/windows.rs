//! The real agent with real windows.

use std::io::Write as _;
use std::time::{Duration, Instant};

use kyso::domain::scheme::Scheme;
use serde_json::{Value, json};

use super::kept::{Asks, Person};
use super::{PAGE, ask};
use crate::support::agent::{item, one, rows, sha256, value};
use crate::support::desk::{Desk, Running};
use crate::support::desktop::Desktop;
use crate::support::hostile::Hostile;
use crate::support::http::{Request, connect};
use crate::support::logind::Logind;
use crate::support::softhsm::{SoftHsm, verify};

const CLASS: &str = "kyso-prompt";

fn focused(desktop: &Desktop) {
    desktop.until("a window with the focus", || desktop.has_focus(CLASS).then_some(()));
}

/// An agent with windows on a screen, and a page that may ask.
struct Office {
    desktop: Desktop,
    desk: Desk,
    agent: Running,
    bearer: String,
}

impl Office {
    /// Nothing where there is no screen: loudly so under `REQUIRE_DISPLAY=1`.
    fn open(mut desk: Desk) -> Option<Self> {
        let desktop = Desktop::found()?;
        desk.set("DISPLAY", desktop.display());
        let agent = desk.agent_with_windows();
        let bearer = desk.pair(agent.port, PAGE);
        Some(Self { desktop, desk, agent, bearer })
    }
}

/// Presses a key until something has come of it: at first it doesn't (R31).
fn press(desktop: &Desktop, key: &str, what: &str, mut came: impl FnMut() -> bool) {
    desktop.until(what, || {
        desktop.key(key);
        std::iter::repeat_with(|| std::thread::sleep(Duration::from_millis(20)))
            .take(10)
            .any(|()| came())
            .then_some(())
    });
}

#[test]
fn r33_a_batch_cancelled_in_the_window_releases_nothing() {
    let hostile = Hostile::new();
    let module = hostile.always("C_Sign=slow");
    let desk = Desk::driving(&module);
    let Some(Office { desktop, desk, agent, bearer }) = Office::open(desk) else { return };
    let told = desk.kyso(&["certificates", "--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{told:?}"));
    let items: Vec<Value> = (0..1_000).map(|at| item(&format!("{at}.pdf"), &sha256("x"))).collect();
    let body = json!({ "certificate": told["certificates"][0]["id"], "items": items });
    let asked = ask(agent.port, &bearer, &body);
    focused(&desktop);
    desktop.type_text(SoftHsm::PIN);
    press(&desktop, "Return", "the third signature", || hostile.count("C_Sign") >= 3);
    press(&desktop, "Escape", "the page's answer", || asked.is_finished());
    assert_eq!(asked.join().unwrap().expect("an answer").code(), "user_denied");
    desktop.gone(CLASS, Duration::from_secs(6));
    let (kind, last) = rows(&desk.log()).pop().unwrap();
    assert_eq!((kind.as_str(), last.outcome.as_deref()), ("refused", Some("user_denied")));
    assert!(last.made.is_some_and(|made| (1..1_000).contains(&made)), "{:?} were made", last.made);
    let log = desktop.until("the logout", || {
        let log = hostile.log();
        log.contains(&"C_Logout".to_owned()).then_some(log)
    });
    let after = log.iter().skip_while(|line| *line != "C_Logout");
    assert_eq!(after.filter(|line| *line == "C_Sign").count(), 0, "nor signed since");
}

#[test]
fn r31_the_window_goes_with_the_page() {
    let token = SoftHsm::new();
    let Some(Office { desktop, desk, agent, bearer }) = Office::open(Desk::with(&token)) else { return };
    let body = one(token.id("person-rsa"), &sha256("x"));
    let request = Request::new("POST", "/v1/signatures", agent.port, PAGE).bearer(&bearer).json(&body);
    let mut page = connect(agent.port);
    page.write_all(&request.bytes()).unwrap();
    focused(&desktop);
    drop(page);
    desktop.gone(CLASS, Duration::from_secs(1));
    let (kind, _) = desktop
        .until("the end in the log", || rows(&desk.log()).pop().filter(|(_, body)| body.outcome.is_some()));
    assert_eq!(kind, "cancelled");
}

#[test]
fn r22_a_block_is_listed_and_lifted() {
    let token = SoftHsm::new();
    let Some(Office { desktop, desk, agent, bearer }) = Office::open(Desk::with(&token)) else { return };
    let body = one(token.id("person-rsa"), &sha256("x"));
    for keys in [&[][..], &["Tab", "space", "Tab"]] {
        let asked = ask(agent.port, &bearer, &body);
        focused(&desktop);
        std::thread::sleep(Duration::from_millis(700));
        keys.iter().for_each(|key| desktop.key(key));
        let last = if keys.is_empty() { "Escape" } else { "Return" };
        press(&desktop, last, "the page's answer", || asked.is_finished());
        assert_eq!(asked.join().unwrap().expect("an answer").code(), "user_denied");
        desktop.gone(CLASS, Duration::from_secs(3));
    }
    let blocked = ask(agent.port, &bearer, &body).join().unwrap().expect("an answer");
    assert_eq!((blocked.status, blocked.code().as_str()), (403, "origin_denied"));
    let said = |arguments: &[&str]| String::from_utf8(desk.kyso(arguments).stdout).unwrap();
    assert_eq!(said(&["origins", "list"]), format!("{PAGE}  (0 pairings; blocked)\n"));
    assert!(said(&["audit", "list"]).contains("site blocked"));
    assert!(said(&["origins", "revoke", PAGE]).contains("revoked"));
    assert_eq!(said(&["origins", "list"]), "");
    let unpaired = ask(agent.port, &bearer, &body).join().unwrap().expect("an answer");
    assert_eq!(unpaired.code(), "pairing_required", "it may ask to be paired");
}

/// The first of a morning's documents takes the PIN and the tick, the others a word each.
#[test]
fn documents_singly_take_one_pin_in_the_window_where_a_login_is_kept() {
    let logind = Logind::start();
    let Person { desk, token } = Person::new(logind.address());
    let Some(office) = Office::open(desk) else { return };
    let person = Person { desk: office.desk, token };
    // The agent has heard that somebody is there.
    drop(person.until(Asks::Keep));
    let Person { desk, token } = person;
    let office = Office { desk, ..office };
    let consents = singly(&office, &token, |desktop, at| {
        if at == 0 {
            std::thread::sleep(Duration::from_millis(700));
            // A tick leads back to the PIN's field.
            ["shift+Tab", "space"].iter().for_each(|key| desktop.key(key));
            desktop.type_text(SoftHsm::PIN);
        } else {
            desktop.key("Tab");
        }
    });
    assert_eq!(consents.iter().filter(|consent| *consent == "pin").count(), 1);
    assert!(consents[0] == "pin" && consents[1..].iter().all(|consent| consent == "kept"), "{consents:?}");
}

#[test]
fn documents_singly_take_a_pin_each_in_the_window_where_none_is() {
    let token = SoftHsm::new();
    let Some(office) = Office::open(Desk::with(&token)) else { return };
    let consents = singly(&office, &token, |desktop, _| desktop.type_text(SoftHsm::PIN));
    assert!(consents.iter().all(|consent| consent == "pin"), "{consents:?}");
}

/// Forty documents from one page within ten minutes, one by one, each answered in its window; a tenth of them
/// without `KYSO_LONG`. None is told that Kyso is busy. Returns how each was agreed to.
fn singly(office: &Office, token: &SoftHsm, mut answer: impl FnMut(&Desktop, usize)) -> Vec<String> {
    let Office { desktop, desk, agent, bearer } = office;
    let count = if std::env::var_os("KYSO_LONG").is_some() { 40 } else { 4 };
    let start = Instant::now();
    let id = token.id("person-rsa");
    for at in 0..count {
        let digest = sha256(&format!("Văn bản {at}"));
        let asked = ask(agent.port, bearer, &one(id, &digest));
        focused(desktop);
        answer(desktop, at);
        press(desktop, "Return", "the page's answer", || asked.is_finished());
        let reply = asked.join().unwrap().expect("an answer");
        assert_eq!(reply.status, 200, "document {at}: {}", reply.json());
        let signature = value(&reply.json(), 0);
        assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature));
        desktop.gone(CLASS, Duration::from_secs(4));
    }
    assert!(start.elapsed() < Duration::from_secs(600), "{count} took {:?}", start.elapsed());
    let rows = rows(&desk.log());
    assert!(rows.iter().all(|(_, body)| body.outcome.as_deref() != Some("busy")));
    let consents: Vec<_> = rows.into_iter().filter_map(|(_, body)| body.consent).collect();
    assert_eq!(consents.len(), count);
    consents
}
