//! How a certificate stands before it signs, with an authority that certomancer plays.

use std::sync::Arc;
use std::time::Duration;

use kyso::domain::scheme::Scheme;
use kyso::domain::validation::{Chain, Offline, Revocation, Rules};
use serde_json::Value;

use crate::support::agent::{Agent, one, sha256, value};
use crate::support::http::Reply;
use crate::support::person::Act;
use crate::support::pki::{Pki, strict};
use crate::support::softhsm::{SoftHsm, verify};

mod commands;
mod machine;
mod page;

mod anchors;

/// When certomancer's revoked certificates are so.
const REVOKED: &str = "revoked 2026-03-04T05:06:07Z";

fn sign(agent: &Agent, pki: &Pki, name: &str) -> Reply {
    agent.sign(&one(pki.id(name), &sha256(name)))
}

/// What the last row of the log says: outcome, and how the certificate stood.
fn last(agent: &Agent) -> (String, Option<String>) {
    let (_, body) = agent.rows().pop().unwrap();
    (body.outcome.unwrap_or_default(), body.validation)
}

fn failed(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code));
}

fn signed(reply: &Reply, pki: &Pki, name: &str) {
    let body: Value = reply.json();
    assert_eq!(reply.status, 200, "{body}");
    assert!(verify(&pki.certificate(name), Scheme::Ecdsa, &sha256(name), &value(&body, 0)));
}

#[test]
fn a_good_one_signs_and_window_and_log_say_that_it_is() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    for revocation in [Revocation::Crl, Revocation::Ocsp, Revocation::Any] {
        let rules = Rules { cache: Duration::ZERO, ..strict(revocation) };
        let agent = Agent::checking(&token, pki.checker(rules));
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        signed(&sign(&agent, &pki, "good"), &pki, "good");
        let seen = agent.person.seen();
        assert_eq!(seen.stood, [["checking"]], "the window is there before the answer");
        assert_eq!(seen.states, ["standing good", "done"], "{revocation:?}");
        assert_eq!(last(&agent), ("ok".to_owned(), Some("good".to_owned())));
        agent.verified();
    }
    let rules = Rules { chain: Chain::Require, ..Rules::default() };
    let (agent, before) = (Agent::checking(&token, pki.checker(rules)), pki.asked());
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(agent.person.seen().stood, [["good"]], "a path takes no asking");
    assert_eq!(last(&agent).1.as_deref(), Some("good"));
    assert_eq!(pki.asked(), before);
}

/// Whether the person has answered by then or not. An authority that was revoked takes along whom it issued.
#[test]
fn a_revoked_one_signs_nothing_and_the_window_says_since_when() {
    let pki = Pki::start();
    let token = pki.token(&["revoked", "fallen"]);
    for revocation in [Revocation::Crl, Revocation::Ocsp, Revocation::Any] {
        // The mildest setting there is.
        let rules = Rules { chain: Chain::Warn, offline: Offline::Warn, ..strict(revocation) };
        let agent = Agent::checking(&token, pki.checker(rules));
        for (name, act) in
            [("revoked", Act::Nothing), ("revoked", Act::Pin(SoftHsm::PIN)), ("fallen", Act::Nothing)]
        {
            agent.person.then([act]);
            failed(&sign(&agent, &pki, name), 422, "certificate_revoked");
            agent.person.forget();
            assert_eq!(last(&agent), ("certificate_revoked".to_owned(), Some(REVOKED.to_owned())), "{name}");
            let states = agent.person.seen().states;
            let shown = format!("standing {REVOKED}, barred");
            assert_eq!(states[states.len() - 2..], [shown, "failed certificate_revoked".to_owned()]);
        }
        assert!(agent.rows().iter().all(|(_, row)| row.made.unwrap_or_default() == 0));
        agent.verified();
    }
}

