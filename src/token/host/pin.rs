//! Setting a PIN: opens what was sealed for exactly this task, and hands it to the module.

use std::io;

use super::Host;
use crate::domain::pin_task::PinTask;
use crate::domain::seal;
use crate::domain::seal::SealedPair;
use crate::token::pkcs11::Module;
use crate::token::pkcs11::pin::Secrets;
use crate::token::wire::Failure;
use crate::token::wire::Pass;
use crate::token::wire::PinPlace;
use crate::token::wire::Reply;

impl Host {
    pub(super) fn pin_place(&mut self, module: &Module, frame: &[u8]) -> Result<PinPlace, Failure> {
        let place = module.pin_place(&parse(frame)?)?;
        Ok(PinPlace { nonce: self.nonce()?, ..place })
    }

    /// The outer error is the pipe's.
    pub(super) fn set_pin(
        &mut self,
        module: &Module,
        frame: &[u8],
        pass: Pass,
    ) -> io::Result<Result<Reply, Failure>> {
        let (task, secrets) = match self.open_pair(frame, pass) {
            Ok(opened) => opened,
            Err(failure) => return Ok(Err(failure)),
        };
        let mut broken = None;
        let mut say = |reply| {
            if let Err(error) = self.say(&reply) {
                broken.get_or_insert(error);
            }
        };
        let set = module.set_pin(&task, secrets, &mut say);
        if let Some(error) = broken {
            return Err(error);
        }
        Ok(set.map(|()| Reply::PinSet).map_err(|failure| self.renew(failure)))
    }

    /// The nonce is struck before the seal is tried, so that no seal is tried twice.
    fn open_pair(&mut self, frame: &[u8], pass: Pass) -> Result<(PinTask, Secrets), Failure> {
        let task = parse(frame)?;
        let (nonce, pair) = match pass {
            Pass::Sealed { nonce, pin } => (nonce, SealedPair(pin)),
            Pass::Reader => return Ok((task, Secrets::Reader)),
            Pass::ToKeep { .. } | Pass::Kept => {
                return Err(Failure::other("no login is kept around a PIN's change"));
            }
        };
        if !self.nonces.strike(&nonce) {
            return Err(Failure::other("the PINs were sealed for a nonce that is not in use"));
        }
        let opened = self.key.open_pair(&pair, &nonce, &task.binding());
        seal::wipe_stack();
        let pair =
            opened.map_err(|_| Failure::other("the PINs were sealed for another task or another host"))?;
        Ok((task, Secrets::typed(&pair)?))
    }
}

fn parse(frame: &[u8]) -> Result<PinTask, Failure> {
    PinTask::parse(frame).map_err(|_| Failure::other("not a task"))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::job::Job;
    use crate::domain::pin_task::PinAct;
    use crate::domain::pin_task::TokenName;
    use crate::domain::seal::Pin;
    use crate::domain::seal::PinPair;
    use crate::domain::seal::SealTarget;
    use crate::domain::seal::SealingKey;
    use crate::domain::token::TokenSerial;
    use crate::token::host::nonces::Nonces;

    fn host() -> Host {
        let pipe = std::fs::File::open("/dev/null").expect("a file that takes nothing");
        Host { key: SealingKey::generate(), nonces: Nonces::default(), pipe, next: Vec::new() }
    }

    fn task(act: PinAct, serial: &str) -> PinTask {
        let token = TokenName {
            serial: TokenSerial(serial.to_owned()),
            label: "a".to_owned(),
            model: "m".to_owned(),
        };
        PinTask { act, token }
    }

    fn sealed(host: &Host, nonce: [u8; 32], task: &PinTask) -> Pass {
        let pin = |text: &str| Pin::new(Zeroizing::new(text.as_bytes().to_vec())).expect("a PIN");
        let pair = PinPair { present: pin("123456"), new: pin("654321") };
        let target = SealTarget { key: host.key.public(), nonce };
        Pass::Sealed { nonce, pin: pair.seal(&target, &task.binding()).expect("seals").0.clone() }
    }

    #[test]
    fn secrets_for_one_task_open_no_other() {
        let mut host = host();
        let shown = task(PinAct::Change, "1");
        for (sent, opens) in
            [(task(PinAct::Unblock, "1"), false), (task(PinAct::Change, "2"), false), (shown.clone(), true)]
        {
            let nonce = host.nonce().expect("random");
            let pass = sealed(&host, nonce, &shown);
            assert_eq!(host.open_pair(&sent.frame(), pass.clone()).is_ok(), opens, "{sent:?}");
            assert!(host.open_pair(&shown.frame(), pass).is_err(), "the nonce was struck before");
        }
    }

    #[test]
    fn a_jobs_frame_is_no_task_and_a_pin_no_pair() {
        let mut host = host();
        let nonce = host.nonce().expect("random");
        let task = task(PinAct::Change, "1");
        let pass = sealed(&host, nonce, &task);
        assert!(host.open(&task.frame(), pass.clone()).is_err(), "a task is no job");
        let job = Job::binding(&[1]);
        let target = SealTarget { key: host.key.public(), nonce };
        let pin = Pin::new(Zeroizing::new(b"1".to_vec())).expect("a PIN");
        let pin = pin.seal(&target, &job).expect("seals").0.clone();
        assert!(host.open_pair(&task.frame(), Pass::Sealed { nonce, pin }).is_err());
        assert!(host.open_pair(&task.frame(), pass).is_err(), "the nonce was struck");
    }
}
