//! How a request ends without a signature: by the person, by the clock, by the page, by the desk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kyso::domain::caller::Caller;
use kyso::domain::error::SignError;
use kyso::domain::form::Form;
use kyso::domain::ports::Presence;
use kyso::domain::request::{Item, Items, RequestId, SignRequest, Wanted};
use kyso::domain::scheme::Encoding;
use kyso::sign::Context;
use serde_json::{Value, json};

use crate::support::agent::{Agent, PAGE, Waiting, item, one, sha256};
use crate::support::http::{Request, exchange};
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

#[test]
fn the_person_says_no() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::No]);
    let reply = agent.sign(&one(token.id("person-rsa"), &sha256("x")));
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"));
    let (kind, last) = agent.rows().pop().unwrap();
    assert_eq!(
        (kind.as_str(), last.outcome.as_deref(), last.made),
        ("refused", Some("user_denied"), Some(0))
    );
}

/// R40: SoftHSM never says that a try is the last; after two wrong PINs, in whichever windows, Kyso does.
#[test]
fn r40_wrong_pins_in_a_row_are_counted_across_windows() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let body = one(token.id("person-p256"), &sha256("x"));
    let pins = |agent: &Agent| agent.person.seen().pins.last().copied();
    agent.person.then([Act::Pin("000000"), Act::No]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    agent.person.then([Act::Pin("000001"), Act::No]);
    assert_eq!(agent.sign(&body).code(), "user_denied");
    assert_ne!(pins(&agent), Some("doubted"), "one was wrong");
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&body).status, 200);
    assert_eq!(pins(&agent), Some("doubted"), "two were wrong");
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&body).status, 200);
    assert_eq!(pins(&agent), Some("ok"), "a right one clears the count");
}

#[test]
fn nobody_answers_in_time() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let mut body = one(token.id("person-rsa"), &sha256("x"));
    body["timeout_s"] = 10.into();
    let reply = agent.sign(&body);
    assert_eq!((reply.status, reply.code().as_str()), (409, "user_timeout"));
    agent.until(|seen| seen.open == 0);
    assert_eq!(agent.rows().pop().unwrap().1.outcome.as_deref(), Some("user_timeout"));
}

#[test]
fn r33_a_page_that_leaves_takes_its_window_with_it() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let waiting = agent.begin(&agent.signing(&one(token.id("person-rsa"), &sha256("x"))));
    agent.until(|seen| seen.open == 1);
    drop(waiting);
    agent.within(Duration::from_secs(1), |seen| seen.open == 0).expect("the window closes within a second");
    let rows = agent.logged(|rows| rows.last().unwrap().0 != "asked");
    let (kind, last) = rows.last().unwrap();
    assert_eq!(
        (kind.as_str(), last.outcome.as_deref(), last.made),
        ("cancelled", Some("cancelled"), Some(0))
    );
}

/// A byte after the request keeps hyper from looking for the end; the peer is looked at all the same.
#[test]
fn r33_a_client_that_says_too_much_leaves_like_any_other() {
    use std::io::Write as _;
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    for request in
        [agent.pairing("https://khac.example.vn"), agent.signing(&one(token.id("person-rsa"), &sha256("x")))]
    {
        agent.person.then([Act::Nothing]);
        let mut stream = crate::support::http::connect(agent.port);
        stream.write_all(&[request.bytes().as_slice(), b"x"].concat()).unwrap();
        agent.until(|seen| seen.open == 1);
        drop(stream);
        agent.until(|seen| seen.open == 0);
    }
    let rows = agent.logged(|rows| rows.last().unwrap().0 == "cancelled");
    assert!(rows.iter().all(|(kind, _)| kind != "signed"));
}

#[test]
fn r33_a_page_that_leaves_a_pairing_takes_its_window_with_it() {
    let agent = Agent::without_token();
    agent.person.then([Act::Nothing]);
    let waiting = agent.begin(&agent.pairing("https://khac.example.vn"));
    agent.until(|seen| seen.open == 1);
    drop(waiting);
    agent.within(Duration::from_secs(1), |seen| seen.open == 0).expect("the window closes within a second");
}

