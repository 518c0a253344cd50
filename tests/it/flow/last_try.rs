//! A try that becomes the last one while the person types (R40).

use std::sync::Arc;
use std::sync::Mutex;

use kyso::domain::error::ErrorCode;
use kyso::token::hub::Deadlines;

use crate::support::agent::{Agent, one, sha256};
use crate::support::hostile::Hostile;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;

#[test]
fn r40_a_try_that_has_become_the_last_is_not_used_up_unasked() {
    let hostile = Hostile::new();
    let agent = Agent::of(vec![hostile.always("")], Deadlines::default());
    let (last, hostile) = (hostile.final_try(), Arc::new(hostile));
    let (logins, log) = (Arc::new(Mutex::new(None)), Arc::clone(&hostile));
    let counted = Arc::clone(&logins);
    agent.person.then([
        // Another program types a wrong one meanwhile.
        Act::PinAfter(SoftHsm::PIN, Arc::new(move || std::fs::write(&last, "").unwrap())),
        Act::PinAfter(
            SoftHsm::PIN,
            Arc::new(move || *counted.lock().unwrap() = Some(log.count("C_Login 1"))),
        ),
    ]);
    let reply = agent.sign(&one(SoftHsm::new().id("person-rsa"), &sha256("x")));
    assert_eq!(reply.code(), ErrorCode::SignatureInvalid.as_str(), "the module signs with zeros");
    let seen = agent.until(|seen| seen.open == 0);
    assert_eq!(seen.states[0], "last try, final_try", "{:?}", seen.states);
    assert_eq!(*logins.lock().unwrap(), Some(0), "the PIN was not tried before the person knew");
    assert_eq!(hostile.count("C_Login 1"), 1);
    let (_, row) = agent.rows().pop().unwrap();
    assert_eq!(row.wrong_pins.unwrap_or_default(), 0);
}
