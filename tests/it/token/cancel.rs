//! A request that nobody waits for any more (R33).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kyso::domain::ports::{Made, Tokens};
use kyso::domain::scheme::Scheme;
use tokio::sync::mpsc;

use super::{Desk, digests, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn r33_a_batch_dropped_in_the_middle_ends_logged_out_and_releases_nothing() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_Sign=slow")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1_000)).await.unwrap();
    let certificate = question.candidates[0].certificate.clone();
    let told = Arc::new(AtomicUsize::new(0));
    let (sender, mut third) = mpsc::unbounded_channel();
    let progress = {
        let told = Arc::clone(&told);
        Arc::new(move |made: Made| {
            told.store(made.done, Ordering::SeqCst);
            if made.done == 3 {
                sender.send(()).unwrap();
            }
        })
    };
    let mut signing = desk.hub.sign(typed(&question, SoftHsm::PIN), progress);
    tokio::select! {
        _ = &mut signing => panic!("a thousand slow signatures are not made so soon"),
        _ = third.recv() => {}
    }
    // A look in the meantime does not wait for the token.
    assert_eq!(desk.hub.snapshot().await.tokens.len(), 1);
    drop(signing);

    // The next use of the token waits until it is free.
    desk.hub.seal_target(&certificate).await.unwrap();
    let last_told = told.load(Ordering::SeqCst);
    let log = hostile.log();
    let signs = log.iter().filter(|line| *line == "C_Sign").count();
    assert!((3..1_000).contains(&signs), "{signs}");
    let after: Vec<_> = log.iter().skip_while(|line| *line != "C_Logout").collect();
    assert!(!after.is_empty(), "logged out after the last signature");
    let used = |line: &&&String| line.starts_with("C_Sign") || line.starts_with("C_Login");
    assert_eq!(after.iter().filter(used).count(), 0, "nor used since: {after:?}");

    assert_eq!(desk.request(SoftHsm::PIN, 2).await.unwrap().len(), 2);
    assert_eq!(told.load(Ordering::SeqCst), last_told, "nobody is told of it any more");
    assert_eq!(hostile.count("C_Initialize"), 1, "the same host went on");
}

/// Leaving while a token is looked at, or a nonce is on its way, loses no reply to the next request.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_dropped_before_its_answer_does_not_mix_up_the_next() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.always("C_GetSlotList=slow")]);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    let certificate = question.candidates[0].certificate.clone();
    for _ in 0..20 {
        tokio::select! {
            biased;
            _ = desk.hub.seal_target(&certificate) => {}
            () = tokio::task::yield_now() => {}
        }
        tokio::select! {
            biased;
            _ = desk.hub.snapshot() => {}
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(desk.request(SoftHsm::PIN, 1).await.unwrap().len(), 1);
    assert_eq!(hostile.count("C_Initialize"), 1, "the same host all the time");
}
