//! A token that is slow, and a page that does not wait for it (R33).

use std::sync::Arc;
use std::time::Duration;

use kyso::domain::approval::Approved;
use kyso::domain::certificate::Certificate;
use kyso::domain::error::TokenError;
use kyso::domain::pin_task::{ApprovedTask, PinPlace, PinTask};
use kyso::domain::ports::{BoxFuture, Progress, RawSignature, Tokens};
use kyso::domain::seal::SealTarget;
use kyso::domain::token::{PinState, Snapshot, TokenInfo};
use kyso::token::hub::TokenHub;
use serde_json::json;
use tokio::sync::watch;

use crate::support::agent::{Agent, one, sha256};
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

/// A real token whose signature takes thirty seconds, by a clock that the test winds. It can't be called back:
/// what was begun is made, and handed over if anybody still waits.
struct Late {
    tokens: Arc<TokenHub>,
    hands: Hands,
}

/// What the test holds of it.
#[derive(Clone, Default)]
struct Hands {
    clock: Arc<watch::Sender<Duration>>,
    begun: Arc<watch::Sender<usize>>,
    made: Arc<watch::Sender<usize>>,
}

impl Tokens for Late {
    fn snapshot(&self) -> BoxFuture<'_, Snapshot> {
        self.tokens.snapshot()
    }

    fn look(&self) -> BoxFuture<'_, Snapshot> {
        self.tokens.look()
    }

    fn changed(&self, since: u64) -> BoxFuture<'_, u64> {
        self.tokens.changed(since)
    }

    fn seal_target(
        &self,
        certificate: &Certificate,
    ) -> BoxFuture<'_, Result<(SealTarget, PinState), TokenError>> {
        self.tokens.seal_target(certificate)
    }

    fn sign(
        &self,
        job: Approved,
        progress: Progress,
    ) -> BoxFuture<'_, Result<Vec<RawSignature>, TokenError>> {
        let (tokens, hands) = (Arc::clone(&self.tokens), self.hands.clone());
        let mut clock = hands.clock.subscribe();
        let due = *clock.borrow() + DELAY;
        let work = tokio::spawn(async move {
            hands.begun.send_modify(|count| *count += 1);
            let _ = clock.wait_for(|now| *now >= due).await;
            let result = tokens.sign(job, progress).await;
            hands.made.send_modify(|count| *count += usize::from(result.is_ok()));
            result
        });
        Box::pin(async { work.await.unwrap() })
    }

    fn pin_place(&self, token: &TokenInfo, task: &PinTask) -> BoxFuture<'_, Result<PinPlace, TokenError>> {
        self.tokens.pin_place(token, task)
    }

    fn set_pin(&self, token: &TokenInfo, task: ApprovedTask) -> BoxFuture<'_, Result<(), TokenError>> {
        self.tokens.set_pin(token, task)
    }
}

/// Waits until the count is there.
fn counted(agent: &Agent, count: &watch::Sender<usize>, wanted: usize) {
    let reached = async { count.subscribe().wait_for(|now| *now == wanted).await.map(|_| ()) };
    agent.block_on(async { tokio::time::timeout(Duration::from_secs(30), reached).await.unwrap().unwrap() });
}

fn agent(token: &SoftHsm) -> (Agent, Hands) {
    let hands = Hands::default();
    let (late, held) = (hands.clone(), hands);
    let stand_in = |hub| Arc::new(Late { tokens: Arc::new(hub), hands: late }) as Arc<dyn Tokens>;
    (Agent::behind(token, stand_in), held)
}

/// The log knows one signature, that of the page that waited, and one request that was cancelled.
fn one_was_released(agent: &Agent) {
    let kinds: Vec<String> = agent.rows().into_iter().map(|(kind, _)| kind).collect();
    let count = |name: &str| kinds.iter().filter(|kind| *kind == name).count();
    assert_eq!((count("signed"), count("cancelled")), (1, 1), "{kinds:?}");
    agent.verified();
}

#[test]
fn r33_a_signature_made_thirty_seconds_late_reaches_no_page_that_left_over_http() {
    let token = SoftHsm::new();
    let (agent, hands) = agent(&token);
    let body = one(token.id("person-p256"), &sha256("x"));
    let keyed = |key: &str| agent.signing(&body).header("Idempotency-Key", key);

    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let waiting = agent.begin(&keyed("k-1"));
    counted(&agent, &hands.begun, 1);
    hands.clock.send_modify(|now| *now += DELAY);
    assert_eq!(waiting.reply().status, 200, "whoever waits gets it");

    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let leaving = agent.begin(&keyed("k-2"));
    counted(&agent, &hands.begun, 2);
    drop(leaving);
    agent.logged(|rows| rows.last().unwrap().0 == "cancelled");
    hands.clock.send_modify(|now| *now += DELAY);
    counted(&agent, &hands.made, 2);
    assert_eq!(agent.send(&keyed("k-2")).code(), "cancelled", "there is nothing to be fetched later");
    one_was_released(&agent);
}

#[test]
fn r33_a_signature_made_thirty_seconds_late_reaches_no_page_that_cancelled_over_a_socket() {
    let token = SoftHsm::new();
    let (agent, hands) = agent(&token);
    let mut socket = agent.socket();
    let keyed =
        |key: &str| json!({ "body": one(token.id("person-p256"), &sha256("x")), "idempotency_key": key });

    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    socket.begin("1", "POST", "/v1/signatures", keyed("k-1"));
    counted(&agent, &hands.begun, 1);
    hands.clock.send_modify(|now| *now += DELAY);
    assert_eq!(socket.answer("1")["status"], 200, "whoever waits gets it");
    socket.early();

    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    socket.begin("2", "POST", "/v1/signatures", keyed("k-2"));
    counted(&agent, &hands.begun, 2);
    socket.say(&json!({ "id": "2", "cancel": true }));
    let answer = socket.answer("2");
    assert_eq!((&answer["status"], &answer["body"]["error"]["code"]), (&json!(409), &json!("cancelled")));
    agent.logged(|rows| rows.last().unwrap().0 == "cancelled");
    socket.early();
    hands.clock.send_modify(|now| *now += DELAY);
    counted(&agent, &hands.made, 2);
    let again = socket.call("3", "POST", "/v1/signatures", keyed("k-2"));
    assert_eq!(again["body"]["error"]["code"], "cancelled", "there is nothing to be fetched later");
    assert!(socket.early().is_empty(), "nor was anything more said");
    one_was_released(&agent);
}

const DELAY: Duration = Duration::from_secs(30);
