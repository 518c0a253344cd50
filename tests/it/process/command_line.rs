//! `kyso sign`, `tokens`, `certificates`, `origins`: with and without an agent.

use kyso::domain::scheme::Scheme;
use serde_json::Value;

use super::{ASKS_PIN, PAGE};
use crate::support::agent::{rows, sha256};
use crate::support::desk::Desk;
use crate::support::softhsm::{SoftHsm, verify};

#[test]
fn a_file_is_signed_in_the_callers_terminal() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let document = desk.folder().join("Quyết định 12.txt");
    std::fs::write(&document, "Điều 1").unwrap();
    let out = desk.folder().join("signature");
    let id = token.id("person-rsa").to_string();
    let (document, target) = (document.display().to_string(), out.display().to_string());
    let sign = ["sign", &document, "--certificate", &id, "--out", &target];

    let mut alone = desk.in_terminal(&sign);
    let shown = alone.wait_for(ASKS_PIN, 0);
    let screen = alone.text()[..shown].to_owned();
    for part in [
        "Computing SHA-256",
        "a command on this computer",
        "Quyết định 12.txt",
        "Nguyễn Thị Minh Khai",
        "kyso-demo",
    ] {
        assert!(screen.contains(part), "{part} is not on the screen:\n{screen}");
    }
    alone.type_text("123456\n");
    assert_eq!(alone.exit_code(), 0, "{}", alone.text());
    assert!(!alone.text().contains("123456"), "the PIN was echoed");
    let signature = std::fs::read(&out).unwrap();
    assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &sha256("Điều 1"), &signature));

    // With an agent that itself has no terminal, the question still comes up here.
    std::fs::remove_file(&out).unwrap();
    let agent = desk.agent();
    let mut beside = desk.in_terminal(&sign);
    let from = beside.wait_for(ASKS_PIN, 0);
    beside.type_text("111111\n");
    let from = beside.wait_for("Wrong PIN", from);
    beside.wait_for(ASKS_PIN, from);
    beside.type_text("123456\n");
    assert_eq!(beside.exit_code(), 0, "{}", beside.text());
    let signature = std::fs::read(&out).unwrap();
    assert!(verify(&token.certificate("person-rsa"), Scheme::RsaPkcs1, &sha256("Điều 1"), &signature));
    drop(agent);

    let rows = rows(&desk.log());
    let signed: Vec<_> = rows.iter().filter(|(kind, _)| kind == "signed").collect();
    assert_eq!(signed.len(), 2);
    assert!(rows.iter().any(|(_, body)| body.caller.as_deref() == Some("command line")));
    assert!(desk.kyso(&["audit", "verify"]).status.success());
}

#[test]
fn no_is_no_and_escape_is_no() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let digest = hex::encode(sha256("x").value());
    let id = token.id("person-p256").to_string();
    for keys in ["\u{1b}", "\u{3}"] {
        let mut terminal = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
        terminal.wait_for(ASKS_PIN, 0);
        terminal.type_text(keys);
        assert_eq!(terminal.exit_code(), 77, "{keys:?}: {}", terminal.text());
    }
    assert!(rows(&desk.log()).iter().all(|(kind, _)| kind != "signed"));
}

/// A prompt that dies is a no, at once; nobody waits for what can't come.
#[test]
fn a_prompt_that_dies_is_a_refusal() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let digest = hex::encode(sha256("x").value());
    let id = token.id("person-p256").to_string();
    for with_agent in [false, true] {
        let _agent = with_agent.then(|| desk.agent());
        let mut terminal = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
        terminal.wait_for(ASKS_PIN, 0);
        let prompts = super::descendants(terminal.id(), "prompt");
        assert_eq!(prompts.len(), 1);
        super::kill(prompts[0]);
        assert_eq!(terminal.exit_code(), 77, "{}", terminal.text());
    }
    let rows = rows(&desk.log());
    assert_eq!(rows.iter().filter(|(kind, _)| kind == "refused").count(), 2);
}

