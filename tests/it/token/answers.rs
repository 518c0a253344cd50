//! What each PKCS#11 answer comes to, wherever it is given (R49), and that no answer brings a second
//! login (R39).

use kyso::domain::error::TokenError;

use super::Desk;
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

/// What the agent makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Removed,
    /// The PIN was wrong if `C_Login` says so; from elsewhere it is a failure.
    WrongPin,
    Locked,
    MustChange,
    Cancelled,
    Failed,
}

const ANSWERS: [(u64, Meaning); 22] = [
    (0x32, Meaning::Removed),       // DEVICE_REMOVED
    (0xe0, Meaning::Removed),       // TOKEN_NOT_PRESENT
    (0xe1, Meaning::Removed),       // TOKEN_NOT_RECOGNIZED
    (0xb3, Meaning::Failed),        // SESSION_HANDLE_INVALID
    (0xb0, Meaning::Failed),        // SESSION_CLOSED
    (0x82, Meaning::Failed),        // OBJECT_HANDLE_INVALID
    (0x60, Meaning::Failed),        // KEY_HANDLE_INVALID
    (0x101, Meaning::Failed),       // USER_NOT_LOGGED_IN
    (0x190, Meaning::Failed),       // CRYPTOKI_NOT_INITIALIZED
    (0x90, Meaning::Failed),        // OPERATION_ACTIVE
    (0x30, Meaning::Failed),        // DEVICE_ERROR
    (0x06, Meaning::Failed),        // FUNCTION_FAILED
    (0x05, Meaning::Failed),        // GENERAL_ERROR
    (0x02, Meaning::Failed),        // HOST_MEMORY
    (0x31, Meaning::Failed),        // DEVICE_MEMORY
    (0xa0, Meaning::WrongPin),      // PIN_INCORRECT
    (0xa1, Meaning::WrongPin),      // PIN_INVALID
    (0xa2, Meaning::WrongPin),      // PIN_LEN_RANGE
    (0xa3, Meaning::MustChange),    // PIN_EXPIRED
    (0xa4, Meaning::Locked),        // PIN_LOCKED
    (0x50, Meaning::Cancelled),     // FUNCTION_CANCELED
    (0x8000_0042, Meaning::Failed), // a vendor's own
];

const FUNCTIONS: [&str; 9] = [
    "C_Initialize",
    "C_GetSlotList",
    "C_GetTokenInfo",
    "C_OpenSession",
    "C_FindObjectsInit",
    "C_GetAttributeValue",
    "C_Login",
    "C_SignInit",
    "C_Sign",
];

#[tokio::test(flavor = "multi_thread")]
async fn r49_r39_every_answer_of_every_function_has_its_error_and_no_second_login() {
    let hostile = Hostile::new();
    for function in FUNCTIONS {
        for (code, meaning) in ANSWERS {
            let case = format!("{function} answers {code:#x}");
            let desk = Desk::new([hostile.always(&format!("{function}={code:#x}"))]);
            let before = Counts::of(&hostile);
            let Err(error) = desk.request(SoftHsm::PIN, 2).await else { panic!("{case}: signed") };
            let counts = Counts::of(&hostile);
            let expected =
                if meaning == Meaning::WrongPin && function != "C_Login" { Meaning::Failed } else { meaning };
            assert_eq!(of(&error), expected, "{case}: {error:?}");
            let reached = matches!(function, "C_Login" | "C_SignInit" | "C_Sign");
            assert_eq!(
                counts.logins - before.logins,
                usize::from(reached),
                "{case}: a login for each typed PIN"
            );
            let signs = usize::from(function == "C_Sign");
            assert_eq!(counts.signs - before.signs, signs, "{case}: nothing is signed twice");
        }
    }
}

/// What a token says when it can't log out changes nothing: closing its session does it.
#[tokio::test(flavor = "multi_thread")]
async fn r49_a_failing_logout_takes_no_signature_away() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Logout=0x30")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    let log = hostile.log();
    let after: Vec<_> = log.iter().skip_while(|line| *line != "C_Logout").collect();
    assert_eq!(after[1], "C_CloseSession", "{after:?}");
}

/// A module that answers a failing listing once is asked again, in a new process.
#[tokio::test(flavor = "multi_thread")]
async fn r49_the_next_request_finds_a_fresh_host() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.once("C_SignInit=0x5")]);
    assert!(matches!(desk.request(SoftHsm::PIN, 1).await, Err(TokenError::Failed { .. })));
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    assert_eq!(hostile.count("C_Initialize"), 2);
}

/// A module that can't lock is loaded without locks: one thread calls it (R52).
#[tokio::test(flavor = "multi_thread")]
async fn r52_a_module_without_locks_is_used_without() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Initialize@1=0xa")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_another_length_is_none() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Sign=long")]);
    let ended = desk.request(SoftHsm::PIN, 1).await;
    assert!(matches!(ended, Err(TokenError::Failed { item: Some(0), .. })), "{ended:?}");
}

fn of(error: &TokenError) -> Meaning {
    match error {
        TokenError::Removed => Meaning::Removed,
        TokenError::WrongPin { .. } => Meaning::WrongPin,
        TokenError::PinLocked => Meaning::Locked,
        TokenError::PinMustChange => Meaning::MustChange,
        TokenError::Cancelled => Meaning::Cancelled,
        TokenError::Failed { .. } => Meaning::Failed,
        TokenError::Changed
        | TokenError::LastTry { .. }
        | TokenError::LoginEnded
        | TokenError::PukLocked
        | TokenError::NewPinRefused { .. }
        | TokenError::PinUnsupported(_)
        | TokenError::Unfit
        | TokenError::Missing(_)
        | TokenError::Crashed(_)
        | TokenError::TimedOut(_) => panic!("{error:?}"),
    }
}

struct Counts {
    logins: usize,
    signs: usize,
}

impl Counts {
    fn of(hostile: &Hostile) -> Self {
        Self { logins: hostile.count("C_Login 1"), signs: hostile.count("C_Sign") }
    }
}