#[test]
fn what_needs_no_asking_opens_no_window() {
    let pki = Pki::start();
    let token = pki.token(&["expired", "early", "usage", "good"]);
    let agent = Agent::checking(&token, pki.checker(strict(Revocation::Any)));
    let opened = agent.person.seen().opened;
    for (name, standing) in [("expired", "expired"), ("early", "not_yet_valid"), ("usage", "wrong_usage")] {
        failed(&sign(&agent, &pki, name), 422, "certificate_unfit");
        assert_eq!(last(&agent), ("certificate_unfit".to_owned(), Some(standing.to_owned())));
    }
    std::fs::remove_file(pki.anchors().join("root.crt")).unwrap();
    failed(&sign(&agent, &pki, "good"), 422, "certificate_untrusted");
    assert_eq!(last(&agent), ("certificate_untrusted".to_owned(), Some("no_path".to_owned())));
    // An anchor's name alone leads nowhere.
    let other = Pki::start();
    std::fs::copy(other.certificate("root"), pki.anchors().join("root.crt")).unwrap();
    failed(&sign(&agent, &pki, "good"), 422, "certificate_untrusted");
    assert_eq!(agent.person.seen().opened, opened, "nobody was asked");
    assert_eq!(pki.asked(), 0, "nobody is asked whom no anchor vouches for");
    agent.verified();
}

#[test]
fn without_a_path_a_warning_is_shown_and_recorded_where_that_is_enough() {
    let pki = Pki::start();
    std::fs::remove_file(pki.anchors().join("root.crt")).unwrap();
    let token = pki.token(&["good"]);
    let warn = Rules { chain: Chain::Warn, ..Rules::default() };
    let agent = Agent::checking(&token, pki.checker(warn));
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(agent.person.seen().stood, [["no_path"]]);
    assert_eq!(last(&agent), ("ok".to_owned(), Some("no_path".to_owned())));
    // Nobody's word on revocation counts there, so a machine that wants one gets no signature.
    let asking = Rules { revocation: Revocation::Any, offline: Offline::Refuse, ..warn };
    let agent = Agent::checking(&token, pki.checker(asking));
    failed(&sign(&agent, &pki, "good"), 422, "certificate_untrusted");
    // A machine that asks for nothing is told nothing.
    let agent = Agent::checking(&token, pki.checker(Rules::default()));
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(last(&agent), ("ok".to_owned(), None));
    assert_eq!(agent.person.seen().states, ["done"]);
}

/// Answers that are none: nobody there, no answer, one that was changed on the way, another place named, too much.
#[test]
fn an_answer_that_does_not_count_warns_or_refuses_as_the_policy_says() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    for revocation in [Revocation::Crl, Revocation::Ocsp] {
        for mode in ["gone", "broken", "forged", "old", "moved", "huge"] {
            pki.mode(mode);
            let rules = Rules { cache: Duration::ZERO, ..strict(revocation) };
            let agent = Agent::checking(&token, pki.checker(rules));
            failed(&sign(&agent, &pki, "good"), 503, "revocation_unavailable");
            let wanted = ("revocation_unavailable".to_owned(), Some("offline".to_owned()));
            assert_eq!(last(&agent), wanted, "{mode}, {revocation:?}");
            let warn = Rules { offline: Offline::Warn, ..rules };
            let agent = Agent::checking(&token, pki.checker(warn));
            agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
            signed(&sign(&agent, &pki, "good"), &pki, "good");
            assert_eq!(agent.person.seen().states, ["standing offline", "warned", "done"], "{mode}");
            assert_eq!(last(&agent), ("ok".to_owned(), Some("offline".to_owned())), "{mode}");
        }
    }
}

