//! One job: find the key that was approved, log in, sign each digest, log out.

use cryptoki::error::Error;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use super::batch::Batch;
use super::batch::Pulse;
use super::key::Key;
use super::load::Module;
use super::login::Login;
use super::login::Secret;
use super::objects;
use super::objects::Found;
use super::objects::PrivateKey;
use super::places::Place;
use super::raw::EachTime;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::token::trace::Step;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;
use crate::token::wire::Reply;

/// A job and its two lines to the outside.
pub(in crate::token) struct Work<'a> {
    pub(in crate::token) job: &'a Job,
    /// Asked before each signature.
    pub(in crate::token) cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Told [`Reply::Found`] before the login, then [`Reply::EachTime`] where it is so, then [`Reply::Progress`].
    pub(in crate::token) say: &'a mut dyn FnMut(Reply),
    /// How long the login is kept afterwards, if at all.
    pub(in crate::token) keep: Option<KeepLimits>,
    /// The person has agreed that it may be the last try (R40).
    pub(in crate::token) last_try: bool,
}

impl Module {
    /// All of the job's signatures, in order, as the token made them: for ECDSA r ‖ s.
    ///
    /// The token's serial, the certificate and its `CKA_ID` are read again right before the login (R50).
    /// Login to logout happens in this call (R37).
    ///
    /// # Errors
    /// The first thing that went wrong; nothing is tried twice.
    pub(in crate::token) fn sign(&self, work: Work<'_>, secret: Secret) -> Result<Vec<Vec<u8>>, Failure> {
        // A typed PIN proves itself on a token that is logged out (R36).
        self.end_kept();
        let (place, certificate) = self.tracer.step(Step::Find, || self.find(work.job, work.last_try))?;
        let (slot, session) = (place.slot, &place.session);
        let key =
            Key::of(&certificate.der).ok_or_else(|| Failure::new(Kind::Unfit, "unknown kind of key"))?;
        (work.say)(Reply::Found);

        let login = self.tracer.step(Step::Login, || Login::with(session, &secret));
        let login = login.map_err(|error| self.explain(slot, error.into()))?;
        let find_key = || objects::private_key(session, &certificate, key.public());
        let private = self
            .tracer
            .step(Step::Key, find_key)?
            .ok_or_else(|| Failure::new(Kind::Unfit, "the certificate's private key is not on the token"))?;
        let PrivateKey { handle, always } = private;
        if always {
            (work.say)(Reply::EachTime);
        }
        let mut pulse = Pulse::new(work.say);
        pulse.tell(0);
        let batch = Batch::new(work.job, &key, work.cancelled, &self.tracer);
        let made = if always {
            let each_time = EachTime::of(&self.path)?;
            batch.alone(
                |mechanism, input| each_time.sign(session, &secret, mechanism, handle, input),
                &mut pulse,
            )
        } else {
            drop(secret);
            let others = self.more_sessions(slot, work.job.digests.len())?;
            batch.together(session, others, handle, &mut pulse)
        };
        let keep = work.keep.filter(|_| made.is_ok() && !always);
        if let Some(limits) = keep {
            login.keep();
            self.kept.hold(place, limits, (work.job.certificate, handle));
        } else if self.tracer.step(Step::Logout, || login.end()).is_ok() {
            self.places.put(place);
        } else {
            // Closing a token's last session logs it out (PKCS#11 v2.40 §5.6, `C_CloseSession`).
            self.places.clear();
        }
        made.map_err(|failure| self.explain(slot, failure))
    }

    /// Sessions beside the first, where the module gains from them and there is work for each.
    pub(super) fn more_sessions(&self, slot: Slot, digests: usize) -> Result<Vec<Session>, Error> {
        (1..self.parallel.min(digests)).map(|_| self.pkcs11.open_ro_session(slot)).collect()
    }

    /// The approved certificate on the approved token: where it was seen last, or wherever it is now.
    pub(super) fn find(&self, job: &Job, last_try: bool) -> Result<(Place, Found), Failure> {
        if let Some(place) = self.places.take(&job.token.0, job.certificate)
            && let Ok(Some(found)) = self.look_where_it_was(job, last_try, place)
        {
            return Ok(found);
        }
        let mut present = false;
        let mut first = None;
        for slot in self.pkcs11.get_slots_with_token()? {
            present = true;
            match self.look_for(job, last_try, slot) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(failure) => {
                    first.get_or_insert(failure);
                }
            }
        }
        Err(match first {
            Some(failure) => failure,
            None if present => Failure::new(Kind::Changed, "another token or certificate is there"),
            None => Failure::new(Kind::Removed, "no token is there"),
        })
    }

    /// Nothing where the place holds something else by now, or nothing at all.
    fn look_where_it_was(
        &self,
        job: &Job,
        last_try: bool,
        place: Place,
    ) -> Result<Option<(Place, Found)>, Failure> {
        let Some(object) = place.object(job.certificate) else { return Ok(None) };
        let info = self.info(place.slot)?;
        let found = objects::certificate(&place.session, object)?;
        if info.serial != job.token.0 || !found.is_approved(job) {
            return Ok(None);
        }
        refuse_if_blocked(info.pin(), last_try)?;
        Ok(Some((place, found)))
    }

    fn look_for(&self, job: &Job, last_try: bool, slot: Slot) -> Result<Option<(Place, Found)>, Failure> {
        let info = self.info(slot)?;
        if info.serial != job.token.0 {
            return Ok(None);
        }
        let session = self.pkcs11.open_ro_session(slot)?;
        let mut all = objects::certificates(&session)?;
        let place = Place::new(slot, job.token.0.clone(), session, &all);
        let Some(approved) = all.iter().position(|found| found.is_approved(job)) else { return Ok(None) };
        refuse_if_blocked(info.pin(), last_try)?;
        Ok(Some((place, all.swap_remove(approved))))
    }

    /// Puts what the token says of its PIN now beside a wrong one.
    fn explain(&self, slot: Slot, mut failure: Failure) -> Failure {
        if let Kind::WrongPin { pin, .. } = &mut failure.kind {
            *pin = self.info(slot).map_or(Flags::Ok, |info| info.pin());
            if *pin == Flags::Locked {
                failure.kind = Kind::PinLocked;
            }
        }
        failure
    }
}

/// No PIN is sent to a token that says it won't take one, nor a last one that nobody knows to be it (R40).
fn refuse_if_blocked(flags: Flags, last_try: bool) -> Result<(), Failure> {
    let refused = match flags {
        Flags::Locked => Kind::PinLocked,
        Flags::MustChange => Kind::PinMustChange,
        Flags::FinalTry | Flags::ReaderFinal if !last_try => Kind::LastTry { nonce: [0; 32] },
        Flags::Ok | Flags::Low | Flags::FinalTry | Flags::Reader | Flags::ReaderFinal => return Ok(()),
    };
    Err(Failure::new(refused, "by the token's flags"))
}
