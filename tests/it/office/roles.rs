//! What the kernel says of each role while it runs (R35, R54, R67).

use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use super::{ASKS_PIN, PAGE};
use crate::support::agent::{one, sha256};
use crate::support::figures::print;
use crate::support::http::Request;
use crate::support::office::{Network, User};
use crate::support::softhsm::SoftHsm;

/// One process as `/proc` shows it.
struct Role {
    uid: String,
    no_new_privileges: String,
    seccomp: String,
    capabilities: String,
    core: String,
    /// Others of the same user may look into it: the files in `/proc` are theirs (proc(5)).
    is_open: bool,
}

impl Role {
    fn of(name: &str, id: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned()
        };
        let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
        let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
        let core = core.split_whitespace().take(2).collect::<Vec<_>>().join("/");
        let is_open = std::fs::metadata(format!("/proc/{id}/environ")).unwrap().uid() != 0;
        let role = Self {
            uid: field("Uid"),
            no_new_privileges: field("NoNewPrivs"),
            seccomp: field("Seccomp"),
            capabilities: field("CapEff"),
            core,
            is_open,
        };
        print(&format!(
            "{name}: uid {}, NoNewPrivs {}, Seccomp {}, CapEff {}, core {}, {}",
            role.uid,
            role.no_new_privileges,
            role.seccomp,
            role.capabilities,
            role.core,
            if role.is_open { "can be looked into" } else { "can't be looked into" }
        ));
        role
    }
}

#[test]
fn r67_each_role_runs_with_what_it_needs() {
    let (network, token) = (Network::new(), SoftHsm::new());
    let user = User::with(4_400, &token, &network);
    let (agent, port) = user.agent();
    let bearer = user.pair(port, PAGE);
    let body = one(token.id("person-p256"), &sha256("x"));
    let request = Request::new("POST", "/v1/signatures", port, PAGE).bearer(&bearer).json(&body);
    let mut tray = user.command(env!("CARGO_BIN_EXE_kyso")).arg("tray").spawn().unwrap();
    let roles = std::thread::scope(|scope| {
        scope.spawn(|| user.exchange(port, &request));
        agent.wait_for(ASKS_PIN, 0);
        let main = user.status()["agent"]["pid"].as_u64().unwrap();
        let main = u32::try_from(main).unwrap();
        let child = |word: &str| {
            let found = crate::process::descendants(main, word);
            let [one] = found.as_slice() else { panic!("{word}: {found:?}") };
            *one
        };
        let host = env!("CARGO_BIN_EXE_kyso-token-host");
        let ids =
            [("agent", main), ("token host", child(host)), ("prompt", child("prompt")), ("tray", tray.id())];
        becomes_small(tray.id());
        let roles = ids.map(|(name, id)| Role::of(name, id));
        signal(main);
        roles
    });
    let [agent, host, prompt, tray_role] = &roles;
    for role in &roles {
        assert_eq!((role.uid.as_str(), role.capabilities.as_str()), ("4400", "0000000000000000"));
    }
    for role in [agent, host, prompt] {
        assert_eq!((role.no_new_privileges.as_str(), role.core.as_str()), ("1", "0/0"));
        assert!(!role.is_open);
    }
    assert_eq!(host.seccomp, "2", "a filter");
    // It has no PIN, and starts what the person chooses: a terminal in which `sudo` works, say.
    assert!(tray_role.is_open);
    let _ = tray.kill();
    let _ = tray.wait();
}

fn signal(id: u32) {
    let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    // Twice: it is not to wait for the question.
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
}

/// Waits until `nsenter`, `setpriv` and `kyso` have made room for the tray's own program.
fn becomes_small(id: u32) {
    let end = Instant::now() + Duration::from_secs(10);
    let is = || std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe.ends_with("kyso-tray"));
    while !is() {
        assert!(Instant::now() < end, "the tray never became kyso-tray");
        std::thread::sleep(Duration::from_millis(10));
    }
}
