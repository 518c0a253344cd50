use std::path::PathBuf;

use time::Duration;
use time::macros::datetime;

use super::*;
use crate::token::discovery::vet;
use crate::token::usb::Devices;

/// A machine where everything is in order: one token, one certificate.
fn well() -> Facts {
    Facts {
        usb: Some(vec![plugged("0529:0620")]),
        daemon: Daemon::Running,
        ccid: true,
        libraries: vec![library("SafeNet eToken", LibraryState::Used)],
        tokens: vec![token("A", PinState::Ok)],
        certificates: vec![held(1, "A", 400, None)],
        stale_agent: false,
        asking: Asking::Window,
        trial: None,
        autostart: Autostart::Off,
        now: NOW,
    }
}

/// The same before anything works: the token is in its socket, and Kyso sees none.
fn unseen() -> Facts {
    Facts { tokens: vec![], certificates: vec![], libraries: vec![], ..well() }
}

const NOW: OffsetDateTime = datetime!(2026-11-26 08:00 UTC);

fn plugged(id: &str) -> Plugged {
    let id: UsbId = id.parse().expect("an id");
    Plugged { id, name: "a device".to_owned(), known: Devices::shipped().find(id).cloned() }
}

fn library(vendor: &str, state: LibraryState) -> Library {
    let vendor = Some(vendor.to_owned()).filter(|vendor| !vendor.is_empty());
    Library { path: PathBuf::from("/usr/lib/a.so"), vendor, state }
}

fn token(serial: &str, pin: PinState) -> Token {
    Token { label: "label".to_owned(), serial: serial.to_owned(), pin }
}

fn held(id: u8, token: &str, days: i64, unfit: Option<Unfit>) -> Held {
    Held {
        id: CertId([id; 32]),
        holder: "An".to_owned(),
        organisation: "UBND".to_owned(),
        issuer: "CA".to_owned(),
        until: NOW + Duration::days(days),
        unfit,
        token: token.to_owned(),
    }
}

fn left_out(reason: Reason) -> LibraryState {
    LibraryState::LeftOut(reason)
}

fn foreign() -> LibraryState {
    left_out(Reason::Unfit(vet::Unfit::Machine("32-bit x86".to_owned())))
}

/// `topic: finding` of each step that is not simply in order.
fn remarks(facts: &Facts) -> Vec<String> {
    let steps = judge(facts);
    let order: Vec<Topic> = steps.iter().map(|step| step.topic).collect();
    assert!(order.is_sorted(), "{order:?}");
    let all = [
        Topic::Plugged,
        Topic::Readers,
        Topic::Library,
        Topic::Token,
        Topic::Certificate,
        Topic::Asking,
        Topic::Trial,
        Topic::Autostart,
    ];
    assert!(all.iter().all(|topic| order.contains(topic)), "each topic is there: {order:?}");
    let remark = |step: &Step| format!("{}: {}", step.topic.name(), step.finding.name());
    steps.iter().filter(|step| step.finding.mark() != Mark::Well).map(remark).collect()
}

