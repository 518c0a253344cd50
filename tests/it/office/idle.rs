//! An agent that nobody asks anything, over more than one of its looks at its own port (R7, R51).

use std::time::{Duration, Instant};

use crate::support::desk::Desk;
use crate::support::figures::print;

#[test]
fn r7_an_idle_agent_takes_less_than_a_thousandth_of_a_processor() {
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let debug = desk.kyso(&["log", "level", "debug"]);
    assert!(debug.status.success(), "{debug:?}");
    let (start, before) = (Instant::now(), busy(agent.child.id()));
    let end = start + Duration::from_secs(90);
    // The first look comes with the start, the next a minute later.
    while !agent.said().contains("self-check: Us") {
        assert!(Instant::now() < end, "no look within a minute and a half: {}", agent.said());
        std::thread::sleep(Duration::from_secs(1));
    }
    let (took, spent) = (start.elapsed(), busy(agent.child.id()) - before);
    let share = spent.as_secs_f64() / took.as_secs_f64();
    print(&format!("an idle agent over {took:?}: {spent:?} of processor time, {:.4} %", share * 100.0));
    assert!(share < 0.001, "{:.4} %", share * 100.0);
}

/// Processor time of a process' threads (proc(5)).
fn busy(id: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let of = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        stat.split_whitespace().next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0)
    };
    Duration::from_nanos(tasks.filter_map(Result::ok).map(of).sum())
}