/// A command that is killed is a caller that left, whatever its end tears down.
#[test]
fn a_command_that_is_killed_has_left() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let _agent = desk.agent();
    let digest = hex::encode(sha256("x").value());
    let id = token.id("person-p256").to_string();
    for killed in 1..=8 {
        let mut terminal = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
        terminal.wait_for(ASKS_PIN, 0);
        terminal.kill();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let kinds = || rows(&desk.log()).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        while kinds().iter().filter(|kind| *kind == "cancelled").count() < killed {
            assert!(std::time::Instant::now() < end, "{:?}", kinds());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
fn the_callers_language_is_the_questions() {
    let token = SoftHsm::new();
    let mut desk = Desk::with(&token);
    desk.set("KYSO_LANG", "vi");
    let _agent = desk.agent();
    desk.set("KYSO_LANG", "en");
    let digest = hex::encode(sha256("x").value());
    let id = token.id("person-p256").to_string();
    let terminal = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
    terminal.wait_for(ASKS_PIN, 0);
}

#[test]
fn exit_codes_say_what_was_wrong() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let digest = hex::encode(sha256("x").value());
    let id = |name: &str| token.id(name).to_string();
    let (person, expired, unknown) = (id("person-rsa"), id("expired"), format!("sha256:{}", "0".repeat(64)));
    for (arguments, code) in [
        (&["sign", "--digest", &digest[..62], "--certificate", &person][..], 2),
        (&["sign", "--digest", "zz", "--certificate", &person], 2),
        (&["sign", "--digest", &digest, "--certificate", "abc"], 2),
        (&["sign", "--digest", &digest], 2),
        (&["sign", "--certificate", &person], 2),
        (&["sign", "x", "--digest", &digest, "--certificate", &person], 2),
        (&["sign", "/nonexistent", "--certificate", &person], 66),
        (&["sign", "--digest", &digest, "--certificate", &expired], 65),
        (&["sign", "--digest", &digest, "--certificate", &person, "--scheme", "ecdsa"], 65),
        (&["sign", "--digest", &digest, "--certificate", &person, "--scheme", "raw"], 2),
        (&["sign", "--digest", &digest, "--certificate", &unknown], 69),
        // No display, no terminal.
        (&["sign", "--digest", &digest, "--certificate", &person], 69),
        (&["origins", "allow", "https://x.vn/"], 2),
        (&["nonsense"], 2),
        (&[], 2),
    ] {
        let output = desk.kyso(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says why");
    }
}

#[test]
fn lists_are_for_people_and_for_scripts() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let agent = desk.agent();
    for beside in [true, false] {
        if !beside {
            desk.kyso(&["origins", "allow", "https://mot.example.vn"]);
        }
        let json = |arguments: &[&str]| -> Value {
            let output = desk.kyso(arguments);
            assert!(output.status.success(), "{output:?}");
            serde_json::from_slice(&output.stdout).unwrap()
        };
        assert_eq!(json(&["tokens", "--json"])["tokens"][0]["label"], "kyso-demo");
        assert_eq!(json(&["certificates", "--json"])["certificates"].as_array().map(Vec::len), Some(7));
        let text = String::from_utf8(desk.kyso(&["certificates"]).stdout).unwrap();
        for part in ["Trần Văn Đức", "EXPIRED", "NOT YET VALID", "EC P-384", "signing in"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(String::from_utf8(desk.kyso(&["tokens"]).stdout).unwrap().contains("kyso-demo"));
    }
    desk.pair(agent.port, PAGE);
    let listed = String::from_utf8(desk.kyso(&["origins", "list"]).stdout).unwrap();
    assert!(listed.contains(PAGE), "{listed}");
    assert!(desk.kyso(&["origins", "revoke", PAGE]).status.success());
    let listed = String::from_utf8(desk.kyso(&["origins", "list"]).stdout).unwrap();
    assert!(!listed.contains(PAGE), "{listed}");
}

#[test]
fn the_log_is_listed_proven_and_handed_on() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    assert_eq!(desk.kyso(&["audit", "verify"]).status.code(), Some(66), "no log yet");
    let digest = hex::encode(sha256("x").value());
    let id = token.id("person-p256").to_string();
    let mut terminal = desk.in_terminal(&["sign", "--digest", &digest, "--certificate", &id]);
    terminal.wait_for(ASKS_PIN, 0);
    terminal.type_text("123456\n");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.text());

    let text = |arguments: &[&str]| {
        let output = desk.kyso(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = text(&["audit", "list"]);
    assert!(table.contains("Trần Văn Đức") && table.contains("command line"), "{table}");
    let lines = text(&["audit", "list", "--json"]);
    assert_eq!(lines.lines().count(), 3, "asked, signed, and the checkpoint of the end: {lines}");
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");
    let csv = text(&["audit", "export", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 4, "a header and three rows: {csv}");
    let file = desk.folder().join("log.jsonl").display().to_string();
    text(&["audit", "export", "--format", "jsonl", "--out", &file]);
    text(&["audit", "verify", "--export", &file]);
    let verified = text(&["audit", "verify"]);
    let receipt = verified.rsplit(' ').next().unwrap().trim();
    text(&["audit", "verify", "--receipt", receipt]);
    let none = desk.kyso(&["audit", "verify", "--receipt", &receipt.replacen('3', "4", 1)]);
    assert_eq!(none.status.code(), Some(1), "a receipt of a row that was cut off");
}

#[test]
fn the_doctor_says_what_is_well_and_what_to_do() {
    let token = SoftHsm::new();
    let desk = Desk::with(&token);
    let config = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(desk.config(), format!("prompt = \"terminal\"\n{config}")).unwrap();
    let doctor = |desk: &Desk| {
        let mut terminal = desk.in_terminal(&["doctor"]);
        (terminal.exit_code(), terminal.end())
    };
    let (code, text) = doctor(&desk);
    assert_eq!(code, 0, "{text}");
    for part in ["config.toml", "libsofthsm2.so", "kyso-demo", "is free", "terminal"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('✗'), "{text}");

    drop(desk.agent());
    let log = rusqlite::Connection::open(desk.log()).unwrap();
    log.execute_batch(
        "DROP TRIGGER log_at_the_end; INSERT INTO log VALUES (1, 'x', 'x', '{}', zeroblob(32), zeroblob(32))",
    )
    .unwrap();
    drop(log);
    let (code, text) = doctor(&desk);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("CHANGED") && text.contains("What to do"), "{text}");
}

#[test]
fn the_language_is_the_desktops_or_the_one_that_was_set() {
    let mut desk = Desk::configured("modules = []");
    let shown = |desk: &Desk| String::from_utf8(desk.kyso(&["--help"]).stdout).unwrap();
    assert!(shown(&desk).contains("Usage"));
    desk.set("KYSO_LANG", "vi");
    desk.set("LANG", "en_GB.UTF-8");
    assert!(shown(&desk).contains("Cách dùng"));
    desk.set("KYSO_LANG", "");
    assert!(shown(&desk).contains("Usage"));
    desk.set("KYSO_LANG", "vi");
    for command in [
        &["agent"][..],
        &["tokens"],
        &["certificates"],
        &["sign"],
        &["origins"],
        &["origins", "allow"],
        &["pin"],
        &["pin", "unblock"],
        &["audit"],
        &["audit", "list"],
        &["audit", "verify"],
        &["audit", "export"],
        &["setup"],
        &["doctor"],
        &["completions"],
    ] {
        let help = desk.kyso(&[command, &["--help"]].concat());
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status.success() && text.contains("Cách dùng: kyso"), "{command:?}: {text}");
        for english in ["Usage", "Options:", "Arguments:", "Print help", "default:"] {
            assert!(!text.contains(english), "{command:?}: {text}");
        }
    }
    let completions = desk.kyso(&["completions", "bash"]);
    let script = String::from_utf8(completions.stdout).unwrap();
    assert!(
        completions.status.success()
            && script.contains("certificates")
            && script.contains("complete -F _kyso")
    );
}

/// What went wrong reaches whoever reads no English, and the other way round.
#[test]
fn causes_are_told_in_the_persons_language() {
    let says = |config: &str, arguments: &[&str], told: [&str; 2]| {
        for (lang, told) in ["vi", "en"].into_iter().zip(told) {
            let mut desk = Desk::configured(config);
            desk.set("KYSO_LANG", lang);
            desk.set("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus");
            std::fs::create_dir_all(desk.data()).unwrap();
            std::fs::write(desk.log(), [b'x'; 5_000]).unwrap();
            let output = desk.kyso(arguments);
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert!(said.contains(told), "{told}: {said}");
        }
    };
    let keeping = "modules = []\n[keep_login]\nidle = 60\nmost = 600\n";
    let certificate = format!("sha256:{}", "0".repeat(64));
    let sign = ["sign", "/nonexistent", "--certificate", &certificate];
    says(
        "port = 80000\n",
        &["agent", "--check"],
        [
            "dòng 1 («port = 80000»): giá trị không đúng kiểu",
            "line 1 ('port = 80000'): the value is of another kind",
        ],
    );
    says(
        keeping,
        &["doctor"],
        ["không có màn hình: chưa đặt biến DISPLAY", "no display: neither DISPLAY nor"],
    );
    says(keeping, &["doctor"], ["không có bus hệ thống (", "no system bus ("]);
    says(keeping, &["doctor"], ["tệp này không phải là nhật ký của Kyso", "the file is no log of Kyso"]);
    says(
        keeping,
        &sign,
        ["không có tệp hoặc thư mục này (mã lỗi 2)", "there is no such file or folder (error 2)"],
    );
}
