//! The agent itself in the status document.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The agent itself, and who else is where pages look for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its process.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Since when it serves.
    #[serde(with = "time::serde::rfc3339::option")]
    pub since: Option<OffsetDateTime>,
    /// How much it logs: `warn`, `info` or `debug`.
    pub log_level: String,
    /// It takes no more requests and ends once so many are done; none: it stays.
    pub last_ones: Option<usize>,
    /// Who answers at its port.
    pub answers: Answers,
    /// Users who listen where it disturbs others.
    pub squatters: Vec<Squatter>,
}

/// Who answers at the agent's own port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Answers {
    /// It was not looked yet.
    #[default]
    Unknown,
    /// The agent, with its identity key.
    Us,
    /// Somebody who has not that key.
    Other {
        /// The user whose socket it is, if the kernel tells.
        uid: Option<u32>,
        /// Their name.
        user: Option<String>,
    },
    /// Nobody.
    Nobody,
}

/// A user who listens where it disturbs others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Squatter {
    /// Who.
    pub uid: u32,
    /// Their name, or `uid:` and the number.
    pub user: String,
    /// Ports for agents that another user holds, where it is more than one.
    pub holds: Vec<u16>,
    /// This person's own ports, at another address than the agent's.
    pub beside: Vec<u16>,
}
