//! What is known of a PKCS#11 module beside where it is.

use std::path::PathBuf;

/// How a module wants to be treated. The defaults suit a module that nothing is known of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSettings {
    /// The reserved string of `C_Initialize`, such as NSS's parameters.
    pub reserved: Option<String>,
    /// Sessions that a batch is split over, 1 to [`ModuleSettings::MOST_SESSIONS`]. Cards gain nothing from
    /// more than one.
    pub parallel: usize,
    /// Its calls may take four times as long.
    pub slow: bool,
    /// It reaches its token over TCP.
    pub network: bool,
    /// Folders it must write to, such as a software token's.
    pub writable: Vec<PathBuf>,
    /// Names of variables that it gets of the agent's environment, besides those that every module gets.
    pub environment: Vec<String>,
    /// Keep it from other files, where the kernel can.
    pub landlock: bool,
}

impl ModuleSettings {
    /// The most sessions that a batch is split over.
    pub const MOST_SESSIONS: usize = 16;
}

impl Default for ModuleSettings {
    fn default() -> Self {
        Self {
            reserved: None,
            parallel: 1,
            slow: false,
            network: false,
            writable: Vec::new(),
            environment: Vec::new(),
            landlock: true,
        }
    }
}
