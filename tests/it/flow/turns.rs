//! Tokens of different modules sign at the same time, and the person is asked one thing at a time.

use std::time::Duration;

use kyso::domain::scheme::Scheme;
use kyso::token::hub::{Deadlines, ModuleConfig};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::agent::{Agent, item, one, sha256, value};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::softhsm::{SoftHsm, verify};

/// Two tokens of two modules: a hostile one, and SoftHSM's with certificates of its own.
struct Two {
    hostile: Hostile,
    token: SoftHsm,
    agent: Agent,
}

impl Two {
    fn new(module: impl FnOnce(&Hostile) -> ModuleConfig) -> Self {
        let (hostile, token) = (Hostile::new(), SoftHsm::other_authority());
        let agent = Agent::of(vec![module(&hostile), softhsm(&token)], Deadlines::default());
        agent.block_on(async {
            let (mut number, mut snapshot) = (u64::MAX, agent.service.snapshot().await);
            while snapshot.tokens.len() < 2 {
                let news = timeout(Duration::from_secs(30), agent.service.tokens_changed(number)).await;
                (number, snapshot) = news.expect("two tokens").unwrap();
            }
        });
        Self { hostile, token, agent }
    }

    /// A batch for the hostile token.
    fn batch(&self, count: usize) -> Value {
        many(SoftHsm::new().id("person-rsa").to_string(), count)
    }

    /// How far the requests are that the person has agreed to.
    fn under_way(&self) -> Vec<Option<(usize, usize)>> {
        self.agent.service.activity().open.iter().map(|open| open.progress).collect()
    }
}

fn softhsm(token: &SoftHsm) -> ModuleConfig {
    let environment = vec![("SOFTHSM2_CONF".into(), token.conf().into())];
    ModuleConfig { path: SoftHsm::module(), environment, settings: token.settings() }
}

