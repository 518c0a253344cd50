//! What goes on while the log's *asked* becomes durable.

use kyso::domain::certificate::CertId;
use kyso::domain::error::ErrorCode;
use kyso::token::hub::Deadlines;

use crate::support::agent::{Agent, one, sha256};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

/// R59: the token is asked for a nonce meanwhile, but nobody sees a window before the row is on the disk.
#[test]
fn r59_no_window_before_asked_is_durable() {
    let hostile = Hostile::new();
    let agent = Agent::of(vec![hostile.always("")], Deadlines::default());
    let listed = agent.send(&agent.page("GET", "/v1/certificates")).json();
    let id = listed["certificates"][0]["id"].as_str().unwrap().parse().unwrap();
    let opened = agent.person.seen().opened;
    let looks = hostile.count("C_GetTokenInfo");
    agent.paper.is_slow(true);
    agent.person.then([Act::Pin(SoftHsm::PIN)]);
    let waiting = agent.begin(&agent.signing(&one(id, &sha256("x"))));
    for _ in 0..1_000 {
        if hostile.count("C_GetTokenInfo") > looks {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(hostile.count("C_GetTokenInfo") > looks, "the token has not been asked: {:?}", hostile.log());
    assert_eq!(agent.person.seen().opened, opened);
    agent.paper.is_slow(false);
    agent.until(|seen| seen.opened == opened + 1);
    assert_eq!(waiting.reply().code(), ErrorCode::SignatureInvalid.as_str(), "the module signs with zeros");
}

/// A certificate that is unknown ends a request at once, and its end comes after its beginning in the log.
#[test]
fn an_end_that_comes_before_its_beginning_is_durable_waits_for_it() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    agent.paper.is_slow(true);
    let waiting = agent.begin(&agent.signing(&one(CertId([7; 32]), &sha256("x"))));
    agent.logged(|rows| rows.last().unwrap().0 == "asked");
    agent.paper.is_slow(false);
    assert_eq!(waiting.reply().code(), "certificate_unknown");
    let kinds: Vec<String> = agent.rows().into_iter().map(|(kind, _)| kind).rev().take(2).collect();
    assert_eq!(kinds, ["failed", "asked"]);
    agent.verified();
}
