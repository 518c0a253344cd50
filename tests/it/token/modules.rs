//! What is loaded and what is not (R47), and a token that vanished.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use kyso::domain::error::TokenError;
use kyso::domain::ports::Tokens;
use kyso::domain::scheme::Scheme;
use kyso::domain::token::ModuleProblem;
use kyso::token::hub::ModuleConfig;
use tempfile::TempDir;

use super::{Desk, SHORT, digests, softhsm, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::SoftHsm;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_module_is_missing_with_the_reason() {
    let scratch = TempDir::new().unwrap();
    let text = scratch.path().join("text.so");
    fs::write(&text, "not a library\n".repeat(100)).unwrap();
    let unreadable = scratch.path().join("unreadable.so");
    fs::write(&unreadable, "nor is this\n").unwrap();
    fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).unwrap();
    let cases = [
        (scratch.path().join("gone.so"), "No such file"),
        (text, "not a library"),
        // Root can read it and finds that it is no library either.
        (unreadable, "unreadable.so"),
        (libm(), "C_GetFunctionList"),
        (scratch.path().to_owned(), "not a file"),
        (PathBuf::from("libsofthsm2.so"), "not an absolute path"),
        (PathBuf::new(), "not an absolute path"),
    ];
    for (path, reason) in cases {
        let why = missing(&path).await;
        assert!(why.contains(reason), "{}: {why}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_what_others_could_have_put_there_is_not_loaded() {
    let hostile = Hostile::new();
    let library = hostile.always("").path;
    let refused = "other users could change it";
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for bad in [0o777, 0o770, 0o722] {
        mode(&library, bad);
        let why = missing(&library).await;
        assert!(why.contains(refused), "{bad:o}: {why}");
    }
    mode(&library, 0o700);
    for bad in [0o777, 0o770, 0o1777] {
        mode(library.parent().unwrap(), bad);
        let why = missing(&library).await;
        assert!(why.contains(refused), "{bad:o}: {why}");
    }
    assert_eq!(hostile.log(), Vec::<String>::new(), "none of them was loaded");

    // A folder further up is as good a way in, unless it is sticky, as the system's own is.
    let above = TempDir::new().unwrap();
    let inner = above.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::copy(&library, inner.join("module.so")).unwrap();
    mode(&inner, 0o700);
    mode(above.path(), 0o777);
    let why = missing(&inner.join("module.so")).await;
    assert!(why.contains(refused), "{why}");

    // A link is what it leads to.
    mode(library.parent().unwrap(), 0o777);
    let link = TempDir::new().unwrap();
    symlink(&library, link.path().join("module.so")).unwrap();
    let why = missing(&link.path().join("module.so")).await;
    assert!(why.contains(refused), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_vanished_is_an_error_and_comes_back() {
    let token = SoftHsm::new();
    let desk = Desk::hurried([softhsm(&token)], SHORT);
    let id = Some(token.id("person-p256"));
    let question = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
    let away = token.tokens().with_extension("away");
    fs::rename(token.tokens(), &away).unwrap();
    fs::create_dir(token.tokens()).unwrap();

    assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await, Err(TokenError::Removed));
    let gone = desk.question(id, Scheme::Ecdsa, &digests(1)).await;
    assert!(matches!(gone, Err(TokenError::Removed)), "{gone:?}");

    fs::remove_dir(token.tokens()).unwrap();
    fs::rename(&away, token.tokens()).unwrap();
    let question = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
    assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap().len(), 1);
}

/// Another token in the slot, with the same PIN, does not sign for the approved one (R50).
#[tokio::test(flavor = "multi_thread")]
async fn r50_another_token_in_its_place_is_not_signed_with() {
    let approved = SoftHsm::new();
    let desk = Desk::new([softhsm(&approved)]);
    let id = Some(approved.id("person-p256"));
    let mut question = desk.question(id, Scheme::Ecdsa, &digests(1)).await.unwrap();
    question.candidates[0].token.serial.0 = "another".to_owned();
    assert_eq!(desk.spend(typed(&question, SoftHsm::PIN)).await, Err(TokenError::Changed));
}

/// Two modules that drive the same token show it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_behind_two_modules_is_listed_once() {
    let token = SoftHsm::new();
    let snapshot = Desk::new([softhsm(&token), softhsm(&token)]).hub.look().await;
    assert_eq!((snapshot.tokens.len(), snapshot.certificates.len()), (1, 7));
}

async fn missing(path: &Path) -> String {
    let module = ModuleConfig { path: path.to_owned(), ..ModuleConfig::default() };
    let snapshot = Desk::new([module]).hub.snapshot().await;
    assert!(snapshot.tokens.is_empty(), "{} was loaded", path.display());
    let [ModuleProblem { error: TokenError::Missing(why), .. }] = snapshot.problems.as_slice() else {
        panic!("{}: {:?}", path.display(), snapshot.problems)
    };
    why.clone()
}

/// The C library's mathematics: a library, and no PKCS#11.
fn libm() -> PathBuf {
    let architecture = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [architecture.as_str(), "/usr/lib64", "/usr/lib"]
        .into_iter()
        .find_map(|folder| fs::canonicalize(Path::new(folder).join("libm.so.6")).ok())
        .expect("libm.so.6 is on every Linux")
}
