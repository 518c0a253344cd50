//! The README's promises: its demonstration, its document system, its curl lines.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::agent::Agent;
use crate::support::desktop::Desktop;
use crate::support::person::Act;
use crate::support::softhsm::SoftHsm;
use crate::support::terminal::Terminal;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_demonstration_stops_on_ctrl_c_and_leaves_nothing_running() {
    let desktop = Desktop::start();
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("demo");
    let home = folder.path().join("home");
    let mut environment = machine(&home, &own);
    environment.push(("DISPLAY".to_owned(), desktop.display().to_owned()));
    let script = root().join("softhsm-setup/demo.sh");
    let mut demo = Terminal::start(script.to_str().unwrap(), &[], &environment);
    demo.wait_for("Press Ctrl-C to stop.", 0);
    assert!(!running(&own).is_empty(), "agent and document system run");
    demo.type_text("\u{3}");
    assert_eq!(demo.exit_code(), 130, "{}", demo.text());
    assert_eq!(running(&own), [""; 0]);
    assert_eq!(std::fs::read_dir(home).unwrap().count(), 0, "nothing of the user's was touched");
}

/// Without a display it plays the page, and Kyso asks right there.
#[test]
fn the_demonstration_asks_in_the_terminal_where_there_is_no_display() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("demo");
    let script = root().join("softhsm-setup/demo.sh");
    let environment = machine(&folder.path().join("home"), &own);
    let mut demo = Terminal::start(script.to_str().unwrap(), &[], &environment);
    let mut from = demo.wait_for("[y/N]", 0);
    demo.type_text("y\n");
    // Sign-in, leader, seal, batch.
    for _ in 0..4 {
        from = demo.wait_for("Mã PIN của token", from);
        demo.type_text("123456\n");
    }
    assert_eq!(demo.exit_code(), 0, "{}", demo.text());
    let said = demo.end();
    for part in [
        "Đã đăng nhập / Signed in: Nguyễn Thị Minh Khai, Chánh Văn phòng",
        "Đóng dấu trước khi lãnh đạo ký / The seal before the leader: bị từ chối / refused",
        "Số và ngày / Number and date: 2481/UBND-VP",
        "Lãnh đạo ký / The leader: Nguyễn Thị Minh Khai, Chánh Văn phòng, Ủy ban nhân dân tỉnh Tuyên Quang: HỢP LỆ / VALID",
        "Dấu cơ quan / The seal: Ủy ban nhân dân tỉnh Tuyên Quang: HỢP LỆ / VALID",
        "Hợp lệ / Valid: 20/20",
        "Mọi chữ ký / All signatures: HỢP LỆ / VALID",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(std::fs::read_dir(own.join("signed")).unwrap().count(), 21, "the signed files are kept");
    assert_eq!(running(&own), [""; 0]);
}

/// The machine's Rust, a home of the test's own, and the demonstration's folder.
fn machine(home: &Path, own: &Path) -> Vec<(String, String)> {
    std::fs::create_dir(home).unwrap();
    let users = std::env::var("HOME").unwrap_or_default();
    let tool = |name: &str, folder: &str| {
        (name.to_owned(), std::env::var(name).unwrap_or_else(|_| format!("{users}/{folder}")))
    };
    let mut environment = vec![
        ("HOME".to_owned(), home.display().to_string()),
        ("KYSO_DEMO_DIR".to_owned(), own.display().to_string()),
        tool("CARGO_HOME", ".cargo"),
        tool("RUSTUP_HOME", ".rustup"),
    ];
    environment
        .extend(std::env::var("CARGO_TARGET_DIR").ok().map(|folder| ("CARGO_TARGET_DIR".to_owned(), folder)));
    environment
}

/// Command lines of the processes that have the demonstration's folder in their environment.
fn running(folder: &Path) -> Vec<String> {
    let name = folder.display().to_string().into_bytes();
    let mine = |bytes: Vec<u8>| bytes.windows(name.len()).any(|window| window == name);
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter(|entry| std::fs::read(entry.path().join("environ")).is_ok_and(mine))
        .map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Where nothing can be downloaded, the message is all that can be shown.
#[test]
fn a_machine_without_rust_and_network_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("bin");
    std::fs::create_dir(&tools).unwrap();
    for name in ["bash", "sh", "sort", "head", "cut", "printf"] {
        let found = Command::new("sh").arg("-c").arg(format!("command -v {name}")).output().unwrap();
        let path = String::from_utf8(found.stdout).unwrap();
        if path.starts_with('/') {
            std::os::unix::fs::symlink(path.trim(), tools.join(name)).unwrap();
        }
    }
    let curl = tools.join("curl");
    std::fs::write(&curl, "#!/bin/sh\nexit 6\n").unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script =
        format!("set -euo pipefail; . '{}'; install_rust", root().join("softhsm-setup/machine.sh").display());
    let output = Command::new(tools.join("bash"))
        .args(["-c", &script])
        .env_clear()
        .env("PATH", &tools)
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["https://rustup.rs", "could not be downloaded", "Không tải được"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn the_readmes_curl_lines_sign() {
    let token = SoftHsm::new();
    let agent = Agent::with(&token);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let part = readme.split("### With curl").nth(1).unwrap();
    let script = part.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let script = script.replace("http://127.0.0.1:21480", &format!("http://127.0.0.1:{}", agent.port));
    agent.person.then([Act::Yes, Act::Pin(SoftHsm::PIN)]);
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("Verified OK"), "{output:?}");
}