#[test]
fn each_situation_has_its_verdict_and_one_cause() {
    const WAIT: [&str; 3] = ["token: waits", "certificate: waits", "trial: waits"];
    let vendor_token = || Some(vec![plugged("096e:0702")]);
    let unknown = Plugged { id: "dead:0001".parse().expect("an id"), name: "x".to_owned(), known: None };
    let open = ["trial: trial_open", "autostart: start_open"];
    let situations: Vec<(&str, Facts, Vec<&str>)> = vec![
        ("all is well", well(), open.to_vec()),
        (
            "nothing is plugged in",
            Facts { usb: Some(vec![]), ..unseen() },
            vec![
                "plugged: nothing_plugged",
                "readers: waits",
                "library: waits",
                "token: waits",
                "certificate: waits",
                "trial: waits",
                open[1],
            ],
        ),
        (
            "a known token without its library",
            unseen(),
            [&["library: library_missing"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "no reader software, and no library",
            Facts { daemon: Daemon::Missing, ccid: false, ..unseen() },
            [&["readers: no_pcscd", "library: library_missing"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "the daemon does not run",
            Facts { daemon: Daemon::Stopped, libraries: well().libraries, ..unseen() },
            [&["readers: pcscd_stopped"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "its driver is missing",
            Facts { ccid: false, libraries: well().libraries, ..unseen() },
            [&["readers: no_ccid"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a token that needs no daemon",
            Facts { usb: vendor_token(), daemon: Daemon::Missing, ccid: false, ..unseen() },
            [&["library: library_missing"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a 32-bit library of its vendor",
            Facts { libraries: vec![library("SafeNet eToken", foreign())], ..unseen() },
            [&["library: library_unusable"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a 32-bit library under another name",
            Facts { usb: vendor_token(), libraries: vec![library("Viettel-CA", foreign())], ..unseen() },
            [&["library: library_unusable"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a library that others could change",
            Facts {
                libraries: vec![library("SafeNet eToken", left_out(Reason::Unfit(vet::Unfit::Others)))],
                ..unseen()
            },
            [&["library: library_unusable"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a library that fails",
            Facts {
                libraries: vec![library("SafeNet eToken", LibraryState::Failed("init".to_owned()))],
                ..unseen()
            },
            [&["library: library_unusable"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a library in use, and the token does not answer",
            Facts { libraries: well().libraries, ..unseen() },
            vec!["token: token_not_seen", "certificate: waits", "trial: waits", open[1]],
        ),
        (
            "another vendor's library is no help",
            Facts { libraries: vec![library("OpenSC", LibraryState::Used)], ..unseen() },
            [&["library: library_missing"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a library of nobody that is known may be the token's",
            Facts { usb: vendor_token(), libraries: vec![library("", LibraryState::Used)], ..unseen() },
            vec!["token: token_not_seen", "certificate: waits", "trial: waits", open[1]],
        ),
        (
            "a reader without a card",
            Facts {
                usb: Some(vec![plugged("25dd:1101")]),
                libraries: vec![library("Bit4id", LibraryState::Used)],
                ..unseen()
            },
            vec!["token: no_card", "certificate: waits", "trial: waits", open[1]],
        ),
        (
            "an unknown device of the smart card class, and no library",
            Facts { usb: Some(vec![unknown.clone()]), ..unseen() },
            [&["library: no_library"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "an unknown device, and a broken library",
            Facts {
                usb: Some(vec![unknown]),
                libraries: vec![
                    library("", left_out(Reason::Trust)),
                    library("", left_out(Reason::Elsewhere)),
                ],
                ..unseen()
            },
            [&["library: library_unusable"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "no USB to look at",
            Facts { usb: None, ..unseen() },
            [&["plugged: usb_unseen", "library: no_library"][..], &WAIT, &open[1..]].concat(),
        ),
        (
            "a token that is on no USB port",
            Facts { usb: Some(vec![]), ..well() },
            [&["plugged: not_on_usb"][..], &open].concat(),
        ),
        (
            "two tokens, one without its library",
            Facts { usb: Some(vec![plugged("0529:0620"), plugged("096e:0702")]), ..well() },
            [&["library: library_missing"][..], &open].concat(),
        ),
        (
            "two tokens",
            Facts {
                usb: Some(vec![plugged("0529:0620"), plugged("0529:0620")]),
                tokens: vec![token("A", PinState::Ok), token("B", PinState::Low)],
                ..well()
            },
            [&["token: token_pin"][..], &open].concat(),
        ),
        (
            "the PIN is locked",
            Facts { tokens: vec![token("A", PinState::Locked)], ..well() },
            vec!["token: token_pin", "trial: waits", open[1]],
        ),
        (
            "the PIN must be changed",
            Facts { tokens: vec![token("A", PinState::MustChange)], ..well() },
            vec!["token: token_pin", "trial: waits", open[1]],
        ),
        (
            "one try is left",
            Facts { tokens: vec![token("A", PinState::FinalTry)], ..well() },
            [&["token: token_pin"][..], &open].concat(),
        ),
        (
            "the certificate has expired",
            Facts { certificates: vec![held(1, "A", -1, Some(Unfit::Expired))], ..well() },
            vec!["certificate: certificate_unfit", "certificate: none_fit", "trial: waits", open[1]],
        ),
        (
            "one certificate has expired, another has not",
            Facts {
                certificates: vec![held(1, "A", -1, Some(Unfit::Expired)), held(2, "A", 90, None)],
                ..well()
            },
            [&["certificate: certificate_unfit"][..], &open].concat(),
        ),
        (
            "the certificate ends soon",
            Facts { certificates: vec![held(1, "A", 60, None)], ..well() },
            [&["certificate: certificate_ending"][..], &open].concat(),
        ),
        (
            "no certificate",
            Facts { certificates: vec![], ..well() },
            vec!["certificate: no_certificate", "trial: waits", open[1]],
        ),
        (
            "the agent is older than the software",
            Facts { stale_agent: true, ..well() },
            vec!["token: agent_stale", "trial: waits", open[1]],
        ),
        (
            "no display and no terminal",
            Facts { asking: Asking::No("no display".to_owned()), ..well() },
            vec!["asking: cannot_ask", "trial: waits", open[1]],
        ),
        (
            "nothing is left to do",
            Facts {
                trial: Some(Trial { day: "2026-11-26".to_owned(), sequence: 2, holder: "An".to_owned() }),
                autostart: Autostart::On,
                ..well()
            },
            vec![],
        ),
        (
            "the person wants no autostart",
            Facts { autostart: Autostart::Declined, ..well() },
            vec![open[0], "autostart: start_declined"],
        ),
    ];
    for (situation, facts, expected) in situations {
        assert_eq!(remarks(&facts), expected, "{situation}");
    }
}

#[test]
fn what_is_wrong_is_marked_so_and_what_waits_is_not() {
    let marks = |facts: &Facts| {
        let steps = judge(facts);
        steps
            .iter()
            .filter(|step| step.finding.mark() == Mark::Wrong)
            .map(|step| step.topic)
            .collect::<Vec<_>>()
    };
    assert_eq!(marks(&well()), []);
    assert_eq!(marks(&Facts { usb: Some(vec![]), ..unseen() }), [Topic::Plugged], "one cause");
    assert_eq!(marks(&Facts { tokens: vec![token("A", PinState::FinalTry)], ..well() }), []);
    assert_eq!(marks(&Facts { tokens: vec![token("A", PinState::Locked)], ..well() }), [Topic::Token]);
}

#[test]
fn a_trial_is_offered_with_certificates_that_can_sign_only() {
    let facts = Facts {
        tokens: vec![token("A", PinState::Locked), token("B", PinState::Ok)],
        certificates: vec![
            held(1, "A", 90, None),
            held(2, "B", -9, Some(Unfit::Expired)),
            held(3, "B", 90, None),
        ],
        ..well()
    };
    let offered = judge(&facts)
        .into_iter()
        .find_map(|step| if let Finding::TrialOpen(offered) = step.finding { Some(offered) } else { None });
    assert_eq!(offered, Some(vec![held(3, "B", 90, None)]));
}
