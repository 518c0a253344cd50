//! Who asks. Made once at the edge, then carried to the prompt and the log.

use std::fmt;

use super::origin::Origin;

/// What the log and the status call a command of this user's. Stable.
pub const COMMAND_LINE: &str = "command line";

/// The party that asked for a signature or a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The person's own `kyso sign`, over the control socket or without an agent.
    CommandLine,
    /// A page, named by the origin its browser vouched for.
    Web(Origin),
}

impl Caller {
    /// The page's origin.
    pub fn site(&self) -> Option<&Origin> {
        match self {
            Self::CommandLine => None,
            Self::Web(origin) => Some(origin),
        }
    }
}

impl fmt::Display for Caller {
    /// `command line`, or the origin. Stable: the log keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str(COMMAND_LINE),
            Self::Web(origin) => origin.fmt(f),
        }
    }
}
