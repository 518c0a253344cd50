//! A machine that several people share: a network of the test's own, and users with their own folders and tokens in it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::{Reply, Request};
use super::softhsm::SoftHsm;
use super::terminal::Terminal;

/// A network namespace with a loopback interface, kept by a process: needs root, util-linux and iproute2.
pub(crate) struct Network(Helper);

/// A program beside the test, ended when dropped.
pub(crate) struct Helper(Child);

/// Somebody with an account: a number is enough for the kernel.
pub(crate) struct User {
    pub(crate) uid: u32,
    folder: TempDir,
    prefix: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Helper {
    /// Started and ready: it has said its first line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let helper = Self(child);
        assert_eq!(line, "ready\n", "{command:?}");
        helper
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Network {
    pub(crate) fn new() -> Self {
        Self::of("ip link set lo up && echo ready && exec cat")
    }

    /// Without a loopback interface, so that 127.0.0.1 may be somebody else's.
    pub(crate) fn without_loopback() -> Self {
        Self::of("echo ready && exec cat")
    }

    fn of(script: &str) -> Self {
        Self(Helper::start(Command::new("unshare").args(["--net", "sh", "-c", script])))
    }

    /// The process that keeps it.
    pub(crate) fn id(&self) -> u32 {
        self.0.0.id()
    }

    /// Does this in it: what it starts is there too.
    pub(crate) fn inside(&self, work: impl FnOnce() + Send) {
        use std::os::fd::AsFd as _;
        let namespace = std::fs::File::open(format!("/proc/{}/ns/net", self.id())).unwrap();
        // A thread may be in another network than its process.
        std::thread::scope(|scope| {
            let there = scope.spawn(|| {
                let kind = Some(rustix::thread::LinkNameSpaceType::Network);
                rustix::thread::move_into_link_name_space(namespace.as_fd(), kind).unwrap();
                work();
            });
            there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    /// A program in it, as root.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(self.namespace()).arg(program);
        command
    }

    /// A script in it, as root, to its end.
    pub(crate) fn run(&self, script: &str) -> Output {
        self.command("sh").args(["-c", script]).output().unwrap()
    }

    fn namespace(&self) -> String {
        format!("--net=/proc/{}/ns/net", self.id())
    }
}

impl User {
    /// With a copy of this token, in this network.
    pub(crate) fn with(uid: u32, token: &SoftHsm, network: &Network) -> Self {
        let module = SoftHsm::module();
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens");
        let copied = Command::new("cp").arg("-r").arg(token.tokens()).arg(&tokens).status().unwrap();
        assert!(copied.success());
        let conf = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
        std::fs::write(folder.path().join("softhsm2.conf"), conf).unwrap();
        let config = format!("[[modules]]\npath = {module:?}\nwritable = [{tokens:?}]\n");
        Self::in_folder(uid, folder, &config, network)
    }

    /// Without a token, in this network.
    pub(crate) fn without_token(uid: u32, network: &Network) -> Self {
        Self::in_folder(uid, tempfile::tempdir().unwrap(), "modules = []\n", network)
    }

    fn in_folder(uid: u32, folder: TempDir, config: &str, network: &Network) -> Self {
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir_all(at("config/kyso")).unwrap();
        std::fs::create_dir_all(at("run")).unwrap();
        std::fs::write(at("config/kyso/config.toml"), config).unwrap();
        let environment = [
            ("HOME", folder.path().display().to_string()),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("SOFTHSM2_CONF", at("softhsm2.conf")),
            ("KYSO_LANG", "en".to_owned()),
        ];
        let owned =
            Command::new("chown").args(["-R", &format!("{uid}:{uid}")]).arg(folder.path()).status().unwrap();
        assert!(owned.success(), "only root can make users: run this as root");
        let prefix = [
            network.namespace(),
            "setpriv".to_owned(),
            format!("--reuid={uid}"),
            format!("--regid={uid}"),
            "--clear-groups".to_owned(),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { uid, folder, prefix: prefix.into(), environment }
    }

    /// Their log.
    pub(crate) fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("data/kyso/audit.sqlite")
    }

    /// A program of theirs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(&self.prefix).arg(program).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(self.environment.iter().cloned());
        command
    }

    /// `kyso` with these arguments, in no terminal.
    pub(crate) fn kyso(&self, arguments: &[&str]) -> Output {
        self.command(KYSO).args(arguments).output().unwrap()
    }

    /// The present status.
    pub(crate) fn status(&self) -> Value {
        let output = self.kyso(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// An agent of theirs that asks in a terminal, and its port.
    pub(crate) fn agent(&self) -> (Terminal, u16) {
        let mut arguments: Vec<&str> = self.prefix.iter().map(String::as_str).collect();
        arguments.extend([KYSO, "agent", "--prompt", "terminal"]);
        let terminal = Terminal::start("nsenter", &arguments, &self.environment);
        let start = "http://127.0.0.1:";
        let from = terminal.wait_for(start, 0);
        terminal.wait_for("\n", from);
        let port: String = terminal.text()[from..].chars().take_while(char::is_ascii_digit).collect();
        (terminal, port.parse().unwrap())
    }

    /// Sends these bytes from a socket of theirs; nothing if no whole answer comes.
    pub(crate) fn exchange(&self, port: u16, request: &Request) -> Option<Reply> {
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; cat >&3; cat <&3");
        let mut client = self
            .command("bash")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        client.stdin.take().unwrap().write_all(&request.bytes()).unwrap();
        Reply::parse(&client.wait_with_output().unwrap().stdout)
    }

    /// Allows an origin and pairs it; its bearer token.
    pub(crate) fn pair(&self, port: u16, origin: &str) -> String {
        let allowed = self.kyso(&["origins", "allow", origin]);
        assert!(allowed.status.success(), "{allowed:?}");
        let body = json!({ "name": "x", "nonce": STANDARD.encode([7; 32]) });
        let request = Request::new("POST", "/v1/pairings", port, origin).json(&body);
        let reply = self.exchange(port, &request).expect("an answer").json();
        reply["token"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }
}

const KYSO: &str = env!("CARGO_BIN_EXE_kyso");
