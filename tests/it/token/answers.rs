//! What each PKCS#11 answer comes to, wherever it is given (R49), and that no answer brings a second
//! login (R39).

use kyso::domain::error::{ErrorCode, TokenError};

use super::Desk;
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

/// The code that the page gets for an answer, whichever function gave it; but see [`WRONG_PIN`].
const ANSWERS: [(u64, ErrorCode); 22] = [
    (0x32, ErrorCode::TokenRemoved),       // DEVICE_REMOVED
    (0xe0, ErrorCode::TokenRemoved),       // TOKEN_NOT_PRESENT
    (0xe1, ErrorCode::TokenRemoved),       // TOKEN_NOT_RECOGNIZED
    (0xb3, ErrorCode::TokenFailed),        // SESSION_HANDLE_INVALID
    (0xb0, ErrorCode::TokenFailed),        // SESSION_CLOSED
    (0x82, ErrorCode::TokenFailed),        // OBJECT_HANDLE_INVALID
    (0x60, ErrorCode::TokenFailed),        // KEY_HANDLE_INVALID
    (0x101, ErrorCode::TokenFailed),       // USER_NOT_LOGGED_IN
    (0x190, ErrorCode::TokenFailed),       // CRYPTOKI_NOT_INITIALIZED
    (0x90, ErrorCode::TokenFailed),        // OPERATION_ACTIVE
    (0x30, ErrorCode::TokenFailed),        // DEVICE_ERROR
    (0x06, ErrorCode::TokenFailed),        // FUNCTION_FAILED
    (0x05, ErrorCode::TokenFailed),        // GENERAL_ERROR
    (0x02, ErrorCode::TokenFailed),        // HOST_MEMORY
    (0x31, ErrorCode::TokenFailed),        // DEVICE_MEMORY
    (0xa0, ErrorCode::TokenFailed),        // PIN_INCORRECT
    (0xa1, ErrorCode::TokenFailed),        // PIN_INVALID
    (0xa2, ErrorCode::TokenFailed),        // PIN_LEN_RANGE
    (0xa3, ErrorCode::PinMustChange),      // PIN_EXPIRED
    (0xa4, ErrorCode::PinLocked),          // PIN_LOCKED
    (0x50, ErrorCode::UserDenied),         // FUNCTION_CANCELED
    (0x8000_0042, ErrorCode::TokenFailed), // a vendor's own
];

/// From `C_Login` the person is asked again.
const WRONG_PIN: [u64; 3] = [0xa0, 0xa1, 0xa2];

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
        for (code, expected) in ANSWERS {
            let case = format!("{function} answers {code:#x}");
            let desk = Desk::new([hostile.always(&format!("{function}={code:#x}"))]);
            let before = Counts::of(&hostile);
            let Err(error) = desk.request(SoftHsm::PIN, 2).await else { panic!("{case}: signed") };
            let counts = Counts::of(&hostile);
            if function == "C_Login" && WRONG_PIN.contains(&code) {
                assert!(matches!(error, TokenError::WrongPin { .. }), "{case}: {error:?}");
            } else {
                assert_eq!(error.code(), expected, "{case}: {error:?}");
            }
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

struct Counts {
    logins: usize,
    signs: usize,
}

impl Counts {
    fn of(hostile: &Hostile) -> Self {
        Self { logins: hostile.count("C_Login 1"), signs: hostile.count("C_Sign") }
    }
}
