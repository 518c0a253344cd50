//! A login that outlives its job, on the host's side (R38).
//!
//! Whoever asks, the host has its own clock, and lets nothing but the same token's jobs use it.

use std::cell::RefCell;
use std::time::Duration;
use std::time::Instant;

use cryptoki::object::ObjectHandle;

use super::batch::Batch;
use super::batch::Pulse;
use super::key::Key;
use super::load::Module;
use super::objects;
use super::objects::Found;
use super::places::Place;
use super::sign::Work;
use crate::domain::certificate::CertId;
use crate::domain::kept::KeepLimits;
use crate::token::trace::Step;
use crate::token::wire::Failure;
use crate::token::wire::Kind;

/// At most one: a module has one turn.
#[derive(Default)]
pub(super) struct Kept(RefCell<Option<Held>>);

/// A session that is logged in. Dropping it logs the token out.
struct Held {
    place: Place,
    limits: KeepLimits,
    began: Instant,
    used: Instant,
    /// The private key that signed last, by its certificate: its handle lives as long as the login.
    key: (CertId, ObjectHandle),
}

impl Kept {
    /// Holds on to a login that has just signed; the one before, if any, ends.
    pub(super) fn hold(&self, place: Place, limits: KeepLimits, key: (CertId, ObjectHandle)) {
        let now = Instant::now();
        *self.0.borrow_mut() = Some(Held { place, limits, began: now, used: now, key });
    }

    fn end(&self) {
        self.0.borrow_mut().take();
    }
}

impl Module {
    /// When the kept login ends, unless it is used before.
    pub(in crate::token) fn kept_until(&self) -> Option<Instant> {
        self.kept.0.borrow().as_ref().map(Held::until)
    }

    /// Ends the kept login, if there is one.
    pub(in crate::token) fn end_kept(&self) {
        self.kept.end();
    }

    /// Ends it unless its token is among these.
    pub(super) fn end_kept_unless_on<'a>(&self, mut serials: impl Iterator<Item = &'a str>) {
        let held = self.kept.0.borrow().as_ref().map(|held| held.place.serial.clone());
        if held.is_some_and(|held| !serials.any(|serial| serial == held)) {
            self.kept.end();
        }
    }

    /// All of the job's signatures with the kept login, which goes on. Token, certificate and `CKA_ID` are
    /// read again (R50); whatever fails ends it.
    ///
    /// # Errors
    /// [`Kind::LoginEnded`] before anything was signed, if no login is kept, its time is over, it is
    /// another token's, or the key wants a login for each signature (R42); else as [`Module::sign`].
    pub(in crate::token) fn sign_kept(&self, work: Work<'_>) -> Result<Vec<Vec<u8>>, Failure> {
        let taken = self.kept.0.borrow_mut().take();
        let fits = |held: &Held| Instant::now() < held.until() && held.place.serial == work.job.token.0;
        let mut held = taken.filter(fits).ok_or_else(|| ended("no login of this token is kept"))?;
        let (found, certificate) = self.tracer.step(Step::Find, || self.find(work.job, true))?;
        let slot = found.slot;
        self.places.put(found);
        if slot != held.place.slot {
            return Err(ended("the token is in another slot by now"));
        }
        let key =
            Key::of(&certificate.der).ok_or_else(|| Failure::new(Kind::Unfit, "unknown kind of key"))?;
        if held.key.0 != work.job.certificate {
            held.key = (work.job.certificate, held.find(&certificate, &key)?);
        }
        (work.say)(crate::token::wire::Reply::Found);
        let mut pulse = Pulse::new(work.say);
        pulse.tell(0);
        let others = self.more_sessions(slot, work.job.digests.len())?;
        let batch = Batch::new(work.job, &key, work.cancelled, &self.tracer);
        let made = batch.together(&held.place.session, others, held.key.1, &mut pulse);
        // A token that has logged out by itself knows the key no more, or the session.
        let made = made.map_err(|failure| match failure.item {
            Some(0) if failure.lost_only_a_session() => ended(failure.cause),
            _ => failure,
        })?;
        held.used = Instant::now();
        *self.kept.0.borrow_mut() = Some(held);
        Ok(made)
    }
}

impl Held {
    /// Another key of the same token.
    fn find(&self, certificate: &Found, key: &Key) -> Result<ObjectHandle, Failure> {
        let found = objects::private_key(&self.place.session, certificate, key.public());
        let found = found.map_err(|error| ended(format!("{error:?}")))?;
        let private = found.ok_or_else(|| ended("the private key does not show"))?;
        if private.always {
            return Err(ended("the key wants the PIN for each signature"));
        }
        Ok(private.handle)
    }

    fn until(&self) -> Instant {
        let add = |from: Instant, time: Duration| from.checked_add(time).unwrap_or(from);
        add(self.began, self.limits.most()).min(add(self.used, self.limits.idle()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = self.place.session.logout() {
            eprintln!("logout: {error:?}");
        }
    }
}

fn ended(cause: impl Into<String>) -> Failure {
    Failure::new(Kind::LoginEnded, cause)
}
