//! Every state, as the panel sees it, and what is told once.

use kyso::status::{Certificate, Matter, Open, Pin, Progress, Status, Token};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{Tray, with_session};
use crate::support::desk::Desk;
use crate::support::session::until;
use crate::support::status::StatusAgent;

const SITE: &str = "https://vanban.example.gov.vn";

fn with_pin(pin: Pin) -> Status {
    let token = Token { label: "kyso-demo".to_owned(), serial: "0a".to_owned(), pin, ..Token::default() };
    Status { tokens: vec![token], ..Status::default() }
}

fn asking(progress: Option<Progress>) -> Status {
    let open = Open {
        id: 3,
        matter: Matter::Sign,
        caller: SITE.to_owned(),
        names: vec!["Tờ trình R&D_1.pdf".to_owned()],
        count: 40,
        progress,
        since: OffsetDateTime::now_utc(),
        attended: Some(true),
    };
    Status { open: vec![open], queued: 2, ..with_pin(Pin::Ok) }
}

fn expiring(days: i64) -> Status {
    let not_after = OffsetDateTime::now_utc() + Duration::days(days) - Duration::hours(1);
    let certificate = Certificate {
        id: "sha256:1".to_owned(),
        name: "Nguyễn Thị Ánh".to_owned(),
        organisation: None,
        token: "0a".to_owned(),
        not_before: not_after - Duration::days(900),
        not_after,
    };
    Status { certificates: vec![certificate], ..with_pin(Pin::Ok) }
}

#[test]
fn every_state_has_an_icon_and_a_word_of_its_own() {
    let (desk, session) = with_session(Desk::configured("modules = []\n"));
    let tray = Tray::start(&desk);
    let item = tray.item(&session);
    item.says("The signing agent is not running");
    let mut icons = vec![item.icon()];
    let agent = StatusAgent::start(&desk);
    let progress = |done| Some(Progress { done, total: 40 });
    for (status, says) in [
        (Status::default(), "No token is plugged in"),
        (with_pin(Pin::Ok), "Ready to sign"),
        (asking(None), "Waiting for your answer"),
        (asking(progress(7)), "Signing 7 of 40"),
        (asking(progress(20)), "Signing 20 of 40"),
        (with_pin(Pin::FinalTry), "PIN nearly locked: few tries are left"),
        (with_pin(Pin::Locked), "The PIN is locked or must be changed"),
        (Status { paused: true, ..with_pin(Pin::Ok) }, "Signing is paused"),
    ] {
        agent.is(status);
        item.says(says);
        until("the menu", || (item.menu()[0].label == says).then_some(()));
        let icon = item.icon();
        assert!(!icons.contains(&icon), "{says} looks like another state");
        icons.push(icon);
    }
    agent.is(asking(None));
    item.line("2 more waiting");
    item.choose(&format!("{SITE} wants Tờ trình R&D_1.pdf and 39 more signed: open the window"));
    let raised = until("the call", || agent.calls().pop());
    assert_eq!(raised, json!({ "call": "raise", "leave": null }));
    item.choose("Tiếng Việt");
    item.says("Đang chờ bạn trả lời");
    let spoke = json!({ "call": "speak", "lang": "vi" });
    until("the windows' language", || (agent.calls().last() == Some(&spoke)).then_some(()));
}

#[test]
fn an_expiry_and_a_lock_are_told_once_even_to_another_tray() {
    let (desk, session) = with_session(Desk::configured("modules = []\n"));
    desk.is_set_up();
    let notifications = session.notifications();
    let agent = StatusAgent::start(&desk);
    agent.is(expiring(30));
    let tray = Tray::start(&desk);
    let told = notifications.wait("A certificate is about to expire");
    assert!(told.body.starts_with("Nguyễn Thị Ánh: 30 days left, until "), "{told:?}");
    assert_eq!((told.urgency, told.actions.len()), (Some(1), 0), "do-not-disturb holds it back");
    agent.is(with_pin(Pin::Locked));
    let told = notifications.wait("The PIN is locked");
    assert!(told.body.contains("kyso-demo") && told.body.contains("kyso pin unblock"), "{told:?}");
    until("the memory", || {
        let said = std::fs::read_to_string(desk.data().join("notified")).unwrap_or_default();
        (said == "expiry 30 sha256:1\nlocked 0a kyso-demo\n").then_some(())
    });
    drop(tray);

    // Another tray knows what was said: of 29 days there is nothing new, of 7 there is.
    let _tray = Tray::start(&desk);
    let mut both = expiring(29);
    both.tokens = with_pin(Pin::Locked).tokens;
    agent.is(both);
    agent.is(expiring(7));
    until("the next day", || {
        notifications.told().iter().any(|told| told.body.contains("7 days")).then_some(())
    });
    let bodies: Vec<String> = notifications.told().into_iter().map(|told| told.body).collect();
    assert_eq!(bodies.len(), 3, "{bodies:?}");
}