#[test]
fn who_is_not_known_to_its_authority_is_shown_as_that() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    pki.mode("unknown");
    let agent = Agent::checking(&token, pki.checker(strict(Revocation::Ocsp)));
    failed(&sign(&agent, &pki, "good"), 503, "revocation_unavailable");
    assert_eq!(last(&agent).1.as_deref(), Some("unknown"));
    let warn = Rules { offline: Offline::Warn, ..strict(Revocation::Ocsp) };
    let agent = Agent::checking(&token, pki.checker(warn));
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(agent.person.seen().states, ["standing unknown", "warned", "done"]);
    assert_eq!(last(&agent), ("ok".to_owned(), Some("unknown".to_owned())));
    // Where the responder says nothing of use, the list does.
    for mode in ["unknown", "no-ocsp"] {
        pki.mode(mode);
        let rules = Rules { cache: Duration::ZERO, ..strict(Revocation::Any) };
        let agent = Agent::checking(&token, pki.checker(rules));
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        signed(&sign(&agent, &pki, "good"), &pki, "good");
        assert_eq!(last(&agent).1.as_deref(), Some("good"), "{mode}");
    }
}

/// The person has answered long before the responder; the token waits, and the window was there at once.
#[test]
fn a_slow_responder_holds_up_the_signature_and_not_the_window() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    pki.mode("slow");
    let agent = Agent::checking(&token, pki.checker(strict(Revocation::Any)));
    // The responder answers nothing until the window is open and its question answered.
    agent.person.then([Act::PinAfter(SoftHsm::PIN, Arc::new(pki.later("good")))]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    let seen = agent.person.seen();
    assert_eq!(
        (&seen.stood, &seen.states),
        (&vec![vec!["checking".to_owned()]], &vec!["standing good".to_owned(), "done".to_owned(),])
    );
    // And no longer than the policy says.
    pki.mode("slow");
    let short = Rules {
        timeout: Duration::from_millis(300),
        cache: Duration::ZERO,
        offline: Offline::Warn,
        ..strict(Revocation::Ocsp)
    };
    let agent = Agent::checking(&token, pki.checker(short));
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(last(&agent).1.as_deref(), Some("offline"));
    pki.mode("good");
}

#[test]
fn an_answer_is_used_again_for_as_long_as_the_policy_says() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    let asked = |rules| {
        let (agent, before) = (Agent::checking(&token, pki.checker(rules)), pki.asked());
        agent.person.then([Act::Pin(SoftHsm::PIN)]);
        signed(&sign(&agent, &pki, "good"), &pki, "good");
        assert_eq!(last(&agent).1.as_deref(), Some("good"));
        pki.asked() - before
    };
    let rules = strict(Revocation::Ocsp);
    assert_eq!(asked(rules), 2, "one for each certificate below the anchor");
    assert_eq!(asked(rules), 0, "another agent, the same answers");
    assert_eq!(asked(Rules { cache: Duration::ZERO, ..rules }), 2);
    // What is kept is judged anew: an answer about another certificate, as genuine as this one, counts for nothing.
    let answers = pki.answers();
    let files: Vec<_> = std::fs::read_dir(answers).unwrap().map(|answer| answer.unwrap().path()).collect();
    let [one, other] = files.as_slice() else { panic!("{files:?}") };
    let (first, second) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    std::fs::write(one, second).unwrap();
    std::fs::write(other, first).unwrap();
    assert_eq!(asked(rules), 2);
}

/// The person agreed before the responder was known to be silent: they are asked again, once they can know it.
#[test]
fn a_warning_that_comes_after_the_consent_takes_another_one() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    let rules = Rules { cache: Duration::ZERO, offline: Offline::Warn, ..strict(Revocation::Ocsp) };
    for (second, status, outcome) in [(Act::Pin(SoftHsm::PIN), 200, "ok"), (Act::No, 403, "user_denied")] {
        pki.mode("slow");
        let agent = Agent::checking(&token, pki.checker(rules));
        agent.person.then([Act::PinAfter(SoftHsm::PIN, Arc::new(pki.later("gone"))), second]);
        let reply = sign(&agent, &pki, "good");
        let states = agent.person.seen().states;
        assert_eq!(states[..2], ["standing offline", "warned"], "{outcome}");
        assert_eq!(reply.status, status, "{outcome}: {}", reply.json());
        assert_eq!(last(&agent), (outcome.to_owned(), Some("offline".to_owned())));
        let (_, row) = agent.rows().pop().unwrap();
        assert_eq!(row.consent.is_some(), outcome == "ok", "what was agreed to without the warning was not");
        agent.verified();
    }
}

