//! What comes over the pipe between agent and token host, from either side, and the jobs within. What is understood is
//! written as it came.

#![no_main]

use std::fmt::Debug;

use kyso::domain::job::Job;
use kyso::domain::pin_task::PinTask;
use kyso::token::wire;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|bytes: &[u8]| {
    let Some((side, bytes)) = bytes.split_first() else { return };
    match side % 5 {
        0 => each::<wire::Request>(bytes),
        1 => each::<wire::Reply>(bytes),
        2 => each::<wire::Setup>(bytes),
        3 => {
            if let Ok(job) = Job::parse(bytes) {
                assert_eq!(job.frame(), bytes, "two frames of one job");
            }
        }
        _ => {
            if let Ok(task) = PinTask::parse(bytes) {
                assert_eq!(task.frame(), bytes, "two frames of one task");
            }
        }
    }
});

/// Frame after frame, as the pipe's reader takes them.
fn each<T: Serialize + DeserializeOwned + Debug + PartialEq>(mut bytes: &[u8]) {
    while let Ok(value) = wire::read::<T>(&mut bytes) {
        let frame = wire::frame(&value).expect("no longer than it was");
        assert_eq!(wire::read::<T>(&mut frame.as_slice()).expect("what was written"), value);
        let _ = format!("{value:?}");
    }
    let _ = wire::parse::<T>(bytes);
}