/// The other end is there when the window opens and gone before the token is used.
struct Gone(AtomicBool);

impl Presence for Gone {
    fn holds(&self) -> Result<(), SignError> {
        if self.0.swap(false, Ordering::Relaxed) { Ok(()) } else { Err(SignError::Cancelled) }
    }
}

#[test]
fn r3_the_peer_is_looked_at_again_before_the_token_is_used() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let item = Item { name: "x".to_owned(), digest: sha256("x") };
    let request = SignRequest {
        id: RequestId::random(),
        caller: Caller::Web(PAGE.parse().unwrap()),
        wanted: Wanted::Certificate(token.id("person-p256")),
        scheme: None,
        encoding: Encoding::Der,
        items: Items::new(vec![item]).unwrap(),
        form: Form::Raw,
        timeout: SignRequest::DEFAULT_TIMEOUT,
        idempotency: None,
    };
    let context = Context {
        presence: Arc::new(Gone(true.into())),
        prompter: None,
        render: |_| Vec::new(),
        watcher: None,
    };
    let result = agent.block_on(agent.service.sign(request, context));
    assert!(matches!(result, Err(SignError::Cancelled)), "{result:?}");
    let (kind, last) = agent.rows().pop().unwrap();
    assert_eq!(
        (kind.as_str(), last.made),
        ("cancelled", Some(0)),
        "the person agreed, the token did nothing"
    );
}

#[test]
fn r33_pages_that_leave_at_any_moment_get_nothing_signed() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let times = if std::env::var_os("KYSO_LONG").is_some() { 500 } else { 50 };
    for at in 0..times {
        // Another page each time: one that leaves often is soon told to wait.
        let page = format!("https://trang-{at}.example.vn");
        let bearer = agent.pair(&page);
        agent.person.then([Act::Nothing]);
        let body = one(token.id("person-p256"), &sha256("x"));
        let request = Request::new("POST", "/v1/signatures", agent.port, &page).bearer(&bearer).json(&body);
        let waiting = agent.begin(&request);
        agent.until(|seen| seen.open == 1);
        drop(waiting);
        agent.until(|seen| seen.open == 0);
    }
    let rows = agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "cancelled").count() == times);
    assert!(rows.iter().all(|(kind, _)| kind != "signed"));
    agent.verified();
}

/// The person presses Cancel while the token is at work.
#[test]
fn r33_a_consent_taken_back_releases_nothing() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    agent.person.will_regret();
    let items: Vec<Value> = (0..1_000).map(|at| item(&at.to_string(), &sha256("x"))).collect();
    let reply = agent.sign(&json!({ "certificate": token.id("person-rsa").to_string(), "items": items }));
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"));
    let (kind, last) = agent.rows().pop().unwrap();
    assert_eq!((kind.as_str(), last.outcome.as_deref()), ("refused", Some("user_denied")));
    assert!(last.made.is_some_and(|made| (1..1_000).contains(&made)), "{:?} were made", last.made);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).status, 200, "the token is free again");
}

/// A site that is revoked while it waits gets neither a window nor a signature.
#[test]
fn r15_a_revoked_pairing_ends_what_is_under_way() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let signing = agent.signing(&one(token.id("person-p256"), &sha256("x")));
    let (first, second) = (agent.begin(&signing), agent.begin(&signing));
    agent.until(|seen| seen.open == 1);
    agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "asked").count() == 2);
    let opened = agent.person.seen().opened;
    agent.block_on(agent.service.grants().revoke(&PAGE.parse().unwrap())).unwrap();
    agent.until(|seen| seen.open == 0);
    assert_eq!(first.reply().code(), "origin_denied");
    assert_eq!(second.reply().code(), "origin_denied");
    assert_eq!(agent.person.seen().opened, opened, "no other window came");
    assert!(agent.rows().iter().all(|(kind, _)| kind != "signed"));
}

