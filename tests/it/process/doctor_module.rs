//! `kyso doctor --module`: what an administrator sends with a bug report.

use std::path::Path;
use std::time::{Duration, Instant};

use kyso::domain::digest::{Digest, DigestAlgorithm};
use kyso::domain::scheme::Scheme;
use kyso::text::conformance::SENTENCE;
use kyso::token::hub::ModuleConfig;
use serde_json::Value;
use sha2::Digest as _;

use super::{ASKS_PIN, written};
use crate::support::agent::rows;
use crate::support::desk::Desk;
use crate::support::hostile::Hostile;
use crate::support::opencryptoki::Opencryptoki;
use crate::support::softhsm::{self, SoftHsm, verify};
use crate::support::terminal::Terminal;

#[test]
fn every_scheme_of_every_certificate_is_tried_verified_timed_and_logged() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let (module, out) = (SoftHsm::module().display().to_string(), desk.folder().join("out"));
    let folder = out.display().to_string();
    let mut terminal =
        desk.in_terminal(&["doctor", "--module", &module, "--sign", "--json", "--out", &folder]);
    terminal.wait_for("Trial signings that follow: 6", 0);
    type_pins(&mut terminal, SoftHsm::PIN, 6);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let report = report(&terminal.end());
    assert_eq!((&report["ok"], &report["sign"]), (&Value::Bool(true), &Value::Bool(true)));

    let trials = of(&report, "trial");
    let mut tried = Vec::new();
    for trial in &trials {
        let (number, scheme) = (trial["number"].as_str().unwrap(), trial["scheme"].as_str().unwrap());
        let der = std::fs::read(out.join(format!("{number}.der"))).unwrap();
        let is_it = |name: &&str| softhsm::der(&token.certificate(name)) == der;
        let name = ["person-rsa", "seal-rsa", "person-p256", "person-p384"].into_iter().find(is_it).unwrap();
        let parsed: Scheme = scheme.parse().unwrap();
        tried.push((name, parsed));
        for algorithm in DigestAlgorithm::ALL {
            let signature = out.join(format!("{number}-{scheme}-{}.sig", algorithm.name()));
            let signature = std::fs::read(signature).unwrap();
            assert!(verify(&token.certificate(name), parsed, &sentence(algorithm), &signature), "{trial}");
        }
        assert_eq!((&trial["outcome"], &trial["verified"]), (&"ok".into(), &3.into()), "{trial}");
        assert_eq!(trial["times"]["sign"].as_array().map(Vec::len), Some(3), "{trial}");
        for step in ["find", "login", "key", "logout"] {
            assert!(trial["times"][step].is_number(), "{step}: {trial}");
        }
    }
    assert!(tried.len() == 6 && SoftHsm::KEYS.iter().all(|key| tried.contains(key)), "{tried:?}");
    assert_eq!(std::fs::read_to_string(out.join("sentence.txt")).unwrap(), SENTENCE);

    let log = rows(&desk.log());
    let asked: Vec<_> = log.iter().filter(|(kind, _)| kind == "asked").collect();
    assert_eq!((asked.len(), log.iter().filter(|(kind, _)| kind == "signed").count()), (6, 6));
    for (_, body) in asked {
        let items = body.items.as_ref().unwrap();
        assert!(items.iter().all(|item| item.name.contains("Trial of kyso doctor")), "{items:?}");
    }
    assert!(desk.kyso(&["audit", "verify"]).status.success());
    for text in [terminal.text().into_bytes(), written(&desk)] {
        assert!(!super::pin::finds(&text, SoftHsm::PIN), "the PIN is somewhere");
    }
}

