//! A token host that lies: a module has its process to itself, and can speak in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens as _;
use kyso::domain::scheme::Scheme;
use kyso::domain::seal::SealingKey;
use kyso::sys::sandbox::Landlock;
use kyso::token::hub::{HubConfig, TokenHub};
use kyso::token::wire::{self, Flags, Object, Reply, Token};
use tempfile::TempDir;

use super::{Desk, SHORT, digests, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::{self, SoftHsm};

/// A desk whose token host says this and then the last of it over and over, whatever it is asked.
struct Liar {
    desk: Desk,
    _parts: (Hostile, TempDir),
}

impl Liar {
    fn new(replies: &[Reply]) -> Self {
        let (hostile, folder) = (Hostile::new(), TempDir::new().unwrap());
        let (last, first) = replies.split_last().unwrap();
        let frame = |reply: &Reply| wire::frame(reply).unwrap();
        fs::write(folder.path().join("first"), first.iter().flat_map(frame).collect::<Vec<u8>>()).unwrap();
        fs::write(folder.path().join("again"), frame(last)).unwrap();
        let host_program = folder.path().join("host");
        let at = folder.path().display();
        let script = format!("#!/bin/sh\ncat {at}/first\nwhile cat {at}/again; do sleep 0.2; done\n");
        fs::write(&host_program, script).unwrap();
        fs::set_permissions(&host_program, fs::Permissions::from_mode(0o700)).unwrap();
        let modules = vec![hostile.always("")];
        let hub = TokenHub::new(HubConfig {
            modules,
            host_program,
            chain_folder: None,
            deadlines: SHORT,
            sign_in_with_both: false,
        });
        Self { desk: Desk { hub }, _parts: (hostile, folder) }
    }
}

fn ready() -> Reply {
    Reply::Ready { key: SealingKey::generate().public(), landlock: Landlock::Off }
}

fn token(label: &str) -> Reply {
    let der = softhsm::der(&SoftHsm::new().certificate("person-rsa"));
    let token = Token {
        serial: "1".to_owned(),
        label: label.to_owned(),
        model: String::new(),
        manufacturer: String::new(),
        pin: Flags::Ok,
        reader: String::new(),
        certificates: vec![Object { der, id: vec![1] }],
    };
    Reply::Tokens { tokens: vec![token], reader_stack: false }
}

/// Each word would be in time for itself.
#[tokio::test(flavor = "multi_thread")]
async fn r46_a_host_that_says_the_same_over_and_over_comes_to_an_end() {
    let nonce = Reply::Nonce { nonce: [7; 32], pin: Some(Flags::Ok) };
    let liar = Liar::new(&[ready(), token("a"), nonce, Reply::Found]);
    let question = liar.desk.question(None, Scheme::RsaPkcs1, &digests(1)).await.unwrap();
    let signing = liar.desk.spend(typed(&question, SoftHsm::PIN));
    let ended = tokio::time::timeout(Duration::from_secs(20), signing).await;
    assert!(matches!(ended, Ok(Err(TokenError::Crashed(_)))), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_no_token_has_room_for_are_not_shown() {
    let liar = Liar::new(&[ready(), token(&"a".repeat(100_000)), Reply::LoggedOut]);
    let snapshot = liar.desk.hub.snapshot().await;
    assert!(snapshot.tokens.is_empty() && snapshot.problems.len() == 1, "{} tokens", snapshot.tokens.len());
    let liar = Liar::new(&[ready(), token(&"đ".repeat(32)), Reply::LoggedOut]);
    assert_eq!(liar.desk.hub.snapshot().await.tokens.len(), 1);
}