/// The page leaves, or is revoked, while the token is at work.
#[test]
fn r33_nothing_is_released_once_the_page_is_gone() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let items: Vec<Value> = (0..1_000).map(|at| item(&at.to_string(), &sha256("x"))).collect();
    let batch = json!({ "certificate": token.id("person-rsa").to_string(), "items": items });
    let at_work = |agent: &Agent| {
        let shown = agent.person.seen().states.len();
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        let waiting = agent.begin(&agent.signing(&batch));
        agent.until(|seen| seen.states.len() > shown);
        waiting
    };
    drop(at_work(&agent));
    let rows = agent.logged(|rows| rows.last().unwrap().0 == "cancelled");
    assert!(rows.last().unwrap().1.made.is_some_and(|made| made < 1_000));

    let waiting = at_work(&agent);
    agent.block_on(agent.service.grants().revoke(&PAGE.parse().unwrap())).unwrap();
    let reply = waiting.reply();
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    assert!(agent.rows().iter().all(|(kind, _)| kind != "signed"));
    agent.until(|seen| seen.open == 0);
}

#[test]
fn an_unpaired_page_reaches_neither_person_nor_log() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let before = (agent.person.seen(), agent.rows().len());
    let other = "https://khac.example.vn";
    let body = one(token.id("person-rsa"), &sha256("x"));
    let post = |origin: &str| Request::new("POST", "/v1/signatures", agent.port, origin).json(&body);
    let theirs = agent.bearer.clone();
    for request in [
        post(other),
        post(PAGE),
        post(other).bearer(&theirs),
        post(PAGE).bearer("AAAA"),
        post(PAGE).header("Authorization", &format!("Basic {theirs}")),
        post(PAGE).bearer(&theirs).bearer(&theirs),
        post(PAGE).bearer(&format!("x{theirs}")).header("Cookie", &theirs),
    ] {
        let reply = agent.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (401, "pairing_required"));
    }
    assert_eq!((agent.person.seen(), agent.rows().len()), before);
}

#[test]
fn a_person_who_can_not_be_asked_is_an_answer() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Unavailable]);
    let reply = agent.sign(&one(token.id("person-rsa"), &sha256("x")));
    assert_eq!((reply.status, reply.code().as_str()), (503, "prompt_unavailable"));
}

/// R59: what can't be recorded is neither asked nor released.
#[test]
fn r59_without_a_log_nothing_is_asked_and_nothing_released() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let signing = agent.signing(&one(token.id("person-p256"), &sha256("x")));
    let opened = agent.person.seen().opened;
    agent.paper.is_full(true);
    let reply = agent.send(&signing);
    assert_eq!((reply.status, reply.code().as_str()), (500, "audit_unavailable"));
    assert_eq!(agent.person.seen().opened, opened, "nobody was asked");

    agent.paper.is_full(false);
    agent.person.then([Act::Nothing]);
    let waiting = agent.begin(&signing);
    agent.until(|seen| seen.open == 1);
    drop(waiting);
    agent.logged(|rows| rows.last().unwrap().0 == "cancelled");

    // The disk fills up while the person types.
    let full = agent.paper.clone();
    agent.person.then([Act::PinAfter(SoftHsm::PIN, Arc::new(move || full.is_full(true)))]);
    let reply = agent.send(&signing);
    assert_eq!((reply.status, reply.code().as_str()), (500, "audit_unavailable"));
    assert!(reply.json().get("signatures").is_none());
    agent.until(|seen| seen.states.last().is_some_and(|state| state == "failed audit_unavailable"));
    // Once there is room again, the log has what became of it.
    agent.paper.is_full(false);
    let rows = agent.logged(|rows| rows.last().unwrap().0 == "failed");
    let last = &rows.last().unwrap().1;
    assert_eq!((last.outcome.as_deref(), last.made), (Some("audit_unavailable"), Some(1)));
    agent.verified();
}

