//! A module that hangs is ended by its deadline (R46).

use std::time::{Duration, Instant};

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::token::hub::Deadlines;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Desk, SHORT, softhsm};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn r46_a_hang_in_any_function_ends_by_its_deadline() {
    let mut all = JoinSet::new();
    for (function, deadline) in FUNCTIONS {
        all.spawn(async move {
            let hostile = Hostile::new();
            // The others are long, so that the error can only come from the one that is meant.
            let mut deadlines = Deadlines::default();
            *deadline(&mut deadlines) = *deadline(&mut SHORT.clone());
            let desk = Desk::hurried([hostile.once(&format!("{function}=hang"))], deadlines);
            let failed = desk.request(SoftHsm::PIN, 2).await;
            let took = hostile.since_last_call();
            assert!(matches!(failed, Err(TokenError::TimedOut(_))), "{function}: {failed:?}");
            assert!(took <= *deadline(&mut deadlines) + Duration::from_secs(1), "{function}: {took:?}");
            is_back(&desk, function).await;
            let next = desk.request(SoftHsm::PIN, 2).await;
            assert_eq!(next.map(|made| made.len()), Ok(2), "after {function}");
        });
    }
    all.join_all().await;
}

/// A busy loop sees no signal and no closed pipe. One after the other: each takes a core.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_busy_loop_in_any_function_ends_by_its_deadline() {
    for (function, deadline) in FUNCTIONS {
        let hostile = Hostile::new();
        let mut deadlines = Deadlines::default();
        *deadline(&mut deadlines) = Duration::from_secs(1);
        let desk = Desk::hurried([hostile.once(&format!("{function}=spin"))], deadlines);
        let failed = desk.request(SoftHsm::PIN, 2).await;
        let took = hostile.since_last_call();
        assert!(matches!(failed, Err(TokenError::TimedOut(_))), "{function}: {failed:?}");
        assert!(took <= Duration::from_secs(2), "{function}: {took:?}");
        is_back(&desk, function).await;
        let next = desk.request(SoftHsm::PIN, 2).await;
        assert_eq!(next.map(|made| made.len()), Ok(2), "after {function}");
    }
}

/// While one module hangs, a look at all of them lasts no longer than its deadline.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_look_past_two_hanging_modules_lasts_as_long_as_one() {
    let hostile = Hostile::new();
    let module = hostile.always("C_GetSlotList=hang");
    let deadlines = Deadlines { list: Duration::from_secs(4), ..Deadlines::default() };
    let desk = Desk::hurried([module.clone(), module], deadlines);
    let begun = Instant::now();
    let snapshot = desk.hub.snapshot().await;
    assert!(begun.elapsed() < 2 * deadlines.list, "{:?}", begun.elapsed());
    assert_eq!(snapshot.problems.len(), 2);
}

/// Nor does a listing: it waits a second for each, and for all at once.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_listing_past_hanging_modules_waits_as_long_as_past_one() {
    let hostile = Hostile::new();
    let module = hostile.always("C_GetSlotList=hang");
    let desk = Desk::hurried(vec![module; 6], SHORT);
    desk.hub.snapshot().await;
    // What was seen is old by then.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let begun = Instant::now();
    assert_eq!(desk.hub.snapshot().await.problems.len(), 6);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// A module that hangs as it starts keeps nobody from the token of another; what comes of it is told later.
#[tokio::test(flavor = "multi_thread")]
async fn r46_the_first_listing_does_not_wait_for_a_module_that_hangs_beside_a_good_one() {
    let (token, hostile) = (SoftHsm::new(), Hostile::new());
    let desk = Desk::new([softhsm(&token), hostile.always("C_Initialize=hang")]);
    let snapshot = timeout(Duration::from_secs(5), desk.hub.snapshot()).await.expect("in time");
    assert_eq!((snapshot.tokens.len(), snapshot.problems.as_slice()), (1, [].as_slice()));
    let again = timeout(Duration::from_secs(2), desk.hub.snapshot()).await.expect("waited for once");
    assert_eq!(again.tokens.len(), 1);
    let known = desk.hub.changed(0).await;
    desk.hub.changed(known).await;
    let [problem] = desk.hub.snapshot().await.problems.try_into().expect("one problem");
    assert!(matches!(problem.error, TokenError::TimedOut(_)), "{problem:?}");
}

