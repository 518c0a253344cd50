//! How long a module may take.

use std::time::Duration;

/// How long one call into a module may take; passing it ends the module's process (R46).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Loading and `C_Initialize`.
    pub init: Duration,
    /// Looking at all slots, or for the certificate of a job.
    pub list: Duration,
    /// `C_Login`, and finding the key.
    pub login: Duration,
    /// The same where the PIN is typed on the reader.
    pub reader: Duration,
    /// Each signature.
    pub sign: Duration,
}

impl Default for Deadlines {
    /// R46's.
    fn default() -> Self {
        Self {
            init: Duration::from_secs(20),
            list: Duration::from_secs(10),
            login: Duration::from_secs(60),
            reader: Duration::from_secs(120),
            sign: Duration::from_secs(60),
        }
    }
}

impl Deadlines {
    /// Four times as long each.
    pub(super) fn of_a_slow_module(self) -> Self {
        let Self { init, list, login, reader, sign } = self;
        let [init, list, login, reader, sign] = [init, list, login, reader, sign].map(|time| time * 4);
        Self { init, list, login, reader, sign }
    }
}
