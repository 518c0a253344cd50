//! Where Kyso keeps what it keeps.

use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::sys;
use crate::sys::machine;

/// The folders of one user. Each file in them is this user's alone.
#[derive(Clone, Debug)]
pub struct Paths {
    config: PathBuf,
    data: PathBuf,
    runtime: PathBuf,
    machine: machine::Folder,
}

impl Paths {
    /// The system's folders for this user: on Linux `$XDG_CONFIG_HOME/kyso`, `$XDG_DATA_HOME/kyso`
    /// and `$XDG_RUNTIME_DIR/kyso` (XDG Base Directory 0.8). Without a runtime folder, as under cron, a
    /// folder beside the data. Nothing if the user has no home.
    pub fn of_user() -> Option<Self> {
        let dirs = ProjectDirs::from("", "", "kyso")?;
        let data = dirs.data_dir().to_owned();
        let runtime = dirs.runtime_dir().map_or_else(|| data.join("run"), Path::to_owned);
        let machine = machine::Folder::of_machine();
        Some(Self { config: dirs.config_dir().to_owned(), data, runtime, machine })
    }

    /// All under one folder, for what touches nothing of the user's; laid out so that other commands find it with
    /// `XDG_CONFIG_HOME`, `XDG_DATA_HOME` and `XDG_RUNTIME_DIR` set to its `config`, `data` and `run`. What is in its
    /// `etc/kyso` stands for what the machine's administrator lays down.
    pub fn under(folder: &Path) -> Self {
        let at = |name| folder.join(name).join("kyso");
        let machine = machine::Folder::of_user(at("etc"));
        Self { config: at("config"), data: at("data"), runtime: at("run"), machine }
    }

    /// Makes the folders that are written to, for this user alone (0700).
    ///
    /// # Errors
    /// With the folder that could not be made.
    pub fn make(&self) -> Result<(), (PathBuf, io::Error)> {
        for folder in [&self.data, &self.runtime] {
            sys::files::private_folder(folder).map_err(|error| (folder.clone(), error))?;
        }
        Ok(())
    }

    /// Where the machine's administrator lays down policy and anchors. No variable and no setting moves it.
    pub fn machine(&self) -> &machine::Folder {
        &self.machine
    }

    /// The configuration that is read where none is named.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The log.
    pub fn audit(&self) -> PathBuf {
        self.data.join("audit.sqlite")
    }

    /// The agent's identity key.
    pub fn identity(&self) -> PathBuf {
        self.data.join("identity.key")
    }

    /// Key and certificates of https; missing where TLS is off.
    pub fn tls(&self) -> PathBuf {
        self.data.join("tls.pem")
    }

    /// The certificate that browsers trust for it, for programs that Kyso does not know.
    pub fn tls_authority(&self) -> PathBuf {
        self.data.join("tls-ca.crt")
    }

    /// What authorities answered about revocation.
    pub fn answers(&self) -> PathBuf {
        self.data.join("revocation")
    }

    /// The lock that one agent, or one command without an agent, holds: beside the log that it guards,
    /// whatever runtime folder the session has.
    pub fn lock(&self) -> PathBuf {
        self.data.join("lock")
    }

    /// What `kyso setup` remembers; missing before its first run.
    pub fn setup(&self) -> PathBuf {
        self.data.join("setup.json")
    }

    /// The lock that one tray of the session holds.
    pub fn tray_lock(&self) -> PathBuf {
        self.runtime.join("tray.lock")
    }

    /// What notifications have said already, so that each says it once.
    pub fn said(&self) -> PathBuf {
        self.data.join("notified")
    }

    /// The log as the tray shows it; gone with the session.
    pub fn export(&self) -> PathBuf {
        self.runtime.join("kyso-log.csv")
    }

    /// What `kyso setup` found, as a page; gone with the session.
    pub fn setup_page(&self) -> PathBuf {
        self.runtime.join("kyso-setup.html")
    }

    /// The folder of every program's configuration.
    pub fn config_home(&self) -> PathBuf {
        self.config.parent().unwrap_or(&self.config).to_owned()
    }

    /// The control socket.
    pub fn control(&self) -> PathBuf {
        self.runtime.join("control.sock")
    }
}
