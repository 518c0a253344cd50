//! The agent looks at its own port, once a minute, and at who else listens where pages look for it (R7).
//!
//! It calls itself over TCP, from a socket that the server knows by its address: no other process can have that while
//! the agent holds it. What comes back must be signed by the identity key, for this call alone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::identity::Identity;
use super::neighbours;
use crate::log;
use crate::status::{Agent, Answers, Squatter};
use crate::sys;
use crate::text::Lang;
use crate::text::neighbours::NeighbourWords;

/// What the agent knows of its port.
#[derive(Debug)]
pub struct Sentry {
    port: u16,
    identity: Arc<Identity>,
    since: OffsetDateTime,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The socket that calls now.
    calling: Option<SocketAddr>,
    seen: Seen,
}

/// What the last look has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    answers: Answers,
    squatters: Vec<Squatter>,
}

impl Sentry {
    pub(super) fn new(port: u16, identity: Arc<Identity>) -> Self {
        let since = OffsetDateTime::now_utc();
        let since = since.replace_nanosecond(0).unwrap_or(since);
        Self { port, identity, since, state: Mutex::default() }
    }

    /// What there is to tell of this agent.
    pub fn status(&self) -> Agent {
        let Seen { answers, squatters } = self.state().seen.clone();
        Agent {
            pid: std::process::id(),
            port: self.port,
            since: Some(self.since),
            log_level: log::level().name().to_owned(),
            last_ones: None,
            answers,
            squatters,
        }
    }

    /// Looks now and once a minute. `https` is that listener's port, `tell` is called when something has changed;
    /// that is logged in this language.
    pub async fn keep_watch(&self, https: impl Fn() -> Option<u16>, tell: impl Fn(), lang: Lang) {
        loop {
            let seen = self.look(https()).await;
            if self.note(&seen, &tell) {
                NeighbourWords::lines(&seen.answers, &seen.squatters, self.port, lang)
                    .into_iter()
                    .for_each(log::warn);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether this is news. Nobody reads it before it is told.
    fn note(&self, seen: &Seen, tell: impl Fn()) -> bool {
        let mut state = self.state();
        let news = state.seen != *seen;
        if news {
            state.seen = seen.clone();
            tell();
        }
        news
    }

    async fn look(&self, https: Option<u16>) -> Seen {
        let listening = sys::listeners::all().unwrap_or_else(|error| {
            log::debug(format_args!("sock_diag: {error}"));
            Vec::new()
        });
        let answers = match tokio::time::timeout(PATIENCE, self.call()).await {
            Ok(Ok(true)) => Answers::Us,
            Ok(Ok(false)) => {
                let uid = neighbours::holder(&listening, self.port);
                Answers::Other { uid, user: uid.map(sys::user::name_of) }
            }
            Ok(Err(_)) | Err(_) => Answers::Nobody,
        };
        self.state().calling = None;
        log::debug(format_args!("self-check: {answers:?}"));
        let own: Vec<u16> = [Some(self.port), https].into_iter().flatten().collect();
        let squatters = neighbours::squatters(&listening, &own, sys::user::current_id(), sys::user::name_of);
        Seen { answers, squatters }
    }

    /// Whether our key answers at our port.
    async fn call(&self) -> io::Result<bool> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        self.state().calling = Some(socket.local_addr()?);
        let mut stream = socket.connect((Ipv4Addr::LOCALHOST, self.port).into()).await?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        stream.write_all(&nonce).await?;
        let mut answer = Vec::new();
        // Another program says what it likes, or nothing, or hangs up.
        let _ = stream.take(MOST).read_to_end(&mut answer).await;
        Ok(self.identity.has_signed_self(&nonce, self.port, &answer))
    }

    /// Whether this connection is the agent's own call.
    pub(super) fn is_own(&self, peer: SocketAddr) -> bool {
        self.state().calling == Some(peer)
    }

    /// Answers it.
    pub(super) async fn answer(&self, mut stream: TcpStream) {
        let mut nonce = [0; NONCE];
        if stream.read_exact(&mut nonce).await.is_ok() {
            let _ = stream.write_all(&self.identity.sign_self(&nonce, self.port)).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const EVERY: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(5);
const NONCE: usize = 32;
/// What is read of an answer, in bytes; ours has 64.
const MOST: u64 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn sentry(folder: &std::path::Path, port: u16) -> Sentry {
        let identity = Identity::load_or_create(&folder.join("identity.key")).expect("a key");
        Sentry::new(port, Arc::new(identity))
    }

    /// What a look finds at a port where this answers every connection.
    async fn found(answer: impl AsyncFn(&Sentry, TcpStream, SocketAddr)) -> Answers {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let sentry = sentry(folder.path(), listener.local_addr().expect("bound").port());
        let serving = async {
            loop {
                let (stream, peer) = listener.accept().await.expect("a caller");
                answer(&sentry, stream, peer).await;
            }
        };
        tokio::select! {
            seen = sentry.look(None) => seen.answers,
            () = serving => Answers::Unknown,
        }
    }

    #[tokio::test]
    async fn r7_our_own_key_answers() {
        let ours = async |sentry: &Sentry, stream: TcpStream, peer| {
            assert!(sentry.is_own(peer));
            sentry.answer(stream).await;
        };
        assert_eq!(found(ours).await, Answers::Us);
    }

    #[tokio::test]
    async fn r7_whoever_else_answers_is_seen_and_named() {
        let uid = sys::user::current_id();
        let other = Answers::Other { uid: Some(uid), user: Some(sys::user::name_of(uid)) };
        let garbage = async |_: &Sentry, mut stream: TcpStream, _| {
            let _ = stream.write_all(&[7; 64]).await;
        };
        assert_eq!(found(garbage).await, other);
        let another_key = async |own: &Sentry, stream: TcpStream, _| {
            let folder = tempfile::tempdir().expect("a folder");
            sentry(folder.path(), own.port).answer(stream).await;
        };
        assert_eq!(found(another_key).await, other);
        let replay = async |own: &Sentry, mut stream: TcpStream, _| {
            let old = own.identity.sign_self(&[0; NONCE], own.port);
            let _ = stream.write_all(&old).await;
        };
        assert_eq!(found(replay).await, other);
    }

    #[tokio::test]
    async fn r7_a_port_that_nobody_answers_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("bound").port()
        };
        assert_eq!(sentry(folder.path(), port).look(None).await.answers, Answers::Nobody);
    }

    #[tokio::test]
    async fn nobody_else_is_taken_for_the_agents_own_call() {
        let folder = tempfile::tempdir().expect("a folder");
        let sentry = sentry(folder.path(), 1);
        assert!(!sentry.is_own("127.0.0.1:1".parse().expect("an address")));
    }
}
