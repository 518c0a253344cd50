//! opencryptoki: a token that counts wrong PINs and locks, and whose clock can't be read.

use kyso::domain::scheme::Scheme;
use kyso::token::hub::Deadlines;

use crate::support::agent::{Agent, one, sha256, value};
use crate::support::opencryptoki::Opencryptoki;
use crate::support::person::Act;
use crate::support::softhsm::verify;

#[test]
fn r40_a_token_that_counts_is_shown_low_then_at_its_last_try_then_locked() {
    let Some(token) = Opencryptoki::new() else { return };
    let agent = Agent::of(vec![Opencryptoki::module()], Deadlines::default());
    assert_eq!(listed(&agent), "ok");
    agent.person.then([Act::Pin(Opencryptoki::PIN)]);
    let digest = sha256("a");
    let reply = agent.sign(&one(token.id(), &digest));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(verify(&token.certificate(), Scheme::RsaPkcs1, &digest, &value(&reply.json(), 0)));

    agent.person.then([Act::Pin("000000"), Act::No]);
    assert_eq!(code(&agent, &token), "user_denied");
    shows(&agent, "low");
    agent.person.then([Act::Pin("111111"), Act::No]);
    assert_eq!(code(&agent, &token), "user_denied");
    shows(&agent, "final_try");
    agent.person.then([Act::Pin("222222")]);
    assert_eq!(code(&agent, &token), "pin_locked");
    shows(&agent, "locked");

    let seen = agent.until(|seen| seen.open == 0);
    let last: Vec<&str> = seen.pins.iter().rev().take(3).rev().copied().collect();
    assert_eq!(last, ["ok", "low", "final_try"], "what each window opened with");
    agent.person.then([Act::Pin(Opencryptoki::PIN)]);
    assert_eq!(code(&agent, &token), "pin_locked", "the right PIN comes too late");
    assert_eq!(agent.person.seen().opened, seen.opened, "no window");
}

fn code(agent: &Agent, token: &Opencryptoki) -> String {
    let reply = agent.sign(&one(token.id(), &sha256("b")));
    reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// What pages are told of the token's PIN.
fn listed(agent: &Agent) -> String {
    let tokens = agent.send(&agent.page("GET", "/v1/tokens")).json();
    tokens["tokens"][0]["pin"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

fn shows(agent: &Agent, wanted: &str) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while listed(agent) != wanted {
        assert!(std::time::Instant::now() < end, "the listing stays at {}", listed(agent));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
