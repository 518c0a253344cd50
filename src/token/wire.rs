//! What agent and token host say to each other: flat postcard frames behind a length (u32, little
//! endian). No value holds another of its own kind, so nothing recurses (R48).

mod flags;

use std::fmt;
use std::io;
use std::io::Read;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::description::Description;
use super::trace::Mark;
use crate::domain::module::ModuleSettings;
use crate::sys::sandbox::Landlock;
pub use flags::Flags;

/// The longest frame either side takes, in bytes.
pub const MAX_FRAME: usize = 8 * 1024 * 1024;

/// From the agent, before all else and once: how to load the module. Has no reply of its own; the first
/// is [`Reply::Ready`] or [`Reply::Failed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The reserved string of `C_Initialize`.
    pub reserved: Option<String>,
    /// Sessions that a batch is split over.
    pub parallel: u32,
    /// The module reaches its token over TCP.
    pub network: bool,
    /// Folders that it writes to.
    pub writable: Vec<PathBuf>,
    /// Keep it from other files, where the kernel can.
    pub landlock: bool,
    /// Tell of each step by a [`Reply::Mark`].
    pub trace: bool,
}

/// From the agent. One at a time is under way, except that [`Request::Cancel`] may follow a
/// [`Request::Sign`]; replies come in the order of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered by [`Reply::Tokens`].
    List,
    /// Answered by [`Reply::Description`].
    Describe,
    /// Answered by [`Reply::Nonce`].
    Nonce {
        /// Serial number of the token whose PIN will be sealed.
        serial: String,
    },
    /// Answered by [`Reply::Found`], by [`Reply::Progress`] after the login (0), now and then between
    /// signatures and before a failure, then by [`Reply::Signatures`]; or by [`Reply::Failed`] at any point.
    Sign {
        /// [`Job::frame`](crate::domain::job::Job::frame).
        frame: Vec<u8>,
        /// What logs in.
        pass: Pass,
        /// The person has agreed that it may be the last try (R40).
        last_try: bool,
    },
    /// Ends a kept login, if there is one; answered by [`Reply::LoggedOut`].
    Logout,
    /// Ends the signing under way after the C call it is in. Has no reply of its own.
    Cancel,
    /// Answered by [`Reply::PinPlace`].
    PinPlace {
        /// [`PinTask::frame`](crate::domain::pin_task::PinTask::frame).
        frame: Vec<u8>,
    },
    /// Answered by [`Reply::Found`], by [`Reply::Progress`] after the login (0), then by
    /// [`Reply::PinSet`]; or by [`Reply::Failed`] at any point.
    SetPin {
        /// [`PinTask::frame`](crate::domain::pin_task::PinTask::frame).
        frame: Vec<u8>,
        /// The secrets; sealed, a [`SealedPair`](crate::domain::seal::SealedPair).
        pass: Pass,
    },
}

/// What logs in to the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pass {
    /// A PIN.
    Sealed {
        /// The nonce it was sealed for.
        nonce: [u8; 32],
        /// [`SealedPin`](crate::domain::seal::SealedPin).
        pin: Vec<u8>,
    },
    /// A PIN, and the login is kept (R38); the limits, in seconds, are part of what it is sealed for.
    ToKeep {
        /// The nonce it was sealed for.
        nonce: [u8; 32],
        /// [`SealedPin`](crate::domain::seal::SealedPin).
        pin: Vec<u8>,
        /// The longest without a signature.
        idle: u64,
        /// The longest in all.
        most: u64,
    },
    /// The reader's own pad.
    Reader,
    /// The login that is kept.
    Kept,
}

/// From the token host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The first of all: the module is loaded and initialised.
    Ready {
        /// X25519 public key of this process.
        key: [u8; 32],
        /// Whether files are out of the module's reach; the rest of the sandbox holds.
        landlock: Landlock,
    },
    /// What is plugged in.
    Tokens {
        /// In the order of their slots.
        tokens: Vec<Token>,
        /// Whether the module reaches its tokens through the system's reader stack, PC/SC.
        reader_stack: bool,
    },
    /// A fresh one-use nonce.
    Nonce {
        /// The nonce.
        nonce: [u8; 32],
        /// What the token's flags say of its PIN now; none if it is not there.
        pin: Option<Flags>,
    },
    /// The token and the certificate of the job are there; the login begins.
    Found,
    /// The key wants a login for each signature; comes before the first progress.
    EachTime,
    /// So many are signed.
    Progress(u32),
    /// Comes right before the signatures if the token stays logged in.
    Kept,
    /// No login is kept any more.
    LoggedOut,
    /// One a digest, in order.
    Signatures(Vec<Vec<u8>>),
    /// It failed.
    Failed(Failure),
    /// What the token says before its PIN is set.
    PinPlace(PinPlace),
    /// The new PIN is the token's.
    PinSet,
    /// What the module says of itself.
    Description(Description),
    /// A step begins or is over; comes between others, where [`Setup::trace`] wants it.
    Mark(Mark),
}

/// [`PinPlace`](crate::domain::pin_task::PinPlace) on the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of the domain's PinPlace")]
pub struct PinPlace {
    pub state: Flags,
    pub must_change: bool,
    pub reader: bool,
    /// `ulMinPinLen` and `ulMaxPinLen`, whatever they are.
    pub lengths: (u64, u64),
    pub nonce: [u8; 32],
}