#[test]
fn the_table_tells_a_stranger_no_names_and_no_whole_numbers() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let listed: Value = serde_json::from_slice(&desk.kyso(&["tokens", "--json"]).stdout).unwrap();
    let serial = listed["tokens"][0]["serial"].as_str().unwrap();
    // Beside an agent, too: nothing is signed.
    let _agent = desk.agent();
    let module = SoftHsm::module().display().to_string();
    let look = |more: &[&str]| {
        let looked = desk.kyso(&[&["doctor", "--module", &module], more].concat());
        assert_eq!(looked.status.code(), Some(0), "{looked:?}");
        String::from_utf8(looked.stdout).unwrap()
    };
    let secrets = [serial, &serial[8..], "kyso-demo", "Nguyễn Thị Minh Khai", "/usr/lib"];
    for text in [look(&[]), look(&["--json"])] {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        for part in [
            "libsofthsm2.so",
            "C_Initialize",
            "C_GetSlotList",
            "SoftHSM v2",
            "CKM_RSA_PKCS_PSS",
            "CKM_ECDSA",
            "RSA 2048",
            "EC P-384",
            "nonRepudiation",
            "USER_PIN_INITIALIZED",
            &serial[12..],
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let table = look(&[]);
    let head = table.lines().nth(1).unwrap();
    assert!(head.starts_with("STEP") && head.ends_with("DETAILS"), "{table}");
    let column = head.find("OUTCOME").unwrap();
    assert!(
        table.lines().skip(2).all(|line| line.get(column..).is_some_and(|l| !l.starts_with(' '))),
        "{table}"
    );
    assert!(table.contains("not tried: expired") && table.contains("not tried: not yet valid"), "{table}");
    let named = look(&["--names"]);
    assert!(secrets[..4].iter().all(|secret| named.contains(secret)), "{named}");
}

#[test]
fn a_module_that_crashes_fails_or_lies_is_a_row_and_the_next_trial_is_made() {
    let hostile = Hostile::new();
    for (behaviour, why, details) in [
        ("C_Sign=crash", "module_crashed in C_Sign", "SIGSEGV"),
        ("C_Sign=5", "C_Sign: CKR_GENERAL_ERROR", "token_failed; at sha-256"),
        ("C_Sign@2=70", "C_Sign: CKR_MECHANISM_INVALID", "certificate_unfit; 1 signed before"),
        ("C_Logout=1", "signature_invalid", "at sha-256; 3 signed before"),
    ] {
        let (desk, arguments) = misbehaving(&hostile.always(behaviour));
        let mut terminal = desk.in_terminal(&[&arguments[..], &["--sign", "--json"]].concat());
        type_pins(&mut terminal, "123456", 2);
        assert_eq!(terminal.exit_code(), 1, "{behaviour}: {}", terminal.text());
        let report = report(&terminal.end());
        let trials = of(&report, "trial");
        assert_eq!(trials.len(), 2, "{behaviour}: {report}");
        assert!(trials.iter().all(|trial| trial["outcome"] == "failed"), "{behaviour}: {report}");
        let said = format!("{} {} {}", trials[0]["why"], trials[0]["code"], trials[0]["details"]);
        assert!(said.contains(why) && said.contains(details), "{behaviour}: {said}");
        assert!(!report.to_string().contains("123456"), "{behaviour}: {report}");
    }
}

#[test]
fn a_hang_is_a_row_and_the_rest_goes_on() {
    let hostile = Hostile::new();
    let (desk, arguments) = misbehaving(&hostile.once("C_GetTokenInfo=hang"));
    let looked = desk.kyso(&[&arguments[..], &["--json"]].concat());
    assert_eq!(looked.status.code(), Some(1), "{looked:?}");
    let report: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert_eq!(of(&report, "token")[0]["why"], "module_timeout", "{report}");
    assert_eq!(of(&report, "listing")[0]["outcome"], "ok", "{report}");
    assert_eq!(of(&report, "certificate").len(), 1, "{report}");
}

/// Within the deadline of a signature, which is a minute (R46).
#[test]
fn a_signature_that_hangs_is_a_row_and_the_next_trial_is_made() {
    let hostile = Hostile::new();
    let (desk, arguments) = misbehaving(&hostile.once("C_Sign=hang"));
    let mut terminal = desk.in_terminal(&[&arguments[..], &["--sign", "--json"]].concat());
    let from = type_pins(&mut terminal, "123456", 1);
    terminal.find(ASKS_PIN, from, Duration::from_secs(90)).expect("the next trial");
    terminal.type_text("123456\n");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.text());
    let report = report(&terminal.end());
    let trials = of(&report, "trial");
    assert_eq!(trials[0]["why"], "module_timeout in C_Sign", "{report}");
    // The stand-in's signatures are none.
    assert_eq!(trials[1]["details"], "at sha-256; 3 signed before", "{report}");
}

#[test]
fn ctrl_c_ends_a_look_at_a_module_that_hangs() {
    let hostile = Hostile::new();
    let (desk, arguments) = misbehaving(&hostile.always("C_GetSlotList=hang"));
    let mut terminal = desk.in_terminal(&[&arguments[..], &["--json"]].concat());
    until(|| hostile.count("C_GetSlotList") == 1);
    terminal.type_text("\u{3}");
    assert_eq!(terminal.exit_code(), 77, "{}", terminal.text());
    let report = report(&terminal.end());
    assert_eq!(of(&report, "library")[0]["why"], "stopped in C_GetSlotList", "{report}");
    until(|| !runs(Path::new(arguments[2])));
}

#[test]
fn a_wrong_pin_and_a_no_end_the_trials() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let module = SoftHsm::module().display().to_string();
    let mut terminal = desk.in_terminal(&["doctor", "--module", &module, "--sign", "--json"]);
    let from = terminal.wait_for(ASKS_PIN, 0);
    terminal.type_text("111111\n");
    let from = terminal.wait_for("Wrong PIN", from);
    terminal.wait_for(ASKS_PIN, from);
    terminal.type_text("\u{1b}");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.text());
    let report = report(&terminal.end());
    let trials = of(&report, "trial");
    assert_eq!(trials[0]["why"], "C_Login: CKR_PIN_INCORRECT", "{report}");
    assert_eq!(trials[0]["code"], "user_denied", "{report}");
    assert!(trials[1..].iter().all(|trial| trial["outcome"] == "not_tried"), "{report}");
    assert_eq!(rows(&desk.log()).iter().filter(|(kind, _)| kind == "asked").count(), 1);
}

