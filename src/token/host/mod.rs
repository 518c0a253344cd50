//! The process that holds one PKCS#11 module (`kyso-token-host`).
//!
//! Requests come and replies leave on private copies of fd 0 and fd 1, because modules print on
//! stdout. One thread reads the pipe and makes every C call; it looks for a cancellation between two
//! signatures. Another only waits for the pipe's end, so that it is seen during any call.

mod inbox;
mod nonces;
mod pin;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use self::inbox::Inbox;
use self::nonces::Nonces;
use super::pkcs11::Module;
use super::pkcs11::login::Secret;
use super::pkcs11::sign::Work;
use super::trace::Tracer;
use super::wire;
use super::wire::Failure;
use super::wire::Kind;
use super::wire::Pass;
use super::wire::Reply;
use super::wire::Request;
use super::wire::Setup;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::domain::seal;
use crate::domain::seal::SealedPin;
use crate::domain::seal::SealingKey;
use crate::sys;
use crate::sys::sandbox;
use crate::sys::sandbox::Allowance;
use crate::sys::sandbox::Landlock;

/// Serves until the pipe ends. The one argument is the module's path.
///
/// Returns only if it could not begin; else the process ends itself, after `C_Finalize` or five
/// seconds of it (R53).
pub fn run() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(module), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: kyso-token-host MODULE (started by kyso, not by hand)");
        return ExitCode::from(2);
    };
    let (requests, replies) = match protect() {
        Ok(pipes) => pipes,
        Err(error) => {
            eprintln!("can't protect this process: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = serve(&module, requests, replies) {
        eprintln!("the pipe broke: {error}");
    }
    sys::child::end_now()
}

fn protect() -> io::Result<(File, File)> {
    sys::harden::deny_inspection()?;
    Ok((sys::child::take_stdin()?, sys::child::take_stdout()?))
}

fn serve(path: &OsString, mut requests: File, pipe: File) -> io::Result<()> {
    let setup: Setup = wire::read(&mut requests)?;
    let mut host = Host { key: SealingKey::generate(), nonces: Nonces::default(), pipe, next: Vec::new() };
    // Before the inbox starts a thread, and before the module's constructors run.
    let landlock = match enter_sandbox(path.as_ref(), &setup) {
        Ok(landlock) => landlock,
        Err(failure) => return host.say(&Reply::Failed(failure)),
    };
    let inbox = Inbox::open(requests);
    let tracer = Tracer::new(if setup.trace { Some(host.pipe.try_clone()?) } else { None });
    let module = match Module::load(path.as_ref(), &setup, tracer) {
        Ok(module) => module,
        Err(failure) => return host.say(&Reply::Failed(failure)),
    };
    host.say(&Reply::Ready { key: host.key.public(), landlock })?;
    while let Some(request) = inbox.next_by(module.kept_until(), || module.end_kept()) {
        let reply = match request {
            Request::List => module.list().map(|tokens| {
                let reader_stack = sys::child::has_loaded(READER_STACK);
                Reply::Tokens { tokens, reader_stack }
            }),
            Request::Describe => module.describe().map(Reply::Description),
            Request::Nonce { serial } => {
                host.nonce().map(|nonce| Reply::Nonce { nonce, pin: module.pin(&serial) })
            }
            Request::Sign { frame, pass, last_try } => {
                host.sign(&module, &inbox, &frame, (pass, last_try))?
            }
            Request::Logout => {
                module.end_kept();
                Ok(Reply::LoggedOut)
            }
            Request::PinPlace { frame } => host.pin_place(&module, &frame).map(Reply::PinPlace),
            Request::SetPin { frame, pass } => {
                module.end_kept();
                host.set_pin(&module, &frame, pass)?
            }
            // It has ended its signing, or came too late for it.
            Request::Cancel => continue,
        };
        if reply.is_err() {
            module.end_kept();
        }
        host.say(&reply.unwrap_or_else(Reply::Failed))?;
    }
    module.finalize();
    Ok(())
}

fn enter_sandbox(module: &Path, setup: &Setup) -> Result<Landlock, Failure> {
    let Setup { network, writable, landlock, .. } = setup;
    let allowance = Allowance { library: module, network: *network, writable, landlock: *landlock };
    sandbox::enter(&allowance).map_err(|error| {
        Failure::new(
            Kind::Missing,
            format!("it is not loaded, because its process can't be shut in: {error}"),
        )
    })
}

/// The library through which a module talks to PC/SC.
const READER_STACK: &str = "libpcsclite";

/// What a request to sign comes to.
struct Opened {
    job: Job,
    /// None: the login that is kept.
    secret: Option<Secret>,
    keep: Option<KeepLimits>,
}

struct Host {
    key: SealingKey,
    nonces: Nonces,
    pipe: File,
    /// Replies that leave together with the next one.
    next: Vec<u8>,
}

impl Host {
    fn say(&mut self, reply: &Reply) -> io::Result<()> {
        self.say_with_next(reply)?;
        self.pipe.write_all(&std::mem::take(&mut self.next))
    }

    /// Each write wakes the agent, so what is followed by another reply at once waits for it.
    fn say_with_next(&mut self, reply: &Reply) -> io::Result<()> {
        self.next.extend(wire::frame(reply)?);
        Ok(())
    }

    fn nonce(&mut self) -> Result<[u8; 32], Failure> {
        self.nonces.issue().ok_or_else(|| Failure::other("no randomness"))
    }

    /// The outer error is the pipe's.
    fn sign(
        &mut self,
        module: &Module,
        inbox: &Inbox,
        frame: &[u8],
        (pass, last_try): (Pass, bool),
    ) -> io::Result<Result<Reply, Failure>> {
        let Opened { job, secret, keep } = match self.open(frame, pass) {
            Ok(opened) => opened,
            Err(failure) => return Ok(Err(failure)),
        };
        let (mut broken, logs_in) = (None, secret.is_some());
        let mut say = |reply| {
            // Where nobody logs in, the first signature begins in the same moment.
            let said =
                if reply == Reply::Found && !logs_in { self.say_with_next(&reply) } else { self.say(&reply) };
            if let Err(error) = said {
                broken.get_or_insert(error);
            }
        };
        let work = Work { job: &job, cancelled: &|| inbox.is_cancelled(), say: &mut say, keep, last_try };
        let made = match secret {
            Some(secret) => module.sign(work, secret),
            None => module.sign_kept(work),
        };
        if let Some(error) = broken {
            return Err(error);
        }
        Ok(match made {
            Ok(signatures) => {
                if module.kept_until().is_some() {
                    self.say_with_next(&Reply::Kept)?;
                }
                Ok(Reply::Signatures(signatures))
            }
            Err(failure) => Err(self.renew(failure)),
        })
    }

    /// The nonce is struck before the seal is tried, so that no seal is tried twice.
    fn open(&mut self, frame: &[u8], pass: Pass) -> Result<Opened, Failure> {
        let job = Job::parse(frame).map_err(|_| Failure::other("not a job"))?;
        let (nonce, pin, keep) = match pass {
            Pass::Sealed { nonce, pin } => (nonce, SealedPin(pin), None),
            Pass::ToKeep { nonce, pin, idle, most } => {
                let limits =
                    KeepLimits::new(idle, most).ok_or_else(|| Failure::other("kept for too long"))?;
                (nonce, SealedPin(pin), Some(limits))
            }
            Pass::Reader => return Ok(Opened { job, secret: Some(Secret::Reader), keep: None }),
            Pass::Kept => return Ok(Opened { job, secret: None, keep: None }),
        };
        if !self.nonces.strike(&nonce) {
            return Err(Failure::other("the PIN was sealed for a nonce that is not in use"));
        }
        let binding = match keep {
            None => Job::binding(frame),
            Some(limits) => Job::binding_to_keep(frame, limits),
        };
        let opened = self.key.open(&pin, &nonce, &binding);
        seal::wipe_stack();
        let pin = opened.map_err(|_| Failure::other("the PIN was sealed for another job or another host"))?;
        Ok(Opened { job, secret: Some(Secret::pin(&pin)?), keep })
    }

    /// Puts a fresh nonce beside a failure after which the person types again.
    fn renew(&mut self, mut failure: Failure) -> Failure {
        if let Kind::WrongPin { nonce, .. } | Kind::LastTry { nonce } | Kind::NewPinRefused { nonce } =
            &mut failure.kind
        {
            match self.nonces.issue() {
                Some(fresh) => *nonce = fresh,
                None => return Failure::other("no randomness"),
            }
        }
        failure
    }
}