/// One token and its certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Serial number, blanks trimmed.
    pub serial: String,
    /// Label.
    pub label: String,
    /// Model.
    pub model: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// What its flags say of the PIN.
    pub pin: Flags,
    /// What its slot is called: the reader's name where there is one.
    pub reader: String,
    /// Each X.509 certificate, as found.
    pub certificates: Vec<Object>,
}

/// A certificate object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// DER.
    pub der: Vec<u8>,
    /// `CKA_ID`.
    pub id: Vec<u8>,
}

/// Why there is no other reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Whose matter it is.
    pub kind: Kind,
    /// Index of the digest, if it came that far.
    pub item: Option<u32>,
    /// The PKCS#11 answer and the function that gave it, for the log.
    pub cause: String,
    /// The module's state is not to be trusted any more: its process is to be ended.
    pub restart: bool,
}

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The PIN was wrong.
    WrongPin {
        /// What the token says now.
        pin: Flags,
        /// For the next one.
        nonce: [u8; 32],
    },
    /// One try is left, and the person has not agreed to that; nothing was tried.
    LastTry {
        /// For the next one.
        nonce: [u8; 32],
    },
    /// No try is left.
    PinLocked,
    /// The PIN must be changed first.
    PinMustChange,
    /// No login is kept, or not one that does for this job; nothing was signed.
    LoginEnded,
    /// Cancelled, on the pad or by the agent.
    Cancelled,
    /// The token is gone.
    Removed,
    /// Another token or certificate is there.
    Changed,
    /// The key is missing or can't do this.
    Unfit,
    /// The module can't be loaded.
    Missing,
    /// Anything else.
    Failed,
    /// No try is left for the PUK.
    PukLocked,
    /// The token does not take the new PIN.
    NewPinRefused {
        /// For the next ones.
        nonce: [u8; 32],
    },
    /// The token's PIN can't be set this way.
    PinUnsupported,
}

/// Puts a value into a frame, length first.
///
/// # Errors
/// `InvalidData` if it is longer than [`MAX_FRAME`].
pub fn frame<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut frame = postcard::to_extend(value, vec![0; LENGTH]).map_err(invalid)?;
    let length = frame.len() - LENGTH;
    if length > MAX_FRAME {
        return Err(invalid("frame too long"));
    }
    frame[..LENGTH].copy_from_slice(&u32::try_from(length).map_err(invalid)?.to_le_bytes());
    Ok(frame)
}

/// Reads a value out of a frame's body; every byte must belong to it.
///
/// # Errors
/// `InvalidData` for anything that [`frame`] does not write.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> io::Result<T> {
    let (value, rest) = postcard::take_from_bytes(body).map_err(invalid)?;
    if rest.is_empty() { Ok(value) } else { Err(invalid("bytes after the value")) }
}

/// The length of the body that follows.
///
/// # Errors
/// `InvalidData` above [`MAX_FRAME`].
pub fn body_length(head: [u8; LENGTH]) -> io::Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_FRAME { Err(invalid("frame too long")) } else { Ok(length) }
}

/// Reads one frame and what is in it.
///
/// # Errors
/// `UnexpectedEof` at the end of the pipe, `InvalidData` for what is no frame, else the pipe's.
pub fn read<T: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<T> {
    let mut head = [0; LENGTH];
    pipe.read_exact(&mut head)?;
    let mut body = vec![0; body_length(head)?];
    pipe.read_exact(&mut body)?;
    parse(&body)
}

/// Bytes of a frame's length.
pub const LENGTH: usize = 4;

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sealed { .. } => "Sealed(…)",
            Self::ToKeep { .. } => "ToKeep(…)",
            Self::Kept => "Kept",
            Self::Reader => "Reader",
        })
    }
}

impl From<&ModuleSettings> for Setup {
    fn from(settings: &ModuleSettings) -> Self {
        let ModuleSettings { reserved, parallel, network, writable, landlock, slow: _, environment: _ } =
            settings.clone();
        let parallel = u32::try_from(parallel).unwrap_or(1);
        Self { reserved, parallel, network, writable, landlock, trace: false }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]

        /// Random bytes are an error or a value, never a panic and never a huge allocation.
        #[test]
        fn r48_random_frames_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = read::<Request>(&mut bytes.as_slice());
            let _ = parse::<Request>(&bytes);
            let _ = parse::<Reply>(&bytes);
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn comes_back_as_it_went(body in proptest::collection::vec(any::<u8>(), 0..512), nonce: [u8; 32]) {
            let pass = Pass::Sealed { nonce, pin: body.clone() };
            let request = Request::Sign { frame: body, pass, last_try: true };
            let bytes = frame(&request).expect("short");
            prop_assert_eq!(read::<Request>(&mut bytes.as_slice()).expect("whole"), request);
            for cut in 0..bytes.len() {
                prop_assert!(read::<Request>(&mut &bytes[..cut]).is_err());
            }
        }
    }

    #[test]
    fn r48_long_frames_are_refused_before_they_are_read() {
        let head = u32::try_from(MAX_FRAME + 1).expect("fits").to_le_bytes();
        assert_eq!(
            read::<Reply>(&mut head.as_slice()).expect_err("too long").kind(),
            io::ErrorKind::InvalidData
        );
        assert!(frame(&Reply::Signatures(vec![vec![0; MAX_FRAME]])).is_err());
    }
}
