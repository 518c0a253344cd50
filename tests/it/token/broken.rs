//! A token host that is none: whatever comes out of its pipe is an error, in time (R46, R48).

use std::fs;
use std::process::Command;
use std::time::Duration;

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::token::hub::{Deadlines, HubConfig, ModuleConfig, TokenHub};
use tempfile::TempDir;

use super::SHORT;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn r48_garbage_and_endless_frames_are_a_crash() {
    for (says, cause) in [
        // A frame of five bytes that are no reply.
        (r"printf '\005\000\000\000hello'; cat", "garbage"),
        // A frame of 4 GiB less one byte: refused by its length, not awaited.
        (r"printf '\377\377\377\377'; cat", "garbage"),
        (r"head -c 100000 /dev/zero; cat", "garbage"),
        ("exit 3", "exit status: 3"),
        ("echo it can not >&2; kill -SEGV $$", "it can not"),
    ] {
        let error = looks(says, Deadlines::default()).await;
        assert!(matches!(&error, TokenError::Crashed(why) if why.contains(cause)), "{says}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r46_a_host_that_says_nothing_is_late() {
    let error = looks("exec sleep 60", Deadlines { init: Duration::from_secs(1), ..SHORT }).await;
    assert!(matches!(error, TokenError::TimedOut(_)), "{error:?}");
}

/// What a look through a host of this script ends with.
async fn looks(script: &str, deadlines: Deadlines) -> TokenError {
    let folder = TempDir::new().unwrap();
    let (written, host_program) = (folder.path().join("script"), folder.path().join("host"));
    fs::write(&written, format!("#!/bin/sh\n{script}\n")).unwrap();
    // A copy that only another process ever wrote: one that this process has open for writing may be handed on
    // to a child of another test, and can't be run then (ETXTBSY).
    let copied = Command::new("install").args(["-m", "700"]).args([&written, &host_program]).status();
    assert!(copied.unwrap().success());
    let modules = vec![ModuleConfig { path: SoftHsm::module(), ..ModuleConfig::default() }];
    let hub = TokenHub::new(HubConfig {
        modules,
        host_program,
        chain_folder: None,
        deadlines,
        sign_in_with_both: false,
    });
    let snapshot = hub.snapshot().await;
    snapshot.problems.into_iter().next().expect("a problem").error
}
