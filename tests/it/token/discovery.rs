//! Which modules are loaded, what they are told, and a card behind two of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::domain::token::ModuleProblem;
use kyso::token::hub::{Deadlines, ModuleConfig};
use tempfile::TempDir;

use super::{Desk, SHORT, softhsm};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

/// Two libraries that drive the same card show it once, and the first one has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_behind_two_libraries_is_shown_once_by_the_preferred_one() {
    let token = SoftHsm::new();
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("libvendor.so");
    fs::copy(SoftHsm::module(), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let vendor = ModuleConfig { path: copy, ..softhsm(&token) };
    let other = SoftHsm::other_authority();
    let snapshot = Desk::new([vendor, softhsm(&token), softhsm(&other)]).hub.look().await;
    assert_eq!(snapshot.problems, []);
    let modules: Vec<usize> = snapshot.tokens.iter().map(|token| token.module).collect();
    assert_eq!(modules, [0, 2], "another card of the same label is another card");
    assert_eq!(snapshot.certificates.len(), 14);
}

/// Nothing of a library that can't be a module of this machine ever runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_32_bit_module_is_named_as_such() {
    let hostile = Hostile::new();
    let module = hostile.always("");
    let mut library = fs::read(&module.path).unwrap();
    // EI_CLASS and e_machine (ELF, System V gABI §4): i386. No tables where 32-bit ones would be.
    library[4] = 1;
    library[18..20].copy_from_slice(&3_u16.to_le_bytes());
    library[28..36].fill(0);
    library[44..52].fill(0);
    fs::write(&module.path, library).unwrap();
    let snapshot = Desk::new([module]).hub.snapshot().await;
    let [ModuleProblem { error: TokenError::Missing(why), .. }] = snapshot.problems.as_slice() else {
        panic!("{snapshot:?}")
    };
    assert!(why.contains("another machine (32-bit x86)"), "{why}");
    assert_eq!(hostile.log(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_gets_its_reserved_string() {
    let hostile = Hostile::new();
    let text = "configdir='sql:/x y' flags=readOnly";
    for (reserved, times) in [(None, 0), (Some(text.to_owned()), 1)] {
        let mut module = hostile.always("");
        module.settings.reserved = reserved;
        let snapshot = Desk::new([module]).hub.snapshot().await;
        assert_eq!(snapshot.problems, []);
        assert_eq!(hostile.count(&format!("reserved {text}")), times);
    }
}

/// What it says is the deadline that it passed.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_module_has_more_time() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { list: Duration::from_millis(500), ..SHORT };
    for (slow, time) in [(false, "0.5 s"), (true, "2 s")] {
        let mut module = hostile.always("C_GetSlotList=hang");
        module.settings.slow = slow;
        let snapshot = Desk::hurried([module], deadlines).hub.snapshot().await;
        let [ModuleProblem { error: TokenError::TimedOut(why), .. }] = snapshot.problems.as_slice() else {
            panic!("{snapshot:?}")
        };
        assert!(why.contains(time), "{why}");
    }
}
