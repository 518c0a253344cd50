//! Setting a PIN, as the agent's side of a token host does it.

mod real;

use kyso::domain::error::TokenError;
use kyso::domain::job::Job;
use kyso::domain::pin_task::{
    ApprovedTask, PinAct, PinAnswer, PinConsent, PinLengths, PinQuestion, PinTask, TokenName,
};
use kyso::domain::ports::Tokens as _;
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::{Pin, PinPair};
use kyso::domain::token::{PinState, TokenInfo};
use kyso::token::hub::Deadlines;
use zeroize::Zeroizing;

use super::{Desk, SHORT, answered, digests, softhsm};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

const PUK: &str = "87654321";
const NEW: &str = "777777";

#[tokio::test(flavor = "multi_thread")]
async fn r39_one_login_and_one_call_for_each_typed_secret() {
    for (act, secret, login, call) in [
        (PinAct::Change, SoftHsm::PIN, "C_Login 1", "C_SetPIN"),
        (PinAct::Unblock, PUK, "C_Login 0", "C_InitPIN"),
    ] {
        let hostile = Hostile::new();
        let desk = Desk::new([hostile.always("")]);
        let wrong = desk.set_pin(act, "111111", NEW).await;
        let Err(TokenError::WrongPin { state, .. }) = wrong else { panic!("{act:?}: {wrong:?}") };
        assert_eq!(state, PinState::Low, "{act:?}: by the flags of that secret");
        assert_eq!((hostile.count(login), hostile.count(call)), (1, 0), "{act:?}: {:?}", hostile.log());
        assert_eq!(desk.set_pin(act, secret, NEW).await, Ok(()), "{act:?}");
        assert_eq!((hostile.count(login), hostile.count(call)), (2, 1), "{act:?}: {:?}", hostile.log());
        assert_eq!(hostile.count("C_Logout"), 1, "{act:?}");
        assert!(matches!(desk.request(SoftHsm::PIN, 1).await, Err(TokenError::WrongPin { .. })), "{act:?}");
        assert!(desk.request(NEW, 1).await.is_ok(), "{act:?}: the new PIN signs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_secret_is_sent_nothing_and_a_puk_unlocks_the_pin() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    for expected in [PinState::Low, PinState::FinalTry] {
        let wrong = desk.set_pin(PinAct::Change, "111111", NEW).await;
        assert!(matches!(wrong, Err(TokenError::WrongPin { state, .. }) if state == expected), "{wrong:?}");
    }
    for _ in 0..2 {
        assert_eq!(desk.set_pin(PinAct::Change, "111111", NEW).await, Err(TokenError::PinLocked));
    }
    assert_eq!(hostile.count("C_Login 1"), 3, "none to a PIN that is locked (R40)");
    assert_eq!(desk.place(PinAct::Change).await.place.state, PinState::Locked);
    assert_eq!(desk.set_pin(PinAct::Unblock, PUK, NEW).await, Ok(()));
    assert!(desk.request(NEW, 1).await.is_ok());

    let desk = Desk::new([hostile.token("puk-final", "")]);
    assert_eq!(desk.place(PinAct::Unblock).await.place.state, PinState::FinalTry);
    assert_eq!(desk.place(PinAct::Change).await.place.state, PinState::Ok, "the PIN's own flags");
    for _ in 0..2 {
        assert_eq!(desk.set_pin(PinAct::Unblock, "1", NEW).await, Err(TokenError::PukLocked));
    }
    assert_eq!(hostile.count("C_Login 0"), 2, "none to a PUK that is locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_must_be_changed_can_be() {
    for behaviour in ["", "C_Login@1=0xa3"] {
        let hostile = Hostile::new();
        let desk = Desk::new([hostile.token("must-change", behaviour)]);
        assert_eq!(desk.request(SoftHsm::PIN, 1).await, Err(TokenError::PinMustChange));
        assert_eq!(hostile.count("C_Login 1"), 0);
        assert!(desk.place(PinAct::Change).await.place.must_change);
        // Some let it log in, some say at once that it has expired.
        assert_eq!(desk.set_pin(PinAct::Change, SoftHsm::PIN, NEW).await, Ok(()), "{behaviour}");
        assert_eq!((hostile.count("C_Login 1"), hostile.count("C_SetPIN")), (1, 1), "{behaviour}");
        assert!(desk.request(NEW, 1).await.is_ok(), "{behaviour}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_on_a_pad_nothing_is_typed_here() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token("pad", "")]);
    for (act, call) in [(PinAct::Change, "C_SetPIN"), (PinAct::Unblock, "C_InitPIN")] {
        let question = desk.place(act).await;
        assert!(question.place.reader);
        assert!(PinAnswer::Allow(sealed(&question, "1", NEW)).into_approved(&question).is_none());
        let approved = PinAnswer::Allow(PinConsent::Reader).into_approved(&question).unwrap();
        assert_eq!(desk.spend_pin(approved).await, Ok(()));
        assert_eq!(hostile.count(call), 1);
    }
    for (behaviour, expected) in [("C_SetPIN=0x50", true), ("C_SetPIN=hang", false)] {
        let deadlines = Deadlines { reader: SHORT.reader, ..Deadlines::default() };
        let desk = Desk::hurried([hostile.token("pad", behaviour)], deadlines);
        let question = desk.place(PinAct::Change).await;
        let approved = PinAnswer::Allow(PinConsent::Reader).into_approved(&question).unwrap();
        match desk.spend_pin(approved).await {
            Err(TokenError::Cancelled) => assert!(expected),
            Err(TokenError::TimedOut(_)) => assert!(!expected),
            ended => panic!("{behaviour}: {ended:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_has_its_meaning_and_no_second_try() {
    let hostile = Hostile::new();
    type Meaning = fn(&TokenError) -> bool;
    let unsupported: Meaning = |error| matches!(error, TokenError::PinUnsupported(_));
    let refused: Meaning = |error| matches!(error, TokenError::NewPinRefused { .. });
    let wrong: Meaning = |error| matches!(error, TokenError::WrongPin { .. });
    let failed: Meaning = |error| matches!(error, TokenError::Failed { .. });
    for (act, secret, call) in
        [(PinAct::Change, SoftHsm::PIN, "C_SetPIN"), (PinAct::Unblock, PUK, "C_InitPIN")]
    {
        for (function, code, meaning) in [
            (call, "0x54", unsupported),            // FUNCTION_NOT_SUPPORTED
            ("C_Login", "0x54", unsupported),       // …
            ("C_Login", "0x102", unsupported),      // USER_PIN_NOT_INITIALIZED: no SO
            ("C_Login", "0x103", unsupported),      // USER_TYPE_INVALID
            ("C_OpenSession", "0xe2", unsupported), // TOKEN_WRITE_PROTECTED
            ("C_Login", "0x5", if act == PinAct::Unblock { unsupported } else { failed }), // OpenSC, PIV
            (call, "0xa1", refused),                // PIN_INVALID
            (call, "0xa2", refused),                // PIN_LEN_RANGE
            (call, "0xa0", wrong),                  // PIN_INCORRECT: OpenSC looks at a PUK only there
            (call, "0x5", failed),                  // GENERAL_ERROR
        ] {
            let case = format!("{act:?}: {function} answers {code}");
            // The first session is the listing's.
            let place = if function == "C_OpenSession" { "@2" } else { "" };
            let desk = Desk::new([hostile.always(&format!("{function}{place}={code}"))]);
            let before = (hostile.logins(), hostile.count(call));
            let ended = desk.set_pin(act, secret, NEW).await.expect_err(&case);
            assert!(meaning(&ended), "{case}: {ended:?}");
            let logins = hostile.logins() - before.0;
            assert_eq!(logins, usize::from(function != "C_OpenSession"), "{case}");
            assert_eq!(hostile.count(call) - before.1, usize::from(function == call), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pin_that_the_token_does_not_take_can_be_chosen_anew() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    let mut question = desk.place(PinAct::Change).await;
    assert_eq!(question.place.lengths, PinLengths::new(4, 8));
    let first = PinAnswer::Allow(sealed(&question, SoftHsm::PIN, "000000")).into_approved(&question);
    let refused = desk.spend_pin(first.unwrap()).await;
    let Err(TokenError::NewPinRefused { next }) = refused else { panic!("{refused:?}") };
    question.renew(question.place.state, next);
    let second = PinAnswer::Allow(sealed(&question, SoftHsm::PIN, NEW)).into_approved(&question);
    assert_eq!(desk.spend_pin(second.unwrap()).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_for_one_task_serve_no_other_and_no_signature() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    let shown = desk.place(PinAct::Change).await;
    // The agent would have the host do something else with what was typed.
    let mut sent = shown.clone();
    sent.task.act = PinAct::Unblock;
    let swapped = PinAnswer::Allow(sealed(&shown, SoftHsm::PIN, NEW)).into_approved(&sent).unwrap();
    let ended = desk.spend_pin(swapped).await;
    assert!(
        matches!(&ended, Err(TokenError::Failed { cause, .. }) if cause.contains("another task")),
        "{ended:?}"
    );
    let again = PinAnswer::Allow(sealed(&shown, SoftHsm::PIN, NEW)).into_approved(&shown).unwrap();
    let ended = desk.spend_pin(again).await;
    assert!(matches!(&ended, Err(TokenError::Failed { cause, .. }) if cause.contains("nonce")), "{ended:?}");
    // A PIN for a signature is not bound to a task, whatever the agent says.
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    let ended = desk.spend(answered(&question, SoftHsm::PIN, &Job::binding(&shown.task.frame()))).await;
    assert!(ended.is_err());
    assert_eq!(hostile.logins(), 0, "the token was asked nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn softhsm_takes_a_new_pin_either_way() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    assert_eq!(desk.set_pin(PinAct::Change, SoftHsm::PIN, NEW).await, Ok(()));
    let wrong = desk.set_pin(PinAct::Change, SoftHsm::PIN, "888888").await;
    assert!(matches!(wrong, Err(TokenError::WrongPin { .. })), "{wrong:?}");
    assert_eq!(desk.set_pin(PinAct::Unblock, "12345678", "888888").await, Ok(()));
    assert_eq!(desk.set_pin(PinAct::Change, "888888", SoftHsm::PIN).await, Ok(()));
}

impl Desk {
    async fn token(&self) -> TokenInfo {
        self.hub.snapshot().await.tokens.remove(0)
    }

    async fn place(&self, act: PinAct) -> PinQuestion {
        self.place_on(&self.token().await, act).await
    }

    async fn place_on(&self, token: &TokenInfo, act: PinAct) -> PinQuestion {
        let task = PinTask { act, token: TokenName::from(token) };
        let place = self.hub.pin_place(token, &task).await.unwrap();
        PinQuestion { task, place, time: std::time::Duration::from_secs(60) }
    }

    async fn spend_pin(&self, approved: ApprovedTask) -> Result<(), TokenError> {
        self.hub.set_pin(&self.token().await, approved).await
    }

    async fn set_pin(&self, act: PinAct, present: &str, new: &str) -> Result<(), TokenError> {
        let token = self.token().await;
        let question = self.place_on(&token, act).await;
        let answer = PinAnswer::Allow(sealed(&question, present, new));
        self.hub.set_pin(&token, answer.into_approved(&question).unwrap()).await
    }
}

impl Hostile {
    fn logins(&self) -> usize {
        self.log().iter().filter(|line| line.starts_with("C_Login")).count()
    }
}

fn sealed(question: &PinQuestion, present: &str, new: &str) -> PinConsent {
    let pin = |text: &str| Pin::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap();
    let pair = PinPair { present: pin(present), new: pin(new) };
    PinConsent::Sealed(pair.seal(&question.place.seal, &question.task.binding()).unwrap())
}
