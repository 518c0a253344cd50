//! Keys that want the PIN for each signature (R42).

use std::process::Command;
use std::time::Duration;

use kyso::domain::certificate::CertId;
use kyso::domain::error::TokenError;
use kyso::domain::scheme::Scheme;
use kyso::token::hub::Deadlines;
use sha2::Digest as _;
use tempfile::TempDir;

use super::pin::on_the_pad;
use super::{Desk, digests, softhsm, typed};
use crate::support::hostile::Hostile;
use crate::support::softhsm::{SoftHsm, der, verify};

#[tokio::test(flavor = "multi_thread")]
async fn r42_each_signature_gets_a_login_of_its_own() {
    let hostile = Hostile::new();
    let desk = Desk::new([hostile.token("always-authenticate", "")]);
    assert_eq!(desk.request(SoftHsm::PIN, 3).await.unwrap().len(), 3);
    let wanted = ["C_Login 1", "C_SignInit", "C_Login 2", "C_Sign", "C_Logout"];
    let log: Vec<_> = hostile.log().into_iter().filter(|line| wanted.contains(&line.as_str())).collect();
    let one = ["C_SignInit", "C_Login 2", "C_Sign"];
    assert_eq!(log, [&["C_Login 1"], &one[..], &one[..], &one[..], &["C_Logout"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_r42_a_pin_typed_on_the_reader_for_each_signature_has_the_readers_time() {
    let hostile = Hostile::new();
    let deadlines = Deadlines { sign: Duration::from_millis(5), ..Deadlines::default() };
    // The second login, the first signature's, takes longer than a signature may.
    let desk = Desk::hurried([hostile.token("pad,always-authenticate", "C_Login@2=slow")], deadlines);
    let question = desk.question(None, Scheme::RsaPkcs1, &digests(2)).await.unwrap();
    assert_eq!(desk.spend(on_the_pad(&question)).await.unwrap().len(), 2);
}

/// The typed PIN is used on only while every earlier use in the job succeeded (R39).
#[tokio::test(flavor = "multi_thread")]
async fn r42_the_first_failure_is_the_last_use() {
    for (behaviour, logins) in [("C_Login@3=0xa0", 2), ("C_Login@3=0x30", 2), ("C_Sign@2=0x30", 2)] {
        let hostile = Hostile::new();
        let desk = Desk::new([hostile.token("always-authenticate", behaviour)]);
        let ended = desk.request(SoftHsm::PIN, 5).await;
        match behaviour {
            "C_Login@3=0xa0" => assert!(matches!(ended, Err(TokenError::WrongPin { .. })), "{ended:?}"),
            _ => assert!(matches!(ended, Err(TokenError::Failed { item: Some(1), .. })), "{ended:?}"),
        }
        assert_eq!(hostile.count("C_Login 1"), 1, "{behaviour}");
        assert_eq!(hostile.count("C_Login 2"), logins, "{behaviour}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r42_softhsm_signs_with_such_a_key() {
    let token = SoftHsm::new();
    let scratch = TempDir::new().unwrap();
    let certificate = scratch.path().join("always.crt");
    put_key(&token, &scratch, &certificate);
    let id = CertId(sha2::Sha256::digest(der(&certificate)).into());

    let desk = Desk::new([softhsm(&token)]);
    for scheme in [Scheme::RsaPkcs1, Scheme::RsaPss] {
        let digests = digests(3);
        let question = desk.question(Some(id), scheme, &digests).await.unwrap();
        let signatures = desk.spend(typed(&question, SoftHsm::PIN)).await.unwrap();
        for (digest, signature) in digests.iter().zip(&signatures) {
            assert!(verify(&certificate, scheme, digest, signature), "{scheme:?} {digest:?}");
        }
    }
}

/// Puts an RSA key with `CKA_ALWAYS_AUTHENTICATE` and its certificate on the token.
fn put_key(token: &SoftHsm, scratch: &TempDir, certificate: &std::path::Path) {
    let path = |name: &str| scratch.path().join(name);
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.current_dir(scratch.path()).args(arguments);
        run(command);
    };
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-noenc",
        "-keyout",
        "key.pem",
        "-out",
        "always.crt",
        "-subj",
        "/CN=Always",
        "-addext",
        "keyUsage=critical,nonRepudiation",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    openssl(&["pkey", "-in", "key.pem", "-outform", "DER", "-out", "key.der"]);
    openssl(&["x509", "-in", "always.crt", "-outform", "DER", "-out", "cert.der"]);
    assert!(certificate.exists());
    for (kind, file, more) in [("privkey", "key.der", Some("--always-auth")), ("cert", "cert.der", None)] {
        let mut tool = Command::new("pkcs11-tool");
        tool.env("SOFTHSM2_CONF", token.conf()).arg("--module").arg(SoftHsm::module());
        tool.args(["--token-label", "kyso-demo", "--login", "--pin", SoftHsm::PIN, "--id", "aa"]);
        tool.args(["--label", "always", "--type", kind, "--write-object"]).arg(path(file));
        if let Some(more) = more {
            tool.args([more, "--usage-sign"]);
        }
        run(tool);
    }
}

fn run(mut command: Command) {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}
