//! Several tokens and modules, and what their troubles mean for the rest.

use std::fs;
use std::time::{Duration, Instant};

use kyso::domain::scheme::Scheme;
use kyso::token::hub::{Deadlines, ModuleConfig};
use serde_json::json;

use crate::support::agent::{Agent, item, one, sha256, value};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

#[test]
fn r45_a_module_that_crashes_leaves_the_choice_among_the_others() {
    let (hostile, token) = (Hostile::new(), SoftHsm::new());
    let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
    let softhsm = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
    // The second time it is asked what the flags say of the PIN.
    let crashing = hostile.always("C_GetTokenInfo@2=crash");
    let agent = Agent::of(vec![crashing, softhsm], Deadlines::default());
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = sha256("x");
    let filter = json!({ "purpose": "sign", "valid": "now" });
    let reply = agent.sign(&json!({ "filter": filter, "items": [item("x", &digest)] }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert_eq!(hostile.count("C_Login 1"), 0);
    let reply = reply.json();
    let natural =
        [("seal-rsa", Scheme::RsaPkcs1), ("person-p256", Scheme::Ecdsa), ("person-p384", Scheme::Ecdsa)];
    let signer = natural
        .into_iter()
        .find(|(name, _)| reply["certificate"]["id"] == token.id(name).to_string())
        .unwrap_or_else(|| panic!("{reply}"));
    assert!(verify(&token.certificate(signer.0), signer.1, &digest, &value(&reply, 0)));
}

/// It is there with its reason, and not what Enter would choose.
#[test]
fn a_token_that_can_not_sign_now_is_shown_after_those_that_can() {
    let (hostile, token) = (Hostile::new(), SoftHsm::new());
    let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
    let softhsm = ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() };
    let agent = Agent::of(vec![hostile.token("must-change", ""), softhsm], Deadlines::default());
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let filter = json!({ "purpose": "sign", "valid": "now" });
    let reply = agent.sign(&json!({ "filter": filter, "items": [item("x", &sha256("x"))] }));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let shown = agent.person.seen().shown.pop().unwrap();
    let Some((&"must_change", usable)) = shown.split_last() else { panic!("{shown:?}") };
    assert!(!usable.is_empty() && usable.iter().all(|pin| *pin == "ok"), "{shown:?}");
    assert_eq!(hostile.count("C_Login 1"), 0);
}

/// While a PIN may come for a process, it is kept as it is, and finds no new token; not longer.
#[test]
fn r51_a_question_that_is_over_keeps_no_token_unseen() {
    let (token, other) = (SoftHsm::new(), SoftHsm::other_authority());
    let agent = Agent::with(&token);
    agent.person.then([Act::No]);
    assert_eq!(agent.sign(&one(token.id("person-rsa"), &sha256("x"))).code(), "user_denied");
    for folder in fs::read_dir(other.tokens()).unwrap() {
        let folder = folder.unwrap().path();
        fs::rename(&folder, token.tokens().join(folder.file_name().unwrap())).unwrap();
    }
    let end = Instant::now() + Duration::from_secs(6);
    let shown = || agent.send(&agent.page("GET", "/v1/tokens")).json()["tokens"].as_array().map(Vec::len);
    while shown() != Some(2) {
        assert!(Instant::now() < end, "the new token does not show");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Before it had a PIN; what it prints after that is nobody's to keep (R43).
#[test]
fn what_a_module_prints_before_it_fails_is_in_the_log() {
    let token = SoftHsm::new();
    for (behaviour, code) in [
        ("C_Initialize=hang", "module_timeout"),
        ("C_Initialize=0x5", "token_failed"),
        ("C_GetSlotList=hang", "module_timeout"),
        ("C_GetSlotList=crash", "module_crashed"),
    ] {
        let hostile = Hostile::new();
        let module = hostile.always(&format!("load=print,{behaviour}"));
        let short = Duration::from_secs(2);
        let agent = Agent::of(vec![module], Deadlines { init: short, list: short, ..Deadlines::default() });
        let reply = agent.sign(&one(token.id("person-rsa"), &sha256("x")));
        assert_eq!(reply.code(), code, "{behaviour}");
        let rows = agent.rows();
        let cause = rows.last().unwrap().1.cause.clone().unwrap_or_default();
        assert!(cause.contains("it printed") && cause.contains("garbage"), "{behaviour}: {cause}");
    }
}
