//! Signing many digests after one login, over one session or several.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::key::Key;
use crate::domain::job::Job;
use crate::token::trace::Step;
use crate::token::trace::Tracer;
use crate::token::wire::Failure;
use crate::token::wire::Kind;
use crate::token::wire::Reply;

/// The digests of a job under way.
pub(super) struct Batch<'a> {
    job: &'a Job,
    key: &'a Key,
    cancelled: &'a AtomicBool,
    tracer: &'a Tracer,
    /// Index of the next digest that nobody took.
    next: AtomicUsize,
    made: AtomicUsize,
    /// A session failed: the others are to leave off.
    failed: AtomicBool,
}

/// Tells how far the batch is, now and then: a line for each signature would cost more than a fast one.
pub(super) struct Pulse<'a> {
    say: &'a mut dyn FnMut(Reply),
    said: Option<(usize, Instant)>,
}

type Made = Vec<(usize, Vec<u8>)>;

impl<'a> Batch<'a> {
    pub(super) fn new(job: &'a Job, key: &'a Key, cancelled: &'a AtomicBool, tracer: &'a Tracer) -> Self {
        let (next, made, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Self { job, key, cancelled, tracer, next, made, failed }
    }

    /// All signatures in the order of the digests, by `sign` alone.
    ///
    /// # Errors
    /// The first signature's that failed; how many were made is told before.
    pub(super) fn alone(
        &self,
        sign: impl Fn(&Mechanism<'_>, &[u8]) -> Result<Vec<u8>, Error>,
        pulse: &mut Pulse<'_>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let made = self.work(sign, &mut |made| pulse.tell(made));
        self.settle(vec![made], pulse)
    }

    /// The same over several sessions at once, the first on this thread. All see the one login (PKCS#11
    /// v2.40 §5.6, `C_Login`: it holds for all sessions of the application with the token).
    ///
    /// # Errors
    /// As [`Batch::alone`].
    pub(super) fn together(
        &self,
        first: &Session,
        others: Vec<Session>,
        handle: ObjectHandle,
        pulse: &mut Pulse<'_>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let made = std::thread::scope(|scope| {
            let others: Vec<_> = others
                .into_iter()
                .map(|session| {
                    scope.spawn(move || {
                        self.work(|mechanism, input| session.sign(mechanism, handle, input), &mut |_| ())
                    })
                })
                .collect();
            let sign = |mechanism: &Mechanism<'_>, input: &[u8]| first.sign(mechanism, handle, input);
            let mut made = vec![self.work(sign, &mut |made| pulse.tell(made))];
            let panicked = |_| Err(Failure::other("a signing thread ended"));
            made.extend(others.into_iter().map(|other| other.join().unwrap_or_else(panicked)));
            made
        });
        self.settle(made, pulse)
    }

    /// Signs what nobody took yet, until all is taken or something failed.
    fn work(
        &self,
        sign: impl Fn(&Mechanism<'_>, &[u8]) -> Result<Vec<u8>, Error>,
        tell: &mut dyn FnMut(usize),
    ) -> Result<Made, Failure> {
        let mut signatures = Vec::new();
        while !self.failed.load(Ordering::Relaxed) {
            let item = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(digest) = self.job.digests.get(item) else { break };
            let signature = self.one(item, || {
                let (mechanism, input) = self.key.input(self.job.scheme, digest)?;
                Ok(sign(&mechanism, &input)?)
            });
            match signature {
                Ok(signature) => signatures.push((item, signature)),
                Err(failure) => {
                    self.failed.store(true, Ordering::Relaxed);
                    return Err(failure);
                }
            }
            tell(self.made.fetch_add(1, Ordering::Relaxed) + 1);
        }
        Ok(signatures)
    }

    fn one(&self, item: usize, sign: impl FnOnce() -> Result<Vec<u8>, Failure>) -> Result<Vec<u8>, Failure> {
        if self.cancelled.load(Ordering::SeqCst) {
            return Err(Failure::new(Kind::Cancelled, "cancelled by the agent").at(item));
        }
        let signature = self.tracer.step(Step::Sign, sign).map_err(|failure| failure.at(item))?;
        if signature.len() != self.key.signature_length() {
            let cause = format!("a signature of {} bytes", signature.len());
            return Err(Failure { restart: true, ..Failure::other(cause).at(item) });
        }
        Ok(signature)
    }

    /// Puts the sessions' signatures in order, or says how many there were before the first failure.
    fn settle(
        &self,
        made: Vec<Result<Made, Failure>>,
        pulse: &mut Pulse<'_>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let mut signatures = match made.into_iter().collect::<Result<Vec<Made>, Failure>>() {
            Ok(made) => made.concat(),
            Err(failure) => {
                pulse.finish(self.made.load(Ordering::Relaxed));
                return Err(failure);
            }
        };
        signatures.sort_by_key(|(item, _)| *item);
        Ok(signatures.into_iter().map(|(_, signature)| signature).collect())
    }
}

impl<'a> Pulse<'a> {
    pub(super) fn new(say: &'a mut dyn FnMut(Reply)) -> Self {
        Self { say, said: None }
    }

    /// So many are made. The first word goes out at once.
    pub(super) fn tell(&mut self, made: usize) {
        if self.said.is_none_or(|(_, when)| when.elapsed() >= EVERY) {
            self.finish(made);
        }
    }

    /// So many are made, said now if it was not said before.
    fn finish(&mut self, made: usize) {
        if self.said.is_none_or(|(said, _)| made > said) {
            self.said = Some((made, Instant::now()));
            (self.say)(Reply::Progress(u32::try_from(made).unwrap_or(u32::MAX)));
        }
    }
}

const EVERY: Duration = Duration::from_millis(10);
