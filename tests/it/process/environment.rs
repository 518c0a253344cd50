//! What a session's processes are started as, and what of it a vendor's library gets to see.

use super::{PAGE, descendants};
use crate::support::desk::Desk;
use crate::support::softhsm::SoftHsm;

/// It is started with what it is set up by, and without what opens other doors of the person's.
#[test]
fn a_modules_process_gets_no_environment_that_is_none_of_its_business() {
    let token = SoftHsm::new();
    let mut desk = Desk::with(&token);
    let config = std::fs::read_to_string(desk.config()).unwrap();
    std::fs::write(desk.config(), format!("{config}environment = [\"VENDOR_SETTINGS\"]\n")).unwrap();
    let other = [("SSH_AUTH_SOCK", "/run/ssh"), ("DISPLAY", ":99"), ("SERVICE_PASSWORD", "canary-5127")];
    for (name, value) in other.into_iter().chain([("VENDOR_SETTINGS", "/etc/vendor")]) {
        desk.set(name, value);
    }
    let agent = desk.agent();
    desk.pair(agent.port, PAGE);
    assert!(desk.kyso(&["tokens"]).status.success());
    let module = SoftHsm::module().display().to_string();
    let hosts = descendants(agent.child.id(), &module);
    let [host] = hosts.as_slice() else { panic!("{hosts:?}") };
    let environment = std::fs::read(format!("/proc/{host}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    let has = |name: &str| environment.split('\0').any(|line| line.split('=').next() == Some(name));
    assert!(has("SOFTHSM2_CONF") && has("HOME") && has("VENDOR_SETTINGS"), "{environment}");
    for (name, value) in other {
        assert!(!has(name) && !environment.contains(value), "{environment}");
    }
}

/// `kyso agent` turns into it, so that what stays in memory all day is the agent's code alone.
#[test]
fn the_agent_is_a_program_of_its_own() {
    let desk = Desk::configured("modules = []\n");
    let agent = desk.agent();
    let program = std::fs::read_link(format!("/proc/{}/exe", agent.child.id())).unwrap();
    assert_eq!(program, std::fs::canonicalize(env!("CARGO_BIN_EXE_kyso-agent")).unwrap());
    let seen = agent.said();
    assert!(desk.kyso(&["status"]).status.success(), "{seen}");
}
