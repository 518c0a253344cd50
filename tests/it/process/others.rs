//! Another user of the same machine reaches nothing (R2, R9), and a library gives no commands (R54).

use std::process::{Command, Output};

use super::PAGE;
use crate::support::desk::Desk;
use crate::support::hostile::Hostile;
use crate::support::http::{Request, exchange};

/// Runs a script as the user `nobody`.
fn as_nobody(script: &str) -> Output {
    Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .output()
        .expect("setpriv: apt-get install util-linux")
}

#[test]
fn r2_another_user_gets_not_a_byte_and_does_nothing() {
    assert!(as_nobody("true").status.success(), "only root can be somebody else: run this as root");
    let desk = Desk::configured("modules = []");
    let agent = desk.agent();
    let bearer = desk.pair(agent.port, PAGE);
    let page = |method: &str, target: &str| Request::new(method, target, agent.port, PAGE).bearer(&bearer);
    // If it got through, the pairing would be gone.
    let forget = page("DELETE", "/v1/pairings/current").bytes();
    let request = String::from_utf8(forget).unwrap().replace("\r\n", "\\r\\n");
    let open = format!("exec 3<>/dev/tcp/127.0.0.1/{}; printf '{request}' >&3", agent.port);
    let times = if std::env::var_os("KYSO_LONG").is_some() { 2_000 } else { 20 };
    let stays = as_nobody(&format!("for _ in $(seq {times}); do ({open}; cat <&3); done"));
    assert!(stays.stdout.is_empty(), "{stays:?}");
    as_nobody(&format!("for _ in $(seq {times}); do {open}; exec 3>&-; done"));
    as_nobody(&format!("for _ in $(seq {times}); do ({open}; exit); done"));
    // A socket that root made and another user holds is root's; this test's agent is root's, too, so
    // that one can't be told from root itself.
    let alive = exchange(agent.port, &page("GET", "/v1/tokens").bytes()).expect("an answer");
    assert_eq!(alive.status, 200, "another user's request was carried out");
    let gone = exchange(agent.port, &page("DELETE", "/v1/pairings/current").bytes()).expect("an answer");
    assert_eq!(gone.status, 204, "the same bytes from this user are carried out");
}

#[test]
fn r9_another_user_reaches_neither_socket_nor_log() {
    assert!(as_nobody("true").status.success(), "only root can be somebody else: run this as root");
    let desk = Desk::configured("modules = []");
    let _agent = desk.agent();
    std::fs::set_permissions(desk.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for path in
        ["run/kyso/control.sock", "data/kyso/lock", "data/kyso/audit.sqlite", "data/kyso/identity.key"]
    {
        let path = desk.folder().join(path);
        assert!(path.exists(), "{}", path.display());
        let looked = as_nobody(&format!("test -e '{0}' || test -r '{0}' || test -w '{0}'", path.display()));
        assert!(!looked.status.success(), "another user reaches {}", path.display());
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

/// Where the kernel's Landlock is older than its version 9, it can connect to the socket.
#[test]
fn r54_a_library_gives_no_commands() {
    let hostile = Hostile::new();
    let module = hostile.always("C_Initialize=command");
    let mut desk = Desk::driving(&module);
    let socket = desk.folder().join("run/kyso/control.sock").display().to_string();
    desk.set("KYSO_HOSTILE_PROBE", &socket);
    let _agent = desk.agent();
    assert!(desk.kyso(&["tokens"]).status.success(), "the person's own command is answered");
    assert_eq!(hostile.count("command answered: false"), 1, "{:?}", hostile.log());
    // Nor does one that a command has loaded, and commands are where a library is tried out.
    let path = module.path.to_str().unwrap();
    for command in [&["doctor"][..], &["doctor", "--module", path]] {
        let before = hostile.count("command answered: false");
        desk.kyso(command);
        assert!(hostile.count("command answered: false") > before, "{command:?}: {:?}", hostile.log());
    }
    assert_eq!(hostile.count("command answered: true"), 0, "{:?}", hostile.log());
}
