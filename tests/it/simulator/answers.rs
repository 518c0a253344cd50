//! What a page gets for each name.

use std::io::Write as _;
use std::time::{Duration, Instant};

use kyso::store::verify::verify;
use serde_json::{Value, json};

use super::origin;
use crate::support::agent::{item, rows, sha256, value};
use crate::support::http::{Request, connect};
use crate::support::simulator::Simulator;

/// What a page sees, and the kind of the row that the log ends with.
const ANSWERS: [(&str, u16, &str, &str); 15] = [
    ("Công văn 1.pdf", 200, "", "signed"),
    ("Công văn [anything else].pdf", 200, "", "signed"),
    ("Công văn [wrong-pin].pdf", 200, "", "signed"),
    ("Công văn [slow 1].pdf", 200, "", "signed"),
    ("Công văn [deny].pdf", 403, "user_denied", "refused"),
    ("Công văn [x] [timeout].pdf", 409, "user_timeout", "refused"),
    ("[no-prompt]", 503, "prompt_unavailable", "failed"),
    ("[removed]", 409, "token_removed", "failed"),
    ("[locked]", 423, "pin_locked", "failed"),
    ("[must-change]", 409, "pin_must_change", "failed"),
    ("[changed]", 409, "token_changed", "failed"),
    ("[crash]", 502, "module_crashed", "failed"),
    ("[hang]", 504, "module_timeout", "failed"),
    ("[fail]", 502, "token_failed", "failed"),
    ("[bad-signature]", 502, "signature_invalid", "failed"),
];

#[test]
fn each_name_has_its_answer_and_its_row_in_a_log_that_says_whose_it_is() {
    let simulator = Simulator::start();
    for (at, (name, status, code, kind)) in ANSWERS.into_iter().enumerate() {
        let page = simulator.page(&origin(&format!("trang{at}")));
        let reply = page.sign(name);
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{name}");
        let (logged, body) = rows(&simulator.log()).pop().unwrap();
        assert_eq!(logged, kind, "{name}: {body:?}");
        assert!(body.token.as_ref().is_none_or(|token| token == "KYSO-SIMULATOR"), "{name}");
        if kind == "signed" {
            assert_eq!(
                (body.token.as_deref(), body.consent.as_deref()),
                (Some("KYSO-SIMULATOR"), Some("pin"))
            );
            assert!(body.subject.is_some_and(|subject| subject.contains("CN=TEST ")), "{name}");
            assert_eq!(body.wrong_pins.unwrap_or(0), u32::from(name.contains("wrong-pin")), "{name}");
        }
    }
    let verified = verify(&simulator.log(), None);
    assert!(verified.is_ok(), "the log is broken: {verified:?}");
    let said = simulator.let_go();
    for (name, _, _, _) in ANSWERS {
        assert_eq!(said.matches(&format!("the first for '{name}'):")).count(), 1, "{name}: {said}");
    }
    let denied =
        "https://trang4.example.gov.vn asks for signatures (1, the first for 'Công văn [deny].pdf'): deny\n";
    assert!(said.contains(denied), "{said}");
}

#[test]
fn a_site_pairs_as_ever_by_the_pages_name() {
    let simulator = Simulator::start();
    let reply = simulator.pairing(&origin("a"), "Hệ thống [deny]");
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"));
    let reply = simulator.pairing(&origin("b"), "[no-prompt]");
    assert_eq!((reply.status, reply.code().as_str()), (503, "prompt_unavailable"));
    let page = simulator.page(&origin("a"));
    assert_eq!(page.sign("x").status, 200);
    // Who is refused for good is so for good, and its pairing is over.
    let reply = page.sign("[never]");
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"));
    let reply = simulator.pairing(&origin("a"), "Hệ thống");
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    assert_eq!(page.sign("x").code(), "origin_denied");
}

#[test]
fn r22_few_refusals_a_minute_stay_few() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    for _ in 0..3 {
        assert_eq!(page.sign("[deny]").code(), "user_denied");
    }
    let reply = page.sign("x");
    assert_eq!((reply.status, reply.code().as_str()), (429, "busy"));
    assert!(reply.header("retry-after").is_some());
    assert_eq!(simulator.page(&origin("b")).sign("x").status, 200, "another page, another count");
}

/// The gate is the real one.
#[test]
fn what_is_no_pages_call_is_refused() {
    let simulator = Simulator::start();
    let health = Request::new("GET", "/v1/health", simulator.port, &origin("a"));
    let reply = simulator.send(&health);
    assert_eq!((reply.status, reply.json()), (200, json!({ "agent": "kyso", "api": 1 })), "like any agent");
    assert_eq!(simulator.send(&health.clone().without("Origin")).code(), "origin_missing");
    assert_eq!(simulator.send(&health.without("Host").header("Host", "evil.vn")).code(), "wrong_host");
    let unpaired = Request::new("GET", "/v1/certificates", simulator.port, &origin("a"));
    assert_eq!(simulator.send(&unpaired).code(), "pairing_required");
}

#[test]
fn a_removed_token_is_gone_for_a_moment_and_back_for_the_next_request() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let count = || page.get("/v1/tokens")["tokens"].as_array().unwrap().len();
    let mut seen = vec![count()];
    let seen = std::thread::scope(|scope| {
        let watching = scope.spawn(move || {
            let end = Instant::now() + Duration::from_secs(30);
            while seen != [1, 0, 1] && Instant::now() < end {
                let now = count();
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            seen
        });
        assert_eq!(page.sign("[removed]").code(), "token_removed");
        assert_eq!(page.sign("x").status, 200, "it waited until the token was back");
        watching.join().unwrap()
    });
    assert_eq!(seen, [1, 0, 1]);
}

/// It takes 20 s: whoever leaves before has no signature, and the log says so.
#[test]
fn a_page_can_leave_a_slow_batch() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let items: Vec<Value> = (0..200).map(|at| item(&format!("[slow 20] {at}"), &sha256("x"))).collect();
    let request = page.asks(&json!({ "items": items }));
    let mut stream = connect(simulator.port);
    stream.write_all(&request.bytes()).unwrap();
    while !rows(&simulator.log()).iter().any(|(kind, _)| kind == "asked") {
        std::thread::yield_now();
    }
    drop(stream);
    let ended = loop {
        let (kind, body) = rows(&simulator.log()).pop().unwrap();
        if kind != "asked" {
            break body;
        }
        std::thread::yield_now();
    };
    assert_eq!(ended.outcome.as_deref(), Some("cancelled"));
    assert!(ended.made.unwrap_or(0) < 200, "{ended:?}");
}

#[test]
fn a_batch_of_a_thousand_is_signed() {
    let simulator = Simulator::start();
    let page = simulator.page(&origin("a"));
    let items: Vec<Value> = (0..1_000).map(|at| item(&format!("{at}"), &sha256(&at.to_string()))).collect();
    let reply = simulator.send(&page.asks(&json!({ "items": items, "filter": { "key": "ec" } })));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert_ne!(value(&reply.json(), 0), value(&reply.json(), 999));
}