/// Each start of a module that never starts in time comes later after the one before.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_module_that_hangs_as_it_starts_is_started_ever_more_rarely() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { init: Duration::from_millis(500), ..Deadlines::default() };
    let desk = Desk::hurried([hostile.always("C_Initialize=hang")], deadlines);
    let mut starts: Vec<Instant> = Vec::new();
    let three = async {
        while starts.len() < 3 {
            // Asked over and over, it answers at once while it is left alone.
            let [problem] = desk.hub.look().await.problems.try_into().expect("one problem");
            assert!(matches!(problem.error, TokenError::TimedOut(_)), "{problem:?}");
            if hostile.count("C_Initialize") > starts.len() {
                starts.push(Instant::now() - hostile.since_last_call());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), three).await.expect("three starts");
    let pauses = [starts[1] - starts[0], starts[2] - starts[1]];
    assert!(pauses[0] >= 3 * deadlines.init && pauses[1] >= 6 * deadlines.init, "{pauses:?}");
}

/// A library that was replaced meanwhile is tried at once.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_new_file_of_a_module_that_hung_is_started_at_once() {
    let hostile = Hostile::new();
    let module = hostile.once("C_Initialize=hang");
    let library = module.path.clone();
    let deadlines = Deadlines { init: Duration::from_secs(5), ..Deadlines::default() };
    let desk = Desk::hurried([module], deadlines);
    for _ in 0..2 {
        assert_eq!(desk.hub.look().await.problems.len(), 1);
        assert_eq!(hostile.count("C_Initialize"), 1, "it is left alone");
    }
    let file = std::fs::File::options().append(true).open(library).unwrap();
    file.set_modified(std::time::SystemTime::now() + Duration::from_secs(60)).unwrap();
    let snapshot = timeout(Duration::from_secs(10), desk.hub.look()).await.expect("before the pause is over");
    assert_eq!((snapshot.tokens.len(), hostile.count("C_Initialize")), (1, 2), "{:?}", snapshot.problems);
}

/// Waits until a module that hung as it started is tried again, as it is while somebody watches.
async fn is_back(desk: &Desk, function: &str) {
    let mut known = 0;
    while STARTING.contains(&function) && desk.hub.snapshot().await.tokens.is_empty() {
        let news = timeout(Duration::from_secs(60), desk.hub.changed(known)).await;
        known = news.unwrap_or_else(|_| panic!("{function}: it is never tried again"));
    }
}

/// What a module hangs in before it is asked anything.
const STARTING: [&str; 2] = ["C_GetFunctionList", "C_Initialize"];

type Deadline = fn(&mut Deadlines) -> &mut Duration;

const FUNCTIONS: [(&str, Deadline); 14] = [
    ("C_GetFunctionList", |deadlines| &mut deadlines.init),
    ("C_Initialize", |deadlines| &mut deadlines.init),
    ("C_GetSlotList", |deadlines| &mut deadlines.list),
    ("C_GetTokenInfo", |deadlines| &mut deadlines.list),
    ("C_OpenSession", |deadlines| &mut deadlines.list),
    ("C_FindObjectsInit", |deadlines| &mut deadlines.list),
    ("C_FindObjects", |deadlines| &mut deadlines.list),
    ("C_GetAttributeValue", |deadlines| &mut deadlines.list),
    // Here it is the approved token that is looked for: it may have been pulled out meanwhile.
    ("C_GetTokenInfo@2", |deadlines| &mut deadlines.list),
    ("C_GetTokenInfo@3", |deadlines| &mut deadlines.list),
    ("C_Login", |deadlines| &mut deadlines.login),
    ("C_SignInit", |deadlines| &mut deadlines.sign),
    ("C_Sign", |deadlines| &mut deadlines.sign),
    ("C_Logout", |deadlines| &mut deadlines.sign),
];
