//! One job: find the key that was approved, log in, sign each digest, log out.

use std::sync::atomic::AtomicBool;

use cryptoki::error::Error;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use super::batch::Batch;
use super::batch::Pulse;
use super::key::Key;
use super::load::Module;
use super::load::flags;
use super::load::serial;
use super::login::Login;
use super::login::Secret;
use super::objects;
use super::objects::Found;
use super::raw::EachTime;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;
use crate::token::wire::Reply;

/// A job and its two lines to the outside.
pub(in crate::token) struct Work<'a> {
    pub(in crate::token) job: &'a Job,
    /// Looked at between signatures.
    pub(in crate::token) cancelled: &'a AtomicBool,
    /// Told [`Reply::Found`] before the login, then [`Reply::Progress`].
    pub(in crate::token) say: &'a mut dyn FnMut(Reply),
    /// How long the login is kept afterwards, if at all.
    pub(in crate::token) keep: Option<KeepLimits>,
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
        let (slot, session, certificate) = self.find(work.job)?;
        let key =
            Key::of(&certificate.der).ok_or_else(|| Failure::new(Kind::Unfit, "unknown kind of key"))?;
        self.refuse_if_blocked(slot)?;
        (work.say)(Reply::Found);

        let login = Login::with(&session, &secret).map_err(|error| self.explain(slot, error.into()))?;
        let handle = objects::private_key(&session, &certificate, key.public())?
            .ok_or_else(|| Failure::new(Kind::Unfit, "the certificate's private key is not on the token"))?;
        let mut pulse = Pulse::new(work.say);
        pulse.tell(0);
        let batch = Batch::new(work.job, &key, work.cancelled);
        let always = objects::always_authenticates(&session, handle);
        let made = if always {
            let each_time = EachTime::of(&self.path)?;
            batch.alone(
                |mechanism, input| each_time.sign(&session, &secret, mechanism, handle, input),
                &mut pulse,
            )
        } else {
            drop(secret);
            let others = self.more_sessions(slot, work.job.digests.len())?;
            batch.together(&session, others, handle, &mut pulse)
        };
        match work.keep {
            Some(limits) if made.is_ok() && !always => {
                login.keep();
                self.kept.hold(session, slot, &work.job.token.0, limits);
            }
            _ => drop(login),
        }
        made.map_err(|failure| self.explain(slot, failure))
    }

    /// Sessions beside the first, where the module gains from them and there is work for each.
    pub(super) fn more_sessions(&self, slot: Slot, digests: usize) -> Result<Vec<Session>, Error> {
        (1..self.parallel.min(digests)).map(|_| self.pkcs11.open_ro_session(slot)).collect()
    }

    /// The approved certificate on the approved token: where it was seen last, or wherever it is now.
    pub(super) fn find(&self, job: &Job) -> Result<(Slot, Session, Found), Failure> {
        if let Some(found) = self.look_where_it_was(job) {
            return Ok(found);
        }
        let mut present = false;
        let mut first = None;
        for slot in self.pkcs11.get_slots_with_token()? {
            present = true;
            match self.look_for(job, slot) {
                Ok(Some((session, certificate))) => return Ok((slot, session, certificate)),
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
    fn look_where_it_was(&self, job: &Job) -> Option<(Slot, Session, Found)> {
        let place = self.places.of(&job.token.0, job.certificate)?;
        if serial(&self.pkcs11.get_token_info(place.slot).ok()?) != job.token.0 {
            return None;
        }
        let session = self.pkcs11.open_ro_session(place.slot).ok()?;
        let found = objects::certificate(&session, place.object).ok()?;
        found.is_approved(job).then_some((place.slot, session, found))
    }

    fn look_for(&self, job: &Job, slot: Slot) -> Result<Option<(Session, Found)>, Failure> {
        if serial(&self.pkcs11.get_token_info(slot)?) != job.token.0 {
            return Ok(None);
        }
        let session = self.pkcs11.open_ro_session(slot)?;
        let approved = objects::certificates(&session)?.into_iter().find(|found| found.is_approved(job));
        Ok(approved.map(|certificate| (session, certificate)))
    }

    /// No PIN is sent to a token that says it won't take one (R40).
    fn refuse_if_blocked(&self, slot: Slot) -> Result<(), Failure> {
        let refused = match flags(&self.pkcs11.get_token_info(slot)?) {
            Flags::Locked => Kind::PinLocked,
            Flags::MustChange => Kind::PinMustChange,
            Flags::Ok | Flags::Low | Flags::FinalTry | Flags::Reader => return Ok(()),
        };
        Err(Failure::new(refused, "by the token's flags"))
    }

    /// Puts what the token says of its PIN now beside a wrong one.
    fn explain(&self, slot: Slot, mut failure: Failure) -> Failure {
        if let Kind::WrongPin { pin, .. } = &mut failure.kind {
            *pin = self.pkcs11.get_token_info(slot).map_or(Flags::Ok, |info| flags(&info));
            if *pin == Flags::Locked {
                failure.kind = Kind::PinLocked;
            }
        }
        failure
    }
}
