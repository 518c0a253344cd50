//! A desk of a test's own: the real `kyso` with folders, configuration and token that touch nobody's.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::token::hub::ModuleConfig;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

use super::http::{Request, exchange};
use super::machine::Machine;
use super::softhsm::SoftHsm;
use super::terminal::Terminal;

/// Folders and environment of one user.
pub(crate) struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
    machine: Option<Machine>,
}

/// A `kyso agent` without a terminal; ended when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) port: u16,
    said: Arc<Mutex<String>>,
}

impl Desk {
    /// With SoftHSM as the only module, and this token in it.
    pub(crate) fn with(token: &SoftHsm) -> Self {
        let (module, tokens) = (SoftHsm::module(), token.tokens());
        let config = format!("[[modules]]\npath = {module:?}\nwritable = [{tokens:?}]\n");
        let mut desk = Self::configured(&config);
        desk.environment.push(("SOFTHSM2_CONF".into(), token.conf().display().to_string()));
        desk
    }

    /// With this configuration file.
    pub(crate) fn configured(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let environment = [
            ("HOME", folder.path().display().to_string()),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("KYSO_LANG", "en".to_owned()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ];
        std::fs::create_dir_all(folder.path().join("config/kyso")).unwrap();
        std::fs::create_dir_all(folder.path().join("run")).unwrap();
        std::fs::write(folder.path().join("config/kyso/config.toml"), config).unwrap();
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { folder, environment, machine: None }
    }

    /// With this module, and the environment that it reads.
    pub(crate) fn driving(module: &ModuleConfig) -> Self {
        let (path, writable) = (&module.path, &module.settings.writable);
        let mut desk = Self::configured(&format!("[[modules]]\npath = {path:?}\nwritable = {writable:?}\n"));
        desk.set_all(module);
        desk
    }

    /// Sets what this module reads.
    pub(crate) fn set_all(&mut self, module: &ModuleConfig) {
        for (name, value) in &module.environment {
            self.set(name.to_str().unwrap(), value.to_str().unwrap());
        }
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config/kyso/config.toml")
    }

    /// The log.
    pub(crate) fn log(&self) -> PathBuf {
        self.data().join("audit.sqlite")
    }

    /// Kyso's own data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data/kyso")
    }

    /// The first steps are behind this person.
    pub(crate) fn is_set_up(&self) {
        std::fs::create_dir_all(self.data()).unwrap();
        std::fs::write(self.data().join("setup.json"), "{}").unwrap();
    }

    /// The folder around everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for what is started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Puts it on a machine with this policy: what is started from now on runs there.
    pub(crate) fn under(&mut self, policy: &str) -> &Machine {
        self.machine.insert(Machine::with(&[("policy.toml", policy)]))
    }

    /// `kyso` with these arguments, in no terminal.
    pub(crate) fn kyso(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `kyso` with these arguments, in a terminal.
    pub(crate) fn in_terminal(&self, arguments: &[&str]) -> Terminal {
        let Some(machine) = &self.machine else { return Terminal::start(KYSO, arguments, &self.environment) };
        let inside = machine.inside();
        let before = inside.iter().map(String::as_str).chain([KYSO]);
        let all: Vec<&str> = before.chain(arguments.iter().copied()).collect();
        Terminal::start("unshare", &all, &self.environment)
    }

    /// An agent that asks in a terminal, and its port.
    pub(crate) fn agent_in_terminal(&self) -> (Terminal, u16) {
        let terminal = self.in_terminal(&["agent", "--prompt", "terminal"]);
        let start = "http://127.0.0.1:";
        let from = terminal.wait_for(start, 0);
        terminal.wait_for("\n", from);
        let port =
            terminal.text()[from..].trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap().parse();
        (terminal, port.unwrap())
    }

    /// An agent that nobody can be asked by.
    pub(crate) fn agent(&self) -> Running {
        self.started(&["agent", "--prompt", "terminal"])
    }

    /// An agent that asks in windows on `DISPLAY`.
    pub(crate) fn agent_with_windows(&self) -> Running {
        self.started(&["agent"])
    }

    fn started(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let port = loop {
            let line = lines.next().unwrap_or_else(|| panic!("no agent: {}", said.lock().unwrap())).unwrap();
            if let Some((_, address)) = line.split_once("http://127.0.0.1:") {
                let digits: String = address.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().unwrap();
            }
            said.lock().unwrap().push_str(&format!("{line}\n"));
        };
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Running { child, port, said }
    }

    /// Allows an origin and pairs it; its bearer token.
    pub(crate) fn pair(&self, port: u16, origin: &str) -> String {
        let allowed = self.kyso(&["origins", "allow", origin]);
        assert!(allowed.status.success(), "{allowed:?}");
        let body = json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) });
        let request = Request::new("POST", "/v1/pairings", port, origin).json(&body);
        let reply = exchange(port, &request.bytes()).expect("an answer").json();
        reply["token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// The agent of this desk: whoever listens on its control socket, by the kernel's word.
    pub(crate) fn serving(&self) -> Option<u32> {
        let stream = UnixStream::connect(self.folder().join("run/kyso/control.sock")).ok()?;
        let peer = rustix::net::sockopt::socket_peercred(&stream).unwrap();
        peer.pid.as_raw_nonzero().get().try_into().ok()
    }

    /// Ends the agent that others start here, whatever a test finds.
    pub(crate) fn ends_its_agent(&self) -> Ended<'_> {
        Ended(self)
    }

    /// `kyso` with these arguments, to be started by the caller.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.machine {
            None => Command::new(KYSO),
            Some(machine) => {
                let mut there = Command::new("unshare");
                there.args(machine.inside()).arg(KYSO);
                there
            }
        };
        command.args(arguments).env_clear().stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(self.environment.iter().cloned());
        command
    }
}

/// See [`Desk::ends_its_agent`].
pub(crate) struct Ended<'a>(&'a Desk);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let id = self.0.serving().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        id.map(|id| kill_process(id, Signal::KILL));
    }
}

impl Running {
    /// What it said on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const KYSO: &str = env!("CARGO_BIN_EXE_kyso");