/// A page's first request takes the token that is there: the other module may hang as it starts.
#[test]
fn r46_the_first_request_does_not_wait_for_a_module_that_hangs_beside_the_tokens_own() {
    let (hostile, token) = (Hostile::new(), SoftHsm::new());
    // So long that nothing comes of it meanwhile.
    let deadlines = Deadlines { init: Duration::from_secs(60), ..Deadlines::default() };
    let agent = Agent::of(vec![softhsm(&token), hostile.always("C_Initialize=hang")], deadlines);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = document(1);
    let reply = agent.sign(&one(token.id("person-rsa"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &value(&reply.json(), 0)));
    assert_eq!(agent.block_on(agent.service.snapshot()).problems, [], "the other one hangs still");
}

fn many(certificate: String, count: usize) -> Value {
    let items: Vec<Value> = (0..count).map(|at| item(&format!("{at}.pdf"), &document(at))).collect();
    json!({ "certificate": certificate, "items": items })
}

fn document(at: usize) -> kyso::domain::digest::Digest {
    sha256(&format!("văn bản {at}"))
}

#[test]
fn r22_a_slow_batch_keeps_no_other_token_waiting_and_asks_nothing_meanwhile() {
    let two = Two::new(|hostile| hostile.always("C_Sign=slow"));
    let (agent, opened) = (&two.agent, two.agent.person.seen().opened);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let slow = agent.begin(&agent.signing(&two.batch(1_000)));
    agent.until(|seen| seen.states.iter().any(|state| state.starts_with("progress")));
    // What is plugged in is told at once, and the module is asked nothing for it.
    let looks = || ["C_GetSlotList", "C_GetTokenInfo"].map(|function| two.hostile.count(function));
    let before = looks();
    for (path, list) in [("/v1/tokens", "tokens"), ("/v1/certificates", "certificates")] {
        let listed = agent.send(&agent.page("GET", path)).json();
        let serials = listed[list].as_array().unwrap().iter().map(|entry| entry["serial"].to_string());
        assert!(
            serials.collect::<std::collections::BTreeSet<_>>().len() > usize::from(list == "tokens"),
            "{listed}"
        );
    }
    assert_eq!(looks(), before);
    // The same token's next waits for it, so that no PIN is typed long before it is used.
    let same = agent.begin(&agent.signing(&two.batch(1)));
    let queued = |agent: &Agent| agent.service.activity().queued;
    agent.logged(|rows| queued(agent) == 1 && rows.iter().filter(|(kind, _)| kind == "asked").count() == 2);
    // Another page is let in, and another token signs.
    agent.pair("https://khac.example.gov.vn");
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let digest = sha256("Kính gửi");
    let reply = agent.sign(&one(two.token.id("person-rsa"), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    let signature = value(&reply.json(), 0);
    assert!(verify(&two.token.certificate("person-rsa"), Scheme::RsaPkcs1, &digest, &signature));

    let seen = agent.person.seen();
    assert_eq!(seen.opened, opened + 3, "the batch, the pairing, the other token");
    assert_eq!(seen.behind[seen.behind.len() - 2..], [1, 1], "whose token works waits for nobody");
    assert!(seen.states.iter().any(|state| state == "aside"), "{:?}", seen.states);
    assert!(matches!(two.under_way().as_slice(), [Some((1.., 1_000))]), "{:?}", two.under_way());
    // Each can be taken back.
    agent.person.then([Act::No]);
    agent.person.will_regret();
    assert_eq!(slow.reply().code(), "user_denied");
    assert_eq!(same.reply().code(), "user_denied");
    let made = agent.rows().into_iter().find(|(kind, _)| kind == "refused").unwrap().1.made.unwrap();
    assert!((1..1_000).contains(&made), "{made} were made");
    agent.verified();
}

#[test]
fn two_batches_on_two_tokens_are_both_released_whole() {
    let (first, second) = (SoftHsm::new(), SoftHsm::other_authority());
    let agent = Agent::of(vec![softhsm(&first), softhsm(&second)], Deadlines::default());
    agent.block_on(agent.service.snapshot());
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
    let tokens = [&first, &second];
    let waiting =
        tokens.map(|token| agent.begin(&agent.signing(&many(token.id("person-rsa").to_string(), 500))));
    for (token, waiting) in tokens.iter().zip(waiting) {
        let reply = waiting.reply();
        assert_eq!(reply.status, 200, "{}", reply.json());
        for at in [0, 250, 499] {
            let signature = value(&reply.json(), at);
            let certificate = token.certificate("person-rsa");
            assert!(verify(&certificate, Scheme::RsaPkcs1, &document(at), &signature), "{at}");
        }
    }
    agent.verified();
}

/// A PIN that is wrong in the middle of a batch: the question comes back, but not beside another one.
#[test]
fn r22_a_wrong_pin_is_asked_for_again_once_the_other_question_is_over() {
    // The 1st login is the user's; each later one is a signature's.
    let two = Two::new(|hostile| hostile.token("always-authenticate", "C_Sign=slow,C_Login@300=0xa0"));
    let agent = &two.agent;
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Nothing]);
    let batch = agent.begin(&agent.signing(&two.batch(400)));
    agent.until(|seen| seen.states.iter().any(|state| state.starts_with("progress")));
    let opened = agent.person.seen().opened;
    let other = agent.begin(&agent.signing(&one(two.token.id("person-rsa"), &sha256("x"))));
    agent.until(|seen| seen.opened == opened + 1);
    let behind = one(two.token.id("person-p256"), &sha256("y"));
    let behind = agent.begin(&agent.signing(&behind));
    agent.logged(|_| two.hostile.count("C_Logout") == 1);
    assert!(two.hostile.count("C_Sign") < 300, "{:?}", two.hostile.log());
    let wrong =
        |seen: &crate::support::person::Seen| seen.states.iter().any(|state| state.starts_with("wrong"));
    assert!(!wrong(&agent.person.seen()), "{:?}", agent.person.seen());
    assert_eq!(two.under_way().len(), 2, "the other question stands");

    agent.person.then([Act::No, Act::No]);
    drop(other);
    let seen = agent.until(wrong);
    let at = seen.states.iter().position(|state| state.starts_with("wrong")).unwrap();
    assert_eq!(seen.states[at - 1], "forward");
    assert_eq!(seen.opened, opened + 1, "before the one that came later");
    assert_eq!(batch.reply().code(), "user_denied");
    assert_eq!(behind.reply().code(), "user_denied");
    agent.verified();
}

#[test]
fn r45_a_module_that_crashes_amid_a_batch_leaves_the_others_batch_alone() {
    let two = Two::new(|hostile| hostile.always("C_Sign@3=crash"));
    let agent = &two.agent;
    agent.person.then([Act::Pin(SoftHsm::PIN), Act::Pin(SoftHsm::PIN)]);
    let whole = agent.begin(&agent.signing(&many(two.token.id("person-rsa").to_string(), 1_000)));
    agent.until(|seen| seen.states.iter().any(|state| state.starts_with("progress")));
    assert_eq!(agent.sign(&two.batch(1_000)).code(), "module_crashed");
    let reply = whole.reply();
    assert_eq!(reply.status, 200, "{}", reply.json());
    let signature = value(&reply.json(), 999);
    assert!(verify(&two.token.certificate("person-rsa"), Scheme::RsaPkcs1, &document(999), &signature));
}