/// The responder takes longer than the request had: whoever agreed in time has time to agree to the warning.
#[test]
fn a_warning_leaves_time_to_be_read() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    let timeout = Duration::from_secs(11);
    let rules = Rules { cache: Duration::ZERO, offline: Offline::Warn, timeout, ..strict(Revocation::Ocsp) };
    pki.mode("slow");
    let agent = Agent::checking(&token, pki.checker(rules));
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
    let mut body = one(pki.id("good"), &sha256("good"));
    body["timeout_s"] = 10.into();
    signed(&agent.sign(&body), &pki, "good");
    assert_eq!(agent.person.seen().states, ["standing offline", "warned", "done"]);
    pki.mode("good");
}

/// Who gave no answer is not asked again for each signature; who answers is, where no answer is kept.
#[test]
fn a_batch_waits_for_a_silent_responder_once() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    let rules = Rules {
        timeout: Duration::from_secs(1),
        cache: Duration::ZERO,
        offline: Offline::Warn,
        ..strict(Revocation::Any)
    };
    let agent = Agent::checking(&token, pki.checker(rules));
    let asked = |mode: &str, standing: &str| {
        pki.mode(mode);
        let before = pki.asked();
        agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
        signed(&sign(&agent, &pki, "good"), &pki, "good");
        agent.person.forget();
        assert_eq!(last(&agent).1.as_deref(), Some(standing), "{mode}");
        pki.asked() - before
    };
    assert_eq!(asked("good", "good"), 2, "one for each certificate below the anchor");
    assert_eq!(asked("good", "good"), 2);
    // The responders say nothing, then the lists.
    assert_eq!(asked("slow", "offline"), 4);
    for _ in 0..3 {
        assert_eq!(asked("slow", "offline"), 0, "asked again, and waited for");
    }
    // Only those that were silent: another agent asks them all.
    pki.mode("good");
    let agent = Agent::checking(&token, pki.checker(rules));
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    signed(&sign(&agent, &pki, "good"), &pki, "good");
    assert_eq!(last(&agent).1.as_deref(), Some("good"));
}

/// Of several certificates those that were revoked can't be chosen, and the others can.
#[test]
fn a_choice_loses_what_was_revoked() {
    let pki = Pki::start();
    let token = pki.token(&["revoked", "good"]);
    let agent = Agent::checking(&token, pki.checker(strict(Revocation::Any)));
    agent.person.then([Act::Nothing]);
    let filter = serde_json::json!({ "purpose": "sign" });
    let item = crate::support::agent::item("x", &sha256("good"));
    let request = agent.signing(&serde_json::json!({ "filter": filter, "items": [item] }));
    let waiting = agent.begin(&request);
    let seen = agent.until(|seen| seen.states.len() == 2);
    assert!(seen.states.contains(&format!("standing {REVOKED}, barred")), "{:?}", seen.states);
    assert!(seen.states.contains(&"standing good".to_owned()));
    assert_eq!(seen.open, 1, "there is another");
    drop(waiting);
    let all = agent.block_on(agent.service.standings());
    let of = |name: &str| {
        let its = |one: &&(_, _, _)| {
            let (certificate, _, _): &(Arc<kyso::domain::certificate::Certificate>, _, bool) = one;
            certificate.id == pki.id(name)
        };
        let (_, standing, barred) = all.iter().find(its).unwrap();
        (standing.to_string(), *barred)
    };
    assert_eq!(of("good"), ("good".to_owned(), false));
    assert_eq!(of("revoked"), (REVOKED.to_owned(), true));
}
