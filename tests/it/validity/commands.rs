//! What `kyso certificates check` and `kyso doctor` say of `[validation]` and the anchors, on a machine of the test's own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::desk::Desk;
use crate::support::pki::Pki;

const REQUIRED: &str = "[validation]\nchain = \"require\"\n";

/// The folder of anchors there.
fn folder(desk: &mut Desk, policy: &str) -> PathBuf {
    let anchors = desk.under(policy).path().join("kyso/anchors");
    std::fs::create_dir(&anchors).unwrap();
    anchors
}

#[test]
fn check_ends_with_1_where_one_may_not_sign_in_json_too() {
    let pki = Pki::start();
    let token = pki.token(&["good"]);
    let mut desk = Desk::with(&token);
    let config = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(desk.config(), format!("chain_folder = {:?}\n{config}", token.ca())).unwrap();
    let anchors = folder(&mut desk, REQUIRED);
    let _agent = desk.agent();
    for (anchored, exit) in [(false, 1), (true, 0)] {
        if anchored {
            std::fs::copy(pki.certificate("root"), anchors.join("root.crt")).unwrap();
        }
        let plain = desk.kyso(&["certificates", "check"]);
        assert_eq!(plain.status.code(), Some(exit), "{plain:?}");
        assert_eq!(String::from_utf8_lossy(&plain.stdout).contains("must not sign"), !anchored, "{plain:?}");
        let json = desk.kyso(&["certificates", "check", "--json"]);
        assert_eq!(json.status.code(), Some(exit), "{json:?}");
        let value: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(value["certificates"][0]["barred"], !anchored, "{value}");
        // Without a check nothing is said of that.
        assert!(desk.kyso(&["certificates", "--json"]).status.success());
    }
}

/// What the doctor says under the anchors' heading: `(what, ok)` of each line.
fn told(desk: &Desk) -> Vec<(String, bool)> {
    let output = desk.kyso(&["doctor", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let all = value["findings"].as_array().unwrap().iter();
    let its = all.filter(|one| one["topic"] == "Authorities that this computer trusts");
    its.map(|one| {
        let ok = one["ok"].as_bool().unwrap();
        assert_eq!(one["todo"].is_null(), ok, "{one}");
        (one["what"].as_str().unwrap().to_owned(), ok)
    })
    .collect()
}

fn says(desk: &Desk, wanted: &[(&str, bool)]) {
    let told = told(desk);
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for ((what, ok), (part, well)) in told.iter().zip(wanted) {
        assert!(what.contains(part) && ok == well, "{part}, {well}: {told:?}");
    }
}

#[test]
fn the_doctor_says_whether_policy_wants_anchors() {
    let mut desk = Desk::configured("modules = []");
    for (policy, part, well) in [
        ("", "asks for none", true),
        (REQUIRED, "no certificate may sign", false),
        ("[validation]\nchain = \"warn\"\n", "comes with a warning", false),
        ("[validation]\nrevocation = \"any\"\noffline = \"warn\"\n", "comes with a warning", false),
        ("[validation]\nrevocation = \"crl\"\noffline = \"refuse\"\n", "no certificate may sign", false),
    ] {
        desk.under(policy);
        says(&desk, &[(part, well)]);
    }
}

#[test]
fn the_doctor_looks_at_each_anchor() {
    let pki = Pki::start();
    let mut desk = Desk::configured("modules = []");
    let anchors = folder(&mut desk, REQUIRED);
    let put = |name: &str, from: &Path| std::fs::copy(from, anchors.join(name)).unwrap();
    put("root.crt", &pki.certificate("root"));
    std::fs::write(anchors.join("README"), "not meant").unwrap();
    says(&desk, &[("authorities: 1; the first to expire: ", true)]);

    // One that is over is told by name, and is the first to expire.
    put("old.crt", &pki.certificate("expired"));
    says(&desk, &[("authorities: 2; the first to expire: ", true), ("/etc/kyso/anchors/old.crt", false)]);
    assert!(told(&desk)[1].0.contains(" expired on "), "{:?}", told(&desk));
    std::fs::remove_file(anchors.join("old.crt")).unwrap();

    // Each of these is told, and none is passed over: neither the agent nor `list` goes on with the others.
    let whole = std::fs::read_to_string(pki.certificate("root")).unwrap();
    for (text, why) in [
        ("nothing".to_owned(), "holds no certificate"),
        (String::new(), "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(), "holds no certificate"),
        (
            format!("{whole}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
            "holds no certificate",
        ),
    ] {
        std::fs::write(anchors.join("x.pem"), &text).unwrap();
        says(&desk, &[("authorities: 1;", true), ("/etc/kyso/anchors/x.pem holds no", false)]);
        let list = desk.kyso(&["anchors", "list"]);
        assert_eq!(list.status.code(), Some(66), "{list:?}");
        let said = String::from_utf8_lossy(&list.stderr).into_owned();
        assert!(said.contains("/etc/kyso/anchors/x.pem") && said.contains(why), "{said}");
    }
    std::fs::remove_file(anchors.join("x.pem")).unwrap();
    std::os::unix::fs::symlink("/nowhere", anchors.join("x.pem")).unwrap();
    says(&desk, &[("authorities: 1;", true), ("/etc/kyso/anchors/x.pem can't be read", false)]);
    std::fs::remove_file(anchors.join("x.pem")).unwrap();

    let loosen = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    loosen(&anchors.join("root.crt"), 0o666);
    says(&desk, &[("could change /etc/kyso/anchors/root.crt", false)]);
    loosen(&anchors.join("root.crt"), 0o644);
    loosen(&anchors, 0o777);
    says(&desk, &[("could change /etc/kyso/anchors", false)]);
    loosen(&anchors, 0o755);
    says(&desk, &[("authorities: 1;", true)]);
}