#[test]
fn a_refused_or_revoked_page_stays_outside() {
    let agent = Agent::without_token();
    agent.person.then([Act::No]);
    let reply = agent.send(&agent.pairing("https://khac.example.vn"));
    assert_eq!((reply.status, reply.code().as_str()), (403, "user_denied"));
    assert_eq!(agent.send(&agent.page("GET", "/v1/tokens")).status, 200);
    let revoked = agent.block_on(agent.service.grants().revoke(&PAGE.parse().unwrap())).unwrap();
    assert!(revoked);
    assert_eq!(agent.send(&agent.page("GET", "/v1/tokens")).status, 401);
}

#[test]
fn a_page_forgets_itself() {
    let agent = Agent::without_token();
    let second = agent.pair(PAGE);
    let request = agent.page("DELETE", "/v1/pairings/current");
    assert_eq!(agent.send(&request).status, 204);
    assert_eq!(agent.send(&request).status, 401);
    let other = Request::new("GET", "/v1/tokens", agent.port, PAGE).bearer(&second);
    assert_eq!(agent.send(&other).status, 200, "the other browser profile stays paired");
}

#[test]
fn an_origin_allowed_in_advance_pairs_without_a_window() {
    let agent = Agent::without_token();
    let origin = "https://duoc-phep.example.vn";
    agent.block_on(agent.service.grants().allow(&origin.parse().unwrap())).unwrap();
    let opened = agent.person.seen().opened;
    assert_eq!(agent.send(&agent.pairing(origin)).status, 201);
    assert_eq!(agent.person.seen().opened, opened);
    assert_eq!(agent.rows().pop().unwrap().1.asked, Some(false), "the log says so");
}

#[test]
fn http_origins_pair_only_on_this_machine() {
    let agent = Agent::without_token();
    let reply = agent.send(&agent.pairing("http://vanban.example.vn"));
    assert_eq!((reply.status, reply.code().as_str()), (403, "origin_denied"));
    agent.pair("http://127.0.0.1:8480");
    agent.pair("http://localhost:8480");
}

#[test]
fn stopping_closes_the_window_and_the_log() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.person.then([Act::Nothing]);
    let body = json!({ "items": [item("x", &sha256("x"))] });
    let waiting = agent.begin(&agent.signing(&body));
    agent.until(|seen| seen.open == 1);
    agent.block_on(agent.service.shut_down(Duration::from_secs(5)));
    assert_eq!(waiting.reply().code(), "shutting_down");
    assert_eq!(agent.person.seen().open, 0);
    assert_eq!(agent.rows().pop().unwrap().1.outcome.as_deref(), Some("shutting_down"));
    let reply = exchange(agent.port, &agent.signing(&body).bytes()).expect("an answer");
    assert_eq!(reply.code(), "shutting_down");
}

/// A client that closes after the person has agreed and before the token is asked gets nothing signed.
#[test]
fn r3_pages_that_leave_between_consent_and_token_get_nothing() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let times = if std::env::var_os("KYSO_LONG").is_some() { 500 } else { 50 };
    for at in 0..times {
        // Another page each time: one that leaves often is soon told to wait.
        let page = format!("https://trang-{at}.example.vn");
        let bearer = agent.pair(&page);
        let (hand, held) = std::sync::mpsc::channel::<Waiting>();
        let held = std::sync::Mutex::new(held);
        let leaves = move || drop(held.lock().unwrap().recv());
        agent.person.then([Act::PinAfter(SoftHsm::PIN, Arc::new(leaves))]);
        let body = one(token.id("person-p256"), &sha256("x"));
        let request = Request::new("POST", "/v1/signatures", agent.port, &page).bearer(&bearer).json(&body);
        hand.send(agent.begin(&request)).unwrap();
        agent.logged(|rows| rows.iter().filter(|(kind, _)| kind == "cancelled").count() == at + 1);
    }
    let rows = agent.rows();
    assert!(rows.iter().all(|(kind, _)| kind != "signed"), "a signature was released");
    let made: Vec<_> = rows.iter().filter_map(|(_, body)| body.made).filter(|made| *made > 0).collect();
    assert!(made.is_empty(), "the token was used: {made:?}");
    agent.verified();
}