#[test]
fn what_is_no_module_is_never_loaded_and_says_so() {
    let desk = Desk::configured("modules = []");
    let text = desk.folder().join("text.so").display().to_string();
    std::fs::write(&text, "no library").unwrap();
    for (path, why) in [("/nowhere/module.so", "missing"), (&text, "no_library"), ("/", "no_file")] {
        let looked = desk.kyso(&["doctor", "--module", path, "--sign", "--json"]);
        assert_eq!(looked.status.code(), Some(1), "{path}: {looked:?}");
        let report: Value = serde_json::from_slice(&looked.stdout).unwrap();
        assert_eq!(report["rows"][0]["why"], why, "{report}");
        assert_eq!(report["rows"].as_array().map(Vec::len), Some(1), "{report}");
    }
    for arguments in [&["doctor", "--sign"][..], &["doctor", "--module"], &["doctor", "--slow"]] {
        assert_eq!(desk.kyso(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let _agent = desk.agent();
    let module = SoftHsm::module().display().to_string();
    let beside = desk.kyso(&["doctor", "--module", &module, "--sign"]);
    assert_eq!(beside.status.code(), Some(69), "the log is the agent's: {beside:?}");
    assert!(String::from_utf8_lossy(&beside.stderr).contains("systemctl --user stop kyso"));
}

#[test]
fn opencryptoki_is_tried_with_the_settings_of_the_command_line() {
    let Some(_token) = Opencryptoki::new() else { return };
    let desk = Desk::configured("modules = []");
    let module = Opencryptoki::module();
    let path = module.path.display().to_string();
    let writable: Vec<String> =
        module.settings.writable.iter().map(|folder| folder.display().to_string()).collect();
    let mut arguments = vec!["doctor", "--module", &path, "--sign", "--json"];
    arguments.extend(writable.iter().flat_map(|folder| ["--writable", folder.as_str()]));
    let mut terminal = desk.in_terminal(&arguments);
    type_pins(&mut terminal, Opencryptoki::PIN, 2);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());
    let report = report(&terminal.end());
    assert!(of(&report, "trial").iter().all(|trial| trial["outcome"] == "ok"), "{report}");
    assert_eq!(of(&report, "library")[0]["settings"]["writable"], writable.len(), "{report}");
}

/// A desk for the module that misbehaves, and the command that looks at it.
fn misbehaving(module: &ModuleConfig) -> (Desk, [&'static str; 5]) {
    let mut desk = Desk::configured("modules = []");
    desk.set_all(module);
    let leak = |path: &Path| -> &'static str { path.display().to_string().leak() };
    let (path, writable) = (leak(&module.path), leak(&module.settings.writable[0]));
    (desk, ["doctor", "--module", path, "--writable", writable])
}

/// Answers each trial with this PIN; returns where the text behind the last question begins.
pub(crate) fn type_pins(terminal: &mut Terminal, pin: &str, trials: usize) -> usize {
    (0..trials).fold(0, |from, _| {
        let from = terminal.wait_for(ASKS_PIN, from);
        terminal.type_text(&format!("{pin}\n"));
        from
    })
}

/// The JSON that was printed among all else.
pub(crate) fn report(screen: &str) -> Value {
    let line = screen.lines().find(|line| line.starts_with("{\"kyso\""));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no report: {screen}")).trim_end()).unwrap()
}

/// The rows of one kind.
pub(crate) fn of<'a>(report: &'a Value, step: &str) -> Vec<&'a Value> {
    report["rows"].as_array().unwrap().iter().filter(|row| row["step"] == step).collect()
}

fn sentence(algorithm: DigestAlgorithm) -> Digest {
    let value = match algorithm {
        DigestAlgorithm::Sha256 => sha2::Sha256::digest(SENTENCE).to_vec(),
        DigestAlgorithm::Sha384 => sha2::Sha384::digest(SENTENCE).to_vec(),
        DigestAlgorithm::Sha512 => sha2::Sha512::digest(SENTENCE).to_vec(),
    };
    Digest::new(algorithm, value).unwrap()
}

/// Whether a process has this module's path in its command line.
fn runs(module: &Path) -> bool {
    let line = |entry: std::fs::DirEntry| std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
    let module = module.as_os_str().as_encoded_bytes();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(line);
    all.into_iter().any(|line| line.split(|byte| *byte == 0).any(|part| part == module))
}

fn until(mut wanted: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !wanted() {
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}
