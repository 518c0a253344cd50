//! Where a PIN is never found (R34, R35).

use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{ASKS_PIN, PAGE, ask, stop, written};
use crate::support::agent::{item, one, sha256, value};
use crate::support::desk::Desk;
use crate::support::softhsm::{SoftHsm, verify};

/// A PIN that occurs nowhere by chance.
const CANARY: &str = "canary-7319-PIN";

#[test]
fn r34_a_pin_leaves_no_trace_of_1000_signatures() {
    let token = SoftHsm::new();
    change_pin(&token);
    let desk = Desk::with(&token);
    let (mut agent, port) = desk.agent_in_terminal();
    let bearer = desk.pair(port, PAGE);
    let items: Vec<Value> =
        (0..1_000).map(|at| item(&format!("{at}.pdf"), &sha256(&at.to_string()))).collect();
    let batch = json!({ "certificate": token.id("person-p256").to_string(), "items": items });

    let mut from = 0;
    let mut answered = 0;
    for (body, wrong) in [(batch, true), (one(token.id("person-rsa"), &sha256("x")), false)] {
        let asked = ask(port, &bearer, &body);
        from = agent.wait_for(ASKS_PIN, from);
        if wrong {
            agent.type_text("canary-7319-wrong\n");
            from = agent.wait_for(ASKS_PIN, from);
        }
        agent.type_text(CANARY);
        agent.type_text("\n");
        let reply = asked.join().unwrap().expect("an answer");
        assert_eq!(reply.status, 200, "{}", reply.json());
        let reply = reply.json();
        let signatures = reply["signatures"].as_array().unwrap();
        answered += signatures.len();
        if signatures.len() == 1 {
            let made = value(&reply, 0);
            let certificate = token.certificate("person-rsa");
            assert!(verify(&certificate, kyso::domain::scheme::Scheme::RsaPkcs1, &sha256("x"), &made));
        }
    }
    assert_eq!(answered, 1_001);

    let id = agent.id();
    let process = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap();
    assert!(finds(&memory(id), PAGE), "the look at the memory finds what is there");
    for (place, bytes) in [
        ("memory", memory(id)),
        ("environment", process("environ")),
        ("arguments", process("cmdline")),
        ("files", written(&desk)),
        ("terminal", agent.text().into_bytes()),
    ] {
        assert!(!bytes.is_empty());
        assert!(!finds(&bytes, CANARY), "the PIN is in the agent's {place}");
        assert!(!finds(&bytes, "canary-7319-wrong"), "the wrong PIN is in the agent's {place}");
    }
    assert_eq!(stop(&mut agent), 0);
    assert!(!finds(&written(&desk), CANARY), "the PIN is in a file after the end");
}

#[test]
fn r35_neither_agent_nor_prompt_nor_host_can_be_looked_into() {
    // Everything runs as `nobody`, and `nobody` looks: root may look into everything (proc(5)).
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(from, &path).unwrap();
        path.display().to_string()
    };
    // Not by its own name: its runtime folder has that.
    let kyso = copy(env!("CARGO_BIN_EXE_kyso"), "kyso-program");
    let agent = copy(env!("CARGO_BIN_EXE_kyso-agent"), "agent-program");
    let host = copy(env!("CARGO_BIN_EXE_kyso-token-host"), "kyso-token-host");
    let module = SoftHsm::module().display().to_string();
    std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY))
        .expect("only root can be somebody else: run this as root");
    for (program, arguments, hidden) in [
        ("sleep".to_owned(), vec!["60"], false),
        (kyso.clone(), vec!["agent", "--prompt", "terminal"], true),
        (agent, vec!["--prompt", "terminal"], true),
        (kyso, vec!["prompt", "--terminal"], true),
        (host, vec![module.as_str()], true),
    ] {
        let mut child = as_nobody(&program)
            .args(&arguments)
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("setpriv: apt-get install util-linux");
        let id = child.id();
        let looks =
            || as_nobody("head").args(["-c", "1"]).arg(format!("/proc/{id}/environ")).output().unwrap();
        let started = || {
            std::fs::read_to_string(format!("/proc/{id}/cmdline"))
                .is_ok_and(|line| line.starts_with(&program))
        };
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !started() || looks().status.success() == hidden {
            assert!(std::time::Instant::now() < end, "{program} {arguments:?}: {:?}", looks());
        }
        let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert!(!hidden || core.split_whitespace().nth(4) == Some("0"), "{program} {arguments:?}: {core}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// A program that will run as the user `nobody`.
fn as_nobody(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")])
        .args(["--clear-groups", program]);
    command
}

const NOBODY: u32 = 65_534;

/// All that can be read of a process' memory: its data, stacks and heaps.
pub(super) fn memory(id: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).unwrap();
    let mut memory = std::fs::File::open(format!("/proc/{id}/mem")).unwrap_or_else(|error| {
        panic!("{error}: only root may look into the agent, as it should be; run this as root")
    });
    let mut bytes = Vec::new();
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw")))
    {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let at = |text: &str| u64::from_str_radix(text, 16).unwrap();
        memory.seek(SeekFrom::Start(at(start))).unwrap();
        let mut piece = vec![0; usize::try_from(at(end) - at(start)).unwrap()];
        if memory.read_exact(&mut piece).is_ok() {
            bytes.extend(piece);
        }
    }
    bytes
}

/// As text and as UTF-16, as some toolkits keep it.
pub(super) fn finds(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [text.as_bytes(), &wide].iter().any(|needle| bytes.windows(needle.len()).any(|window| window == *needle))
}

fn change_pin(token: &SoftHsm) {
    let changed = Command::new("pkcs11-tool")
        .env("SOFTHSM2_CONF", token.conf())
        .arg("--module")
        .arg(SoftHsm::module())
        .args(["--login", "--pin", SoftHsm::PIN, "--change-pin", "--new-pin", CANARY])
        .output()
        .expect("pkcs11-tool: apt-get install opensc");
    assert!(changed.status.success(), "{changed:?}");
}
