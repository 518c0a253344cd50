//! Two agents of one user that start at the same moment (R7).

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::times;
use crate::support::desk::Desk;
use crate::support::figures::print;

#[test]
fn r7_of_two_that_start_at_once_exactly_one_serves() {
    let desk = Desk::configured("modules = []\n");
    let rounds = times(100);
    for round in 0..rounds {
        let start =
            || desk.command(&["agent", "--prompt", "terminal"]).stderr(Stdio::null()).spawn().unwrap();
        let mut both = [start(), start()];
        let end = Instant::now() + Duration::from_secs(30);
        let ended = |both: &mut [Child; 2]| both.iter_mut().position(|one| one.try_wait().unwrap().is_some());
        let loser = loop {
            if let Some(loser) = ended(&mut both) {
                break loser;
            }
            assert!(Instant::now() < end, "round {round}: both run");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(both[loser].wait().unwrap().code(), Some(69), "round {round}");
        while !desk.kyso(&["status", "--json"]).status.success() {
            assert!(Instant::now() < end, "round {round}: nobody serves");
        }
        let winner = &mut both[1 - loser];
        assert!(winner.try_wait().unwrap().is_none(), "round {round}: neither serves");
        // As a crash would: the next round finds no lock.
        winner.kill().unwrap();
        winner.wait().unwrap();
    }
    print(&format!("{rounds} times two agents at once: one served each time"));
}
