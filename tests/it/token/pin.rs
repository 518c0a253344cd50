//! Whose PIN opens what, and how often.

use kyso::domain::approval::{Answer, Approved, Consent, SignQuestion};
use kyso::domain::error::TokenError;
use kyso::domain::job::Job;
use kyso::domain::ports::Tokens as _;
use kyso::domain::scheme::Scheme;
use kyso::domain::token::PinState;
use kyso::token::hub::Deadlines;

use super::{Desk, SHORT, answered, digests, softhsm, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

const WRONG: &str = "654321";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_brings_a_fresh_nonce_for_the_next() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    let id = token.id("person-p256");
    let mut question = desk.question(Some(id), Scheme::Ecdsa, &digests(1)).await.unwrap();
    let first = question.candidates[0].seal.unwrap();
    let refused = desk.spend(typed(&question, WRONG)).await;
    let Err(TokenError::WrongPin { state, next }) = refused else { panic!("{refused:?}") };
    assert_eq!(state, PinState::Low);
    assert_eq!(next.key, first.key, "the same host");
    assert_ne!(next.nonce, first.nonce);
    question.renew(id, state, next);
    assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_a_wrong_pin_is_refused_right_after_the_right_one() {
    let token = SoftHsm::new();
    let desk = Desk::new([softhsm(&token)]);
    for _ in 0..3 {
        let id = Some(token.id("person-p256"));
        let right = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
        let wrong = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
        assert!(desk.spend(typed(&right, SoftHsm::PIN)).await.is_ok());
        let refused = desk.spend(typed(&wrong, WRONG)).await;
        assert!(matches!(refused, Err(TokenError::WrongPin { .. })), "{refused:?}");
    }
}

/// `CKR_USER_ALREADY_LOGGED_IN` says that the PIN was not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn r36_a_token_found_logged_in_proves_nothing() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token("logged-in", "")]);
    let refused = desk.request(WRONG, 1).await;
    assert!(matches!(refused, Err(TokenError::WrongPin { .. })), "{refused:?}");
    assert_eq!(hostile.count("C_Login 1"), 2, "one that checked nothing, one that did");
    assert_eq!(hostile.count("C_Sign"), 0);

    let desk = Desk::new([hostile.token("logged-in", "")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
}

/// Even from a token that says nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn r36_a_token_always_logged_in_signs_nothing() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Login=0x100")]);
    let refused = desk.request(SoftHsm::PIN, 1).await;
    assert!(matches!(refused, Err(TokenError::Failed { .. })), "{refused:?}");
    assert_eq!(hostile.count("C_Sign"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn says_how_many_tries_are_left_and_asks_no_more_when_none_is() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    for expected in [PinState::Low, PinState::FinalTry] {
        let refused = desk.request(WRONG, 1).await;
        let Err(TokenError::WrongPin { state, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(state, expected);
    }
    assert_eq!(desk.request(WRONG, 1).await, Err(TokenError::PinLocked));
    assert_eq!(desk.request(SoftHsm::PIN, 1).await, Err(TokenError::PinLocked));
    assert_eq!(hostile.count("C_Login 1"), 3, "none to a token that says it is locked (R40)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_serves_once() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    assert!(desk.spend(typed(&question, SoftHsm::PIN)).await.is_ok());
    let again = desk.spend(typed(&question, SoftHsm::PIN)).await;
    let Err(TokenError::Failed { cause, .. }) = again else { panic!("{again:?}") };
    assert!(cause.contains("nonce"), "{cause}");
    assert_eq!(hostile.count("C_Login 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_sealed_for_one_job_does_not_open_another() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("")]);
    let shown = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    let sent = desk.question(None, Scheme::RsaPkcs1, &digests(2)).await.unwrap();
    let binding = Job::binding(&shown.job(&shown.candidates[0]).frame());
    let refused = desk.spend(answered(&sent, SoftHsm::PIN, &binding)).await;
    let Err(TokenError::Failed { cause, .. }) = refused else { panic!("{refused:?}") };
    assert!(cause.contains("another job"), "{cause}");
    // The nonce was struck before the seal was tried.
    let tried = desk.spend(typed(&sent, SoftHsm::PIN)).await;
    assert!(matches!(tried, Err(TokenError::Failed { .. })), "{tried:?}");
    assert_eq!(hostile.count("C_Login 1"), 0, "the token was not asked");
}

/// A host that was started anew can't open what was sealed to the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_pin_sealed_to_a_host_that_ended_is_refused() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.once("C_SignInit=crash")]);
    let early = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    assert!(matches!(desk.request(SoftHsm::PIN, 1).await, Err(TokenError::Crashed(_))));
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok(), "a new host");
    assert!(desk.spend(typed(&early, SoftHsm::PIN)).await.is_err());
    assert_eq!(hostile.count("C_Login 1"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_a_reader_with_a_pad_gets_no_pin() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token("pad", "")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(2)).await.unwrap();
    assert_eq!(question.candidates[0].token.pin, PinState::Reader);
    let signatures = desk.spend(on_the_pad(&question)).await.unwrap();
    assert_eq!(signatures.len(), 2);
    assert_eq!(hostile.count("C_Login 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_who_cancels_on_the_pad_or_walks_away_has_not_signed() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { reader: SHORT.reader, ..Deadlines::default() };
    for behaviour in ["C_Login=0x50", "C_Login=hang"] {
        let desk = Desk::hurried([hostile.token("pad", behaviour)], deadlines);
        let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
        match desk.spend(on_the_pad(&question)).await {
            Err(TokenError::Cancelled) => assert_eq!(behaviour, "C_Login=0x50"),
            Err(TokenError::TimedOut(_)) => assert_eq!(behaviour, "C_Login=hang"),
            ended => panic!("{behaviour}: {ended:?}"),
        }
    }
    assert_eq!(hostile.count("C_Sign"), 0);
}

/// A wrong PIN there is one all the same, and the last try takes its word (R40).
#[tokio::test(flavor = "multi_thread")]
async fn r40_r41_the_last_try_on_a_pad_is_told() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token("pad", "C_Login@1=0xa0")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    let refused = desk.spend(on_the_pad(&question)).await;
    let Err(TokenError::WrongPin { state, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(state, PinState::Reader);
    assert_eq!((state.after(1), state.after(2)), (PinState::Reader, PinState::ReaderDoubted));

    let desk = Desk::new([hostile.token("pad,final", "")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    assert_eq!(question.candidates[0].token.pin, PinState::ReaderFinal);
    assert_eq!(desk.spend(on_the_pad(&question)).await.unwrap().len(), 1);
}

pub(super) fn on_the_pad(question: &SignQuestion) -> Approved {
    let certificate = question.candidates[0].certificate.id;
    Answer::Allow { certificate, consent: Consent::Reader }.into_approved(question).unwrap()
}

/// A serial number is nobody's name: a module that claims another's gets no PIN for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_pin_goes_to_the_module_that_showed_the_certificate() {
    let token = SoftHsm::new();
    let alone = Desk::new([softhsm(&token)]);
    let serial = alone.hub.snapshot().await.tokens[0].serial.0.clone();
    let hostile = Hostile::new();
    let mut liar = hostile.always("");
    liar.environment.push(("KYSO_HOSTILE_SERIAL".into(), serial.into()));
    let desk = Desk::new([liar, softhsm(&token)]);
    let id = Some(token.id("person-p256"));
    let question = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
    assert_eq!(question.candidates[0].token.label, "kyso-demo", "the prompt names the token that signs");
    assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap().len(), 1);
    assert!(hostile.log().iter().all(|line| !line.starts_with("C_Login")), "{:?}", hostile.log());
}
