//! One job: find the key that was approved, log in, sign each digest, log out.

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::MechanismType;
use cryptoki::mechanism::rsa::PkcsMgfType;
use cryptoki::mechanism::rsa::PkcsPssParams;
use cryptoki::session::Session;
use cryptoki::slot::Slot;
use cryptoki::types::Ulong;
use sha2::Digest as _;
use sha2::Sha256;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::load::Module;
use super::load::flags;
use super::load::serial;
use super::login::Login;
use super::login::Secret;
use super::objects;
use super::objects::Found;
use super::raw::EachTime;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::job::Job;
use crate::domain::scheme::Scheme;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;
use crate::token::wire::Reply;

/// A job and its two lines to the outside.
pub(in crate::token) struct Work<'a> {
    pub(in crate::token) job: &'a Job,
    /// Asked between signatures.
    pub(in crate::token) cancelled: &'a dyn Fn() -> bool,
    /// Told [`Reply::Found`] before the login, then [`Reply::Progress`].
    pub(in crate::token) say: &'a mut dyn FnMut(Reply),
}

impl Module {
    /// All of the job's signatures, in order, as the token made them: for ECDSA r ‖ s.
    ///
    /// The token's serial and the certificate are read again right before the login (R50). Login to
    /// logout happens in this call, on the one thread that makes calls (R37).
    ///
    /// # Errors
    /// The first thing that went wrong; nothing is tried twice.
    pub(in crate::token) fn sign(&self, work: Work<'_>, secret: Secret) -> Result<Vec<Vec<u8>>, Failure> {
        let (slot, session, certificate) = self.find(work.job)?;
        let key =
            Key::of(&certificate.der).ok_or_else(|| Failure::new(Kind::Unfit, "unknown kind of key"))?;
        self.refuse_if_blocked(slot)?;
        (work.say)(Reply::Found);

        let login = Login::with(&session, &secret).map_err(|error| self.explain(slot, error.into()))?;
        let handle = objects::private_key(&session, &certificate, key.public())?
            .ok_or_else(|| Failure::new(Kind::Unfit, "the certificate's private key is not on the token"))?;
        let each_time = match objects::always_authenticates(&session, handle) {
            true => Some((EachTime::of(&self.path)?, secret)),
            false => {
                drop(secret);
                None
            }
        };
        (work.say)(Reply::Progress(0));

        let mut signatures = Vec::with_capacity(work.job.digests.len());
        for (item, digest) in work.job.digests.iter().enumerate() {
            if (work.cancelled)() {
                return Err(Failure::new(Kind::Cancelled, "cancelled by the agent").at(item));
            }
            let (mechanism, input) = key.input(work.job.scheme, digest)?;
            let signature = match &each_time {
                Some((each_time, secret)) => each_time.sign(&session, secret, &mechanism, handle, &input),
                None => session.sign(&mechanism, handle, &input),
            }
            .map_err(|error| self.explain(slot, Failure::from(error).at(item)))?;
            if signature.len() != key.signature_length() {
                let cause = format!("a signature of {} bytes", signature.len());
                return Err(Failure { restart: true, ..Failure::other(cause).at(item) });
            }
            signatures.push(signature);
            (work.say)(Reply::Progress(u32::try_from(signatures.len()).unwrap_or(u32::MAX)));
        }
        drop(login);
        Ok(signatures)
    }

    /// The approved certificate on the approved token.
    fn find(&self, job: &Job) -> Result<(Slot, Session, Found), Failure> {
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

    fn look_for(&self, job: &Job, slot: Slot) -> Result<Option<(Session, Found)>, Failure> {
        if serial(&self.pkcs11.get_token_info(slot)?) != job.token.0 {
            return Ok(None);
        }
        let session = self.pkcs11.open_ro_session(slot)?;
        let approved = objects::certificates(&session)?
            .into_iter()
            .find(|found| Sha256::digest(&found.der).as_slice() == job.certificate.0);
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

/// What a certificate says of its key.
enum Key {
    Rsa { modulus: Vec<u8> },
    Ec { point: Vec<u8> },
}

impl Key {
    fn of(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let info = certificate.public_key();
        match info.parsed().ok()? {
            PublicKey::RSA(key) => Some(Self::Rsa { modulus: objects::without_zeros(key.modulus).to_vec() }),
            PublicKey::EC(point) => Some(Self::Ec { point: point.data().to_vec() }),
            PublicKey::DSA(_)
            | PublicKey::GostR3410(_)
            | PublicKey::GostR3410_2012(_)
            | PublicKey::Unknown(_) => None,
        }
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Rsa { modulus } => modulus,
            Self::Ec { point } => point,
        }
    }

    /// Bytes of a coordinate, which on P-256 and P-384 is the length of the order.
    fn order(point: &[u8]) -> usize {
        point.len().saturating_sub(1) / 2
    }

    fn signature_length(&self) -> usize {
        match self {
            Self::Rsa { modulus } => modulus.len(),
            Self::Ec { point } => 2 * Self::order(point),
        }
    }

    /// What `C_SignInit` and `C_Sign` get.
    fn input<'a>(&self, scheme: Scheme, digest: &Digest) -> Result<(Mechanism<'a>, Vec<u8>), Failure> {
        match (self, scheme) {
            (Self::Rsa { .. }, Scheme::RsaPkcs1) => Ok((Mechanism::RsaPkcs, digest.digest_info())),
            (Self::Rsa { .. }, Scheme::RsaPss) => Ok((pss(digest.algorithm()), digest.value().to_vec())),
            (Self::Ec { point }, Scheme::Ecdsa) => {
                // A digest longer than the order counts by its leftmost bits (FIPS 186-5 §6.4.1);
                // some tokens refuse to cut it themselves.
                let mut input = digest.value().to_vec();
                input.truncate(Self::order(point));
                Ok((Mechanism::Ecdsa, input))
            }
            (Self::Rsa { .. }, Scheme::Ecdsa) | (Self::Ec { .. }, Scheme::RsaPkcs1 | Scheme::RsaPss) => {
                Err(Failure::new(Kind::Unfit, "the key can't sign with this scheme"))
            }
        }
    }
}

/// RSASSA-PSS with MGF1 and a salt as long as the digest.
fn pss(algorithm: DigestAlgorithm) -> Mechanism<'static> {
    let (hash_alg, mgf, length) = match algorithm {
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(length) })
}
