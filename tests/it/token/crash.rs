//! A module that crashes takes its own request with it and nothing else (R45).

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::domain::scheme::Scheme;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tokio::task::JoinSet;

use super::{Desk, digests, softhsm, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::{SoftHsm, ecdsa_der, verify};

#[tokio::test(flavor = "multi_thread")]
async fn r45_a_crash_in_any_function_fails_one_request() {
    let mut all = JoinSet::new();
    for function in FUNCTIONS {
        all.spawn(async move {
            for way in ["crash", "abort", "exit"] {
                let hostile = Hostile::new();
                let desk = Desk::new([hostile.once(&format!("{function}={way}"))]);
                if function == "C_CloseSession" {
                    // A session is kept until the next look.
                    assert!(desk.request(SoftHsm::PIN, 2).await.is_ok());
                }
                let failed = desk.request(SoftHsm::PIN, 2).await;
                assert!(matches!(failed, Err(TokenError::Crashed(_))), "{way} in {function}: {failed:?}");
                let next = desk.request(SoftHsm::PIN, 2).await;
                assert_eq!(next.map(|made| made.len()), Ok(2), "after {way} in {function}");
            }
        });
    }
    all.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r45_says_how_the_process_ended() {
    let hostile = Hostile::new();
    for (way, said) in [("C_Sign=exit", "exit status: 7"), ("C_Sign=crash", "SIGSEGV")] {
        let desk = Desk::new([hostile.always(way)]);
        let Err(TokenError::Crashed(cause)) = desk.request(SoftHsm::PIN, 1).await else { panic!("{way}") };
        assert!(cause.contains(said), "{cause}");
    }
}

/// What a module prints is of use where it can't be loaded, and nobody's to keep once it had a PIN.
#[tokio::test(flavor = "multi_thread")]
async fn r43_what_a_module_prints_of_a_pin_is_not_kept() {
    let hostile = Hostile::new();
    let mut module = hostile.always("load=print,C_Sign=abort");
    module.environment.push(("KYSO_HOSTILE_TOKEN".into(), "spy".into()));
    let desk = Desk::new([module]);
    let Err(TokenError::Crashed(cause)) = desk.request(SoftHsm::PIN, 1).await else { panic!("no crash") };
    assert!(cause.contains("SIGABRT") && !cause.contains(SoftHsm::PIN), "{cause}");
    assert!(cause.contains("it printed") && cause.contains("garbage"), "what came before: {cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r45_another_module_keeps_signing() {
    let hostile = Hostile::new();
    let token = SoftHsm::new();
    let desk = Desk::new([hostile.always("C_OpenSession=crash"), softhsm(&token)]);
    for _ in 0..3 {
        let id = Some(token.id("person-p256"));
        let question = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
        let (signed, snapshot) =
            tokio::join!(desk.spend(typed(&question, SoftHsm::PIN)), desk.hub.snapshot());
        assert_eq!(signed.unwrap().len(), 1);
        let [problem] = snapshot.problems.as_slice() else { panic!("{:?}", snapshot.problems) };
        assert!(problem.path.ends_with("hostile.so"), "{}", problem.path);
        assert!(matches!(problem.error, TokenError::Crashed(_)), "{:?}", problem.error);
    }
}

/// In the middle of a batch, with another module's batch under way.
#[tokio::test(flavor = "multi_thread")]
async fn r45_a_crash_in_a_batch_touches_no_other_modules() {
    let hostile = Hostile::new();
    let token = SoftHsm::new();
    let desk = Desk::new([hostile.always("C_Sign@50=crash,C_Sign=slow"), softhsm(&token)]);
    let wanted = digests(100);
    let other = digests(1_000);
    let snapshot = desk.hub.look().await;
    let doomed = snapshot.certificates.iter().find(|known| known.module == 0).unwrap().id;
    let doomed = desk.question(Some(doomed), Scheme::RsaPkcs1, &wanted).await.unwrap();
    let sound = desk.question(Some(token.id("person-p256")), Scheme::Ecdsa, &other).await.unwrap();
    let (crashed, signed) =
        tokio::join!(desk.spend(typed(&doomed, SoftHsm::PIN)), desk.spend(typed(&sound, SoftHsm::PIN)));
    assert!(matches!(&crashed, Err(TokenError::Crashed(_))), "{crashed:?}");
    assert_eq!(crashed.unwrap_err().code().as_str(), "module_crashed");
    let signed = signed.unwrap();
    assert_eq!(signed.len(), other.len());
    for (digest, signature) in other.iter().zip(&signed).step_by(100) {
        let certificate = token.certificate("person-p256");
        assert!(verify(&certificate, Scheme::Ecdsa, digest, &ecdsa_der(signature)), "{digest:?}");
    }
}

/// After five crashes within a minute the module is not loaded again.
#[tokio::test(flavor = "multi_thread")]
async fn r45_the_sixth_crash_does_not_happen() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_GetSlotList=abort")]);
    for _ in 0..8 {
        let failed = desk.request(SoftHsm::PIN, 1).await;
        assert!(matches!(failed, Err(TokenError::Crashed(_))), "{failed:?}");
    }
    assert_eq!(hostile.count("C_Initialize"), 5);
}

/// A host that ended while nobody asked it anything is replaced before the next request.
#[tokio::test(flavor = "multi_thread")]
async fn r45_an_end_between_two_requests_fails_neither() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Initialize=inspect")]);
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    let pid = hostile.log().iter().find_map(|line| line.strip_prefix("pid ")?.parse().ok()).unwrap();
    let pid = Pid::from_raw(pid).unwrap();
    let host = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    poll(&mut [PollFd::new(&host, PollFlags::IN)], None).unwrap();
    assert!(desk.request(SoftHsm::PIN, 1).await.is_ok());
    assert_eq!(hostile.count("C_Initialize"), 2);
}

/// Random bytes and absurd lengths where an answer should be cost at most the request that got them.
#[tokio::test(flavor = "multi_thread")]
async fn r45_garbage_from_any_function_costs_one_request() {
    let mut all = JoinSet::new();
    for function in FUNCTIONS {
        all.spawn(async move {
            for _ in 0..3 {
                let hostile = Hostile::new();
                let desk = Desk::new([hostile.once(&format!("{function}=garbage"))]);
                let got = desk.request(SoftHsm::PIN, 2).await;
                assert!(!matches!(got, Err(TokenError::TimedOut(_))), "{function}: {got:?}");
                // What it showed of itself may be nonsense, too.
                desk.hub.look().await;
                let next = desk.request(SoftHsm::PIN, 2).await;
                assert_eq!(next.map(|made| made.len()), Ok(2), "after garbage from {function}: {got:?}");
            }
        });
    }
    all.join_all().await;
}

/// Modules print; the frames are elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn r45_garbage_on_standard_output_disturbs_nothing() {
    let hostile = Hostile::new();
    let desk =
        Desk::new([hostile.always("C_Initialize=print,C_GetSlotList=print,C_Login=print,C_Sign=print")]);
    assert_eq!(desk.request(SoftHsm::PIN, 5).await.unwrap().len(), 5);
}

const FUNCTIONS: [&str; 14] = [
    "C_GetFunctionList",
    "C_Initialize",
    "C_GetSlotList",
    "C_GetTokenInfo",
    "C_OpenSession",
    "C_CloseSession",
    "C_FindObjectsInit",
    "C_FindObjects",
    "C_FindObjectsFinal",
    "C_GetAttributeValue",
    "C_Login",
    "C_SignInit",
    "C_Sign",
    "C_Logout",
];
