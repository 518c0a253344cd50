//! R57: what is put into a store is taken out again, and nothing else is touched.

use std::process::Command;

use super::{credentials, desk, said, trusts};
use crate::support::desk::Desk;
use crate::support::nss;

#[test]
fn r57_browsers_stores_are_the_same_before_and_after() {
    let (desk, stores) = desk();
    let listings = || stores.each_ref().map(|store| nss::listing(store));
    let before = listings();
    said(&desk.kyso(&["tls", "enable"]), 0);
    let name = credentials(&desk).authority.name();
    assert!(stores.iter().all(|store| trusts(store, &name)));
    assert!(stores.iter().all(|store| trusts(store, "Kyso TLS of somebody")), "another authority stays");
    said(&desk.kyso(&["tls", "disable"]), 0);
    assert_eq!(listings(), before);
}

#[test]
fn r57_whatever_is_left_of_former_times_goes_too() {
    let (desk, stores) = desk();
    let before = nss::listing(&stores[0]);
    said(&desk.kyso(&["tls", "enable"]), 0);
    // Somebody deletes Kyso's files by hand.
    std::fs::remove_dir_all(desk.data()).unwrap();
    let doctor = String::from_utf8(desk.kyso(&["doctor"]).stdout).unwrap();
    assert_eq!(doctor.matches("still holds an old certificate of Kyso's").count(), 3, "{doctor}");
    said(&desk.kyso(&["tls", "disable"]), 0);
    assert_eq!(nss::listing(&stores[0]), before);
}

#[test]
fn r57_a_profile_with_a_primary_password_is_named_and_left_as_it_was() {
    let (desk, stores) = desk();
    let locked = desk.folder().join(".mozilla/firefox/c.locked");
    nss::store(&locked, "mot hai ba");
    let before = nss::listing(&locked);
    let text = said(&desk.kyso(&["tls", "enable"]), 1);
    assert!(text.contains("c.locked): has a primary password"), "{text}");
    assert!(text.contains("tls-ca.crt"), "the way by hand: {text}");
    assert_eq!(nss::listing(&locked), before);
    assert!(
        stores.iter().all(|store| trusts(store, &credentials(&desk).authority.name())),
        "the others have it"
    );
    said(&desk.kyso(&["tls", "disable"]), 0);
}

#[test]
fn a_chromium_that_never_ran_gets_a_store() {
    let desk = Desk::configured("modules = []\n");
    said(&desk.kyso(&["tls", "enable"]), 0);
    let store = desk.folder().join(".pki/nssdb");
    assert!(trusts(&store, &credentials(&desk).authority.name()));
    // A renewal leaves it where it is.
    std::fs::remove_dir_all(desk.data()).unwrap();
    said(&desk.kyso(&["tls", "enable"]), 0);
    assert!(trusts(&store, &credentials(&desk).authority.name()));
    said(&desk.kyso(&["tls", "disable"]), 0);
    assert!(!desk.folder().join(".pki").exists(), "what Kyso made is gone");

    // With something of the person's in it, it stays.
    said(&desk.kyso(&["tls", "enable"]), 0);
    nss::adds_another(&store);
    said(&desk.kyso(&["tls", "disable"]), 0);
    let left = nss::listing(&store);
    assert!(left.contains("Kyso TLS of somebody") && !left.contains("Kyso TLS 127.0.0.1"), "{left}");
}

/// In a mount namespace, so that this machine's own store stays as it is.
#[test]
fn r57_the_systems_store_is_the_same_before_and_after() {
    let desk = Desk::configured("modules = []\n");
    let script = r#"
        set -eu
        mkdir "$HOME/local" "$HOME/certs"
        cp -a /etc/ssl/certs/. "$HOME/certs/"
        mount --bind "$HOME/local" /usr/local/share/ca-certificates
        mount --bind "$HOME/certs" /etc/ssl/certs
        update-ca-certificates --fresh >/dev/null
        list() { ls -l --time-style=+ /etc/ssl/certs /usr/local/share/ca-certificates; sha256sum /etc/ssl/certs/ca-certificates.crt; }
        list >"$HOME/before"
        "$KYSO" tls enable
        list | cmp - "$HOME/before" || { echo "unasked"; exit 1; }
        "$KYSO" tls enable --system
        openssl verify -purpose sslserver -CAfile /etc/ssl/certs/ca-certificates.crt "$LEAF"
        openssl verify -purpose sslserver -CApath /etc/ssl/certs "$LEAF"
        ls /usr/local/share/ca-certificates
        "$KYSO" tls disable
        list | diff "$HOME/before" -
    "#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "bash", "-c", script]).env_clear();
    for (name, value) in desk.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = command
        .env("KYSO", env!("CARGO_BIN_EXE_kyso"))
        .env("LEAF", desk.data().join("tls.pem"))
        .output()
        .expect("unshare: apt-get install util-linux");
    let text = said(&output, 0);
    assert_eq!(text.matches("tls.pem: OK").count(), 2, "{text}");
    assert!(text.contains("kyso-tls-root-"), "{text}");
}

#[test]
fn without_root_the_systems_store_takes_a_command_that_is_shown() {
    let desk = Desk::configured("modules = []\n");
    let folder = desk.folder().display().to_string();
    let chown = Command::new("chown").args(["-R", "65534:65534", &folder]).status().unwrap();
    assert!(chown.success(), "only root can be somebody else: run this as root");
    let program = desk.folder().join("kyso");
    std::fs::copy(env!("CARGO_BIN_EXE_kyso"), &program).unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(program)
        .args(["tls", "enable", "--system"]);
    command.env_clear();
    for (name, value) in desk.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let text = said(&command.output().unwrap(), 1);
    assert!(text.contains("only root can change it"), "{text}");
    assert!(
        text.contains("sudo install -m 644 ") && text.contains(" && sudo update-ca-certificates"),
        "{text}"
    );
    assert!(desk.data().join("tls.pem").exists(), "all else is done");
}
