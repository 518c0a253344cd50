//! What the token is to do, in the one form that prompt, agent and token host all hash.
//!
//! The prompt builds it from what it showed, the token host from what it was sent; the sealed PIN
//! opens only if both are the same bytes. So what was seen is what is signed, or nothing is.

use sha2::{Digest as _, Sha256};

use super::certificate::CertId;
use super::digest::{Digest, DigestAlgorithm};
use super::kept::KeepLimits;
use super::request::Items;
use super::scheme::Scheme;
use super::token::TokenSerial;

/// Sign these digests, in this order, with this key on this token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Whose key.
    pub certificate: CertId,
    /// On which token.
    pub token: TokenSerial,
    /// `CKA_ID` of the certificate, which is its key's; empty where the vendor leaves it so.
    pub key: Vec<u8>,
    /// How.
    pub scheme: Scheme,
    /// What; 1 to [`Items::MAX`].
    pub digests: Vec<Digest>,
}

/// The bytes are no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAJob;

impl Job {
    /// The canonical bytes: version, scheme, certificate, token serial, `CKA_ID`, count, then each
    /// digest's algorithm and value. Lengths are fixed or written, so no two jobs share their bytes.
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(64 + self.digests.len() * 65);
        frame.push(VERSION);
        frame.push(self.scheme as u8);
        frame.extend_from_slice(&self.certificate.0);
        frame.extend_from_slice(&(self.token.0.len() as u32).to_le_bytes());
        frame.extend_from_slice(self.token.0.as_bytes());
        frame.extend_from_slice(&(self.key.len() as u32).to_le_bytes());
        frame.extend_from_slice(&self.key);
        frame.extend_from_slice(&(self.digests.len() as u32).to_le_bytes());
        for digest in &self.digests {
            frame.push(digest.algorithm() as u8);
            frame.extend_from_slice(digest.value());
        }
        frame
    }

    /// SHA-256 of [`Job::frame`]: what a sealed PIN is bound to.
    pub fn binding(frame: &[u8]) -> [u8; 32] {
        Sha256::digest(frame).into()
    }

    /// What a PIN is bound to that comes with the wish to keep the login: another value than
    /// [`Job::binding`], since no frame goes on behind its digests.
    pub fn binding_to_keep(frame: &[u8], limits: KeepLimits) -> [u8; 32] {
        let seconds = [limits.idle(), limits.most()].map(|time| time.as_secs().to_le_bytes());
        Sha256::new_with_prefix(frame).chain_update(seconds.concat()).finalize().into()
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// [`NotAJob`] for anything that [`Job::frame`] does not write.
    pub fn parse(frame: &[u8]) -> Result<Self, NotAJob> {
        let mut rest = Reader(frame);
        if rest.byte()? != VERSION {
            return Err(NotAJob);
        }
        let scheme = pick(&Scheme::ALL, rest.byte()?)?;
        let certificate = CertId(rest.take(32)?.try_into().map_err(|_| NotAJob)?);
        let serial = rest.length(MAX_SERIAL)?;
        let serial = String::from_utf8(rest.take(serial)?.to_vec()).map_err(|_| NotAJob)?;
        let key = rest.length(MAX_KEY)?;
        let key = rest.take(key)?.to_vec();
        let count = rest.length(Items::MAX)?;
        let digests = (0..count)
            .map(|_| {
                let algorithm = pick(&DigestAlgorithm::ALL, rest.byte()?)?;
                let value = rest.take(algorithm.len())?.to_vec();
                Digest::new(algorithm, value).map_err(|_| NotAJob)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if digests.is_empty() || !rest.0.is_empty() {
            return Err(NotAJob);
        }
        Ok(Self { certificate, token: TokenSerial(serial), key, scheme, digests })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], NotAJob> {
        let (head, tail) = self.0.split_at_checked(n).ok_or(NotAJob)?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, NotAJob> {
        Ok(self.take(1)?[0])
    }

    fn length(&mut self, most: usize) -> Result<usize, NotAJob> {
        let bytes = self.take(4)?.try_into().map_err(|_| NotAJob)?;
        let length = u32::from_le_bytes(bytes) as usize;
        if length > most { Err(NotAJob) } else { Ok(length) }
    }
}

fn pick<T: Copy>(all: &[T], index: u8) -> Result<T, NotAJob> {
    all.get(usize::from(index)).copied().ok_or(NotAJob)
}

const VERSION: u8 = 2;

/// `CK_TOKEN_INFO.serialNumber` is 16 bytes; modules that pad with more are cut before this.
const MAX_SERIAL: usize = 64;

/// The longest `CKA_ID` taken for one; most are a SHA-1 of the public key.
pub const MAX_KEY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn job(count: usize) -> Job {
        let digest = Digest::new(DigestAlgorithm::Sha384, vec![7; 48]).expect("48 bytes");
        Job {
            certificate: CertId([3; 32]),
            token: TokenSerial("abc".to_owned()),
            key: vec![1, 2],
            scheme: Scheme::Ecdsa,
            digests: vec![digest; count],
        }
    }

    #[test]
    fn comes_back_as_it_went() {
        for count in [1, 2, Items::MAX] {
            assert_eq!(Job::parse(&job(count).frame()), Ok(job(count)));
        }
    }

    #[test]
    fn nothing_else_is_a_job() {
        let good = job(2).frame();
        for cut in 0..good.len() {
            assert_eq!(Job::parse(&good[..cut]), Err(NotAJob), "cut at {cut}");
        }
        assert_eq!(Job::parse(&[good, vec![0]].concat()), Err(NotAJob));
        assert_eq!(Job::parse(&job(0).frame()), Err(NotAJob));
        assert_eq!(Job::parse(&job(Items::MAX + 1).frame()), Err(NotAJob));
    }
}
