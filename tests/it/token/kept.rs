//! Logins that the person keeps (R38): what they serve, and what ends them.

use std::sync::Arc;
use std::time::Duration;

use kyso::domain::approval::{Answer, Approved, Consent, SignQuestion};
use kyso::domain::error::TokenError;
use kyso::domain::job::Job;
use kyso::domain::kept::{KeepLimits, Keeping};
use kyso::domain::ports::Tokens as _;
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::Pin;
use kyso::sys::attendance::{Attendance, Now};
use kyso::token::hub::ModuleConfig;
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::{Desk, digests, softhsm, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::{SoftHsm, verify};

/// A desk where logins may be kept, and the word whether the person is there.
struct KeptDesk {
    desk: Desk,
    attendance: watch::Sender<Attendance>,
}

impl KeptDesk {
    fn new(module: ModuleConfig) -> Self {
        Self::limited(module, 300, 7_200)
    }

    fn limited(module: ModuleConfig, idle: u64, most: u64) -> Self {
        let (attendance, told) = watch::channel(Attendance::there());
        let Desk { hub } = Desk::new([module]);
        let hub = hub.keeping_logins(KeepLimits::new(idle, most).unwrap(), &told);
        Self { desk: Desk { hub }, attendance }
    }

    async fn question(&self) -> SignQuestion {
        self.desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap()
    }

    /// Signs with a PIN and keeps the login.
    async fn keep(&self) {
        let question = self.question().await;
        assert!(question.candidates[0].keeping.offer().is_some(), "{:?}", question.candidates[0].keeping);
        self.desk.spend(keeping(&question)).await.unwrap();
    }

    /// Signs with a word alone, as the question that stands since before says it may be.
    async fn confirm(&self, question: &SignQuestion) -> Result<usize, TokenError> {
        Ok(self.desk.spend(confirmed(question).expect("on offer")).await?.len())
    }
}

fn keeping(question: &SignQuestion) -> Approved {
    let candidate = &question.candidates[0];
    let pin = Pin::new(Zeroizing::new(SoftHsm::PIN.as_bytes().to_vec())).unwrap();
    let binding = Job::binding_to_keep(&question.job(candidate).frame(), candidate.keeping.offer().unwrap());
    let sealed = pin.seal(&candidate.seal.unwrap(), &binding).unwrap();
    let answer = Answer::Allow { certificate: candidate.certificate.id, consent: Consent::PinToKeep(sealed) };
    answer.into_approved(question).unwrap()
}

fn confirmed(question: &SignQuestion) -> Option<Approved> {
    let certificate = question.candidates[0].certificate.id;
    Answer::Allow { certificate, consent: Consent::Confirm }.into_approved(question)
}

/// Waits until the module has been told so, up to 20 s.
async fn until(hostile: &Hostile, line: &str, count: usize) {
    for _ in 0..1_000 {
        if hostile.count(line) == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not {count} times {line}: {:?}", hostile.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_kept_login_signs_after_a_word_and_openssl_agrees() {
    let token = SoftHsm::new();
    let KeptDesk { desk, attendance } = KeptDesk::new(softhsm(&token));
    let (id, digests) = (Some(token.id("person-p256")), digests(2));
    let first = desk.question(id, Scheme::Ecdsa, &digests).await.unwrap();
    assert!(confirmed(&first).is_none(), "nothing is kept yet");
    desk.spend(keeping(&first)).await.unwrap();
    for _ in 0..2 {
        let question = desk.question(id, Scheme::Ecdsa, &digests).await.unwrap();
        let Keeping::Kept { left } = question.candidates[0].keeping else { panic!("{question:?}") };
        assert!(left <= Duration::from_secs(7_200) && left > Duration::from_secs(7_000));
        let signatures = desk.spend(confirmed(&question).unwrap()).await.unwrap();
        for (digest, signature) in digests.iter().zip(&signatures) {
            let der = crate::support::softhsm::ecdsa_der(signature);
            assert!(verify(&token.certificate("person-p256"), Scheme::Ecdsa, digest, &der));
        }
    }
    assert_eq!(desk.hub.log_out().await, 1);
    assert_eq!(desk.hub.log_out().await, 0);
    let question = desk.question(id, Scheme::Ecdsa, &digests).await.unwrap();
    assert!(question.candidates[0].keeping.offer().is_some(), "a PIN again");
    drop(attendance);
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_without_the_tick_each_request_takes_a_pin() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always(""));
    for round in 1..=2 {
        let question = desk.question().await;
        assert!(confirmed(&question).is_none());
        desk.desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
        assert_eq!((hostile.count("C_Login 1"), hostile.count("C_Logout")), (round, round));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_one_login_for_several_requests_and_one_logout() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always(""));
    desk.keep().await;
    for _ in 0..3 {
        let question = desk.question().await;
        assert_eq!(desk.confirm(&question).await, Ok(1));
    }
    assert_eq!((hostile.count("C_Login 1"), hostile.count("C_Logout")), (1, 0));
    desk.desk.hub.log_out().await;
    assert_eq!(hostile.count("C_Logout"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_lock_suspend_and_switch_end_it() {
    for now in [Now::Away, Now::Unknown(kyso::sys::attendance::Silence::BusLeft)] {
        let hostile = Hostile::new();
        let desk = KeptDesk::new(hostile.always(""));
        desk.keep().await;
        let question = desk.question().await;
        desk.attendance.send_modify(|attendance| attendance.turn(now));
        assert_eq!(desk.confirm(&question).await, Err(TokenError::LoginEnded));
        until(&hostile, "C_Logout", 1).await;
        assert_eq!(desk.question().await.candidates[0].keeping, Keeping::Never, "nor offered meanwhile");
        desk.attendance.send_modify(|attendance| attendance.turn(Now::There));
        assert!(desk.question().await.candidates[0].keeping.offer().is_some());
        assert_eq!(hostile.count("C_Sign"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_time_ends_it() {
    for (idle, most) in [(1, 7_200), (300, 1)] {
        let hostile = Hostile::new();
        let desk = KeptDesk::limited(hostile.always(""), idle, most);
        desk.keep().await;
        until(&hostile, "C_Logout", 1).await;
        let question = desk.question().await;
        assert!(confirmed(&question).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_token_that_leaves_ends_it() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always(""));
    desk.keep().await;
    let question = desk.question().await;
    hostile.pull();
    desk.desk.hub.look().await;
    until(&hostile, "C_Logout", 1).await;
    assert!(desk.confirm(&question).await.is_err());
    assert_eq!(hostile.count("C_Sign"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_failed_job_ends_it() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always("C_Sign@2=0x30"));
    desk.keep().await;
    let question = desk.question().await;
    let failed = desk.confirm(&question).await;
    assert!(matches!(failed, Err(TokenError::Failed { .. })), "{failed:?}");
    assert_eq!(hostile.count("C_Logout"), 1);
    assert!(confirmed(&desk.question().await).is_none());
}

/// A token that logged out by itself knows the private key's handle no more: the window asks for a PIN again.
#[tokio::test(flavor = "multi_thread")]
async fn r38_a_key_that_is_gone_at_the_first_signature_is_the_logins_end() {
    for answer in ["0x60", "0x82", "0x101", "0xb3"] {
        let hostile = Hostile::new();
        let desk = KeptDesk::new(hostile.always(&format!("C_SignInit@2={answer}")));
        desk.keep().await;
        let question = desk.question().await;
        assert_eq!(desk.confirm(&question).await, Err(TokenError::LoginEnded), "{answer}");
        assert_eq!((hostile.count("C_Logout"), hostile.count("C_Sign")), (1, 1), "{answer}");
        let question = desk.question().await;
        assert!(confirmed(&question).is_none());
        desk.desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
    }
}

/// R36: a typed PIN is proven on a token that is logged out.
#[tokio::test(flavor = "multi_thread")]
async fn r38_a_typed_pin_logs_out_first() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always(""));
    desk.keep().await;
    let question = desk.question().await;
    let refused = desk.desk.spend(typed(&question, "654321")).await;
    assert!(matches!(refused, Err(TokenError::WrongPin { .. })), "{refused:?}");
    let wanted = ["C_Login 1", "C_Logout"];
    let log: Vec<_> = hostile.log().into_iter().filter(|line| wanted.contains(&line.as_str())).collect();
    assert_eq!(log, ["C_Login 1", "C_Logout", "C_Login 1"]);
    assert_eq!(desk.confirm(&question).await, Err(TokenError::LoginEnded));
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_never_for_keys_that_authenticate_each_signature() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.token("always-authenticate", ""));
    desk.keep().await;
    assert_eq!(hostile.count("C_Logout"), 1);
    assert_eq!(desk.question().await.candidates[0].keeping, Keeping::Never, "not offered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_a_process_that_ended_keeps_nothing() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always("C_GetTokenInfo@9=abort"));
    desk.keep().await;
    let question = desk.question().await;
    while hostile.count("C_Initialize") < 2 {
        desk.desk.hub.look().await;
    }
    assert_eq!(desk.confirm(&question).await, Err(TokenError::LoginEnded));
    assert_eq!(hostile.count("C_Sign"), 1);
}

/// While a login is kept the module's process is not renewed, however long nobody tells it of tokens.
#[tokio::test(flavor = "multi_thread")]
async fn r38_looking_does_not_end_it() {
    let hostile = Hostile::new();
    let desk = KeptDesk::new(hostile.always(""));
    desk.keep().await;
    tokio::time::timeout(Duration::from_secs(5), desk.desk.hub.changed(u64::MAX)).await.ok();
    for _ in 0..3 {
        desk.desk.hub.look().await;
    }
    let question = desk.question().await;
    assert_eq!(desk.confirm(&question).await, Ok(1));
    assert_eq!(hostile.count("C_Initialize"), 1);
}

/// Several at once: the one turn is the module's still (R37).
#[tokio::test(flavor = "multi_thread")]
async fn r38_requests_at_the_same_time_share_it() {
    let hostile = Hostile::new();
    let desk = Arc::new(KeptDesk::new(hostile.always("")));
    desk.keep().await;
    let question = desk.question().await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (desk, question) = (Arc::clone(&desk), question.clone());
            tokio::spawn(async move { desk.confirm(&question).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(1));
    }
    assert_eq!((hostile.count("C_Login 1"), hostile.count("C_Logout")), (1, 0));
}
