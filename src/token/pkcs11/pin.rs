//! Setting a token's PIN: with the present one (`C_SetPIN`), or with its PUK (`C_Login` as CKU_SO, then
//! `C_InitPIN`; PKCS#11 v2.40 §5.5).
//!
//! Each typed secret is used for one try. A changed PIN is proven by its login first: OpenSC refuses
//! `C_SetPIN` without one, or, where opensc.conf has `user_pin_unblock_style = set_pin_in_unlogged_session`,
//! takes what should be the PIN for the PUK and burns one of its few tries. For the same reason a PUK goes
//! no other way than CKU_SO: a module that does not want it there (OpenSC without
//! `init_pin_in_so_session`) refuses, and the person uses the vendor's tool.

use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::error::RvError;
use cryptoki::session::Session;
use cryptoki::session::UserType;
use cryptoki::slot::Slot;

use super::info::TokenInfo;
use super::load::Module;
use super::login::Login;
use super::login::Secret;
use super::raw::PinCalls;
use crate::domain::pin_task::PinAct;
use crate::domain::pin_task::PinTask;
use crate::domain::pin_task::TokenName;
use crate::domain::seal::PinPair;
use crate::token::wire::Failure;
use crate::token::wire::Flags;
use crate::token::wire::Kind;
use crate::token::wire::PinPlace;
use crate::token::wire::Reply;

/// What the token is to check and to take. Locked and wiped as a PIN for a signature is.
pub(in crate::token) enum Secrets {
    Typed { present: Secret, new: Secret },
    Reader,
}

impl Secrets {
    /// # Errors
    /// If their memory can't be locked.
    pub(in crate::token) fn typed(pair: &PinPair) -> Result<Self, Failure> {
        Ok(Self::Typed { present: Secret::pin(&pair.present)?, new: Secret::pin(&pair.new)? })
    }

    fn present(&self) -> &Secret {
        match self {
            Self::Typed { present, .. } => present,
            Self::Reader => &Secret::Reader,
        }
    }

    fn new_pin(&self) -> &Secret {
        match self {
            Self::Typed { new, .. } => new,
            Self::Reader => &Secret::Reader,
        }
    }
}

impl Module {
    /// What the token says of the secret that the task takes; the nonce is the host's to add.
    ///
    /// # Errors
    /// If not exactly one such token is there.
    pub(in crate::token) fn pin_place(&self, task: &PinTask) -> Result<PinPlace, Failure> {
        let (_, info) = self.only(&task.token)?;
        Ok(PinPlace {
            state: state(task.act, &info),
            must_change: info.must_change(),
            reader: info.has_pad(),
            lengths: info.lengths,
            nonce: [0; 32],
        })
    }

    /// Sets the PIN. `say` is told [`Reply::Found`] before the login and [`Reply::Progress`] after it.
    ///
    /// # Errors
    /// The first thing that went wrong; nothing is tried twice.
    pub(in crate::token) fn set_pin(
        &self,
        task: &PinTask,
        secrets: Secrets,
        say: &mut dyn FnMut(Reply),
    ) -> Result<(), Failure> {
        // Whatever was read before is not to be believed after.
        self.places.clear();
        let (slot, info) = self.only(&task.token)?;
        refuse_if_locked(task.act, state(task.act, &info))?;
        let calls = PinCalls::of(&self.path).map_err(failure)?;
        if task.act == PinAct::Unblock {
            calls.close_sessions(slot)?;
        }
        let session = self.pkcs11.open_rw_session(slot).map_err(failure)?;
        say(Reply::Found);
        let set = match task.act {
            PinAct::Change => change(&session, &calls, &secrets, say),
            PinAct::Unblock => unblock(&session, &calls, &secrets, say),
        };
        set.map_err(|error| {
            if task.act == PinAct::Unblock && knows_no_so(&error) {
                return Failure { restart: true, ..Failure::new(Kind::PinUnsupported, format!("{error:?}")) };
            }
            self.explain_secret(task.act, slot, failure(error))
        })
    }

    /// The one token with these names: two would leave open whose tries are spent.
    fn only(&self, name: &TokenName) -> Result<(Slot, TokenInfo), Failure> {
        let mut found = Vec::new();
        for slot in self.pkcs11.get_slots_with_token()? {
            let Ok(info) = self.info(slot) else { continue };
            let same = info.serial == name.serial.0 && info.label == name.label;
            if same && info.model == name.model && info.is_initialized() {
                found.push((slot, info));
            }
        }
        let several = found.len() > 1;
        found
            .pop()
            .filter(|_| !several)
            .ok_or_else(|| Failure::new(Kind::Changed, "the token is gone, or two have its names"))
    }

    /// Puts what the token says now beside a wrong secret.
    fn explain_secret(&self, act: PinAct, slot: Slot, mut failure: Failure) -> Failure {
        if let Kind::WrongPin { pin, .. } = &mut failure.kind {
            *pin = self.info(slot).map_or(Flags::Ok, |info| state(act, &info));
            if *pin == Flags::Locked {
                failure.kind = Kind::PinLocked;
            }
        }
        if act == PinAct::Unblock && failure.kind == Kind::PinLocked {
            failure.kind = Kind::PukLocked;
        }
        failure
    }
}

fn change(
    session: &Session,
    calls: &PinCalls,
    secrets: &Secrets,
    say: &mut dyn FnMut(Reply),
) -> Result<(), Error> {
    // A token that wants its PIN changed lets it log in, or says at once that it has expired (§5.6).
    let login = match Login::with(session, secrets.present()) {
        Err(Error::Pkcs11(RvError::PinExpired, _)) => None,
        login => Some(login?),
    };
    say(Reply::Progress(0));
    let set = calls.set(session, secrets.present(), secrets.new_pin());
    drop(login);
    set
}

fn unblock(
    session: &Session,
    calls: &PinCalls,
    secrets: &Secrets,
    say: &mut dyn FnMut(Reply),
) -> Result<(), Error> {
    let login = Login::as_user(session, secrets.present(), UserType::So)?;
    say(Reply::Progress(0));
    let set = calls.init(session, secrets.new_pin());
    drop(login);
    set
}

/// How OpenSC 0.23 refuses the SO's login on a PIV card. Some tokens mean a wrong PUK by it, so the module
/// is begun anew and the try counts.
fn knows_no_so(error: &Error) -> bool {
    matches!(error, Error::Pkcs11(RvError::GeneralError | RvError::FunctionFailed, Function::Login))
}

/// What the flags say of the PIN or of the PUK, and nothing else.
fn state(act: PinAct, info: &TokenInfo) -> Flags {
    match act {
        PinAct::Change => info.pin_tries(),
        PinAct::Unblock => info.puk_tries(),
    }
}

/// No secret is sent to a token that says it won't take one (R40).
fn refuse_if_locked(act: PinAct, state: Flags) -> Result<(), Failure> {
    let kind = match act {
        PinAct::Change => Kind::PinLocked,
        PinAct::Unblock => Kind::PukLocked,
    };
    if state == Flags::Locked { Err(Failure::new(kind, "by the token's flags")) } else { Ok(()) }
}

/// As for a signature, but for what concerns the new PIN and tokens that can't do this.
#[allow(clippy::wildcard_enum_match_arm, reason = "whatever is not listed means what it always means")]
fn failure(error: Error) -> Failure {
    let cause = format!("{error:?}");
    let special = |kind| Failure::new(kind, cause.clone());
    let setting = |function| matches!(function, Function::SetPIN | Function::InitPIN);
    match &error {
        Error::Pkcs11(RvError::PinInvalid | RvError::PinLenRange, function) if setting(*function) => {
            special(Kind::NewPinRefused { nonce: [0; 32] })
        }
        // Modules that keep the PUK until C_InitPIN find out only there (OpenSC, `init_pin_in_so_session`).
        Error::Pkcs11(RvError::PinIncorrect, function) if setting(*function) => {
            special(Kind::WrongPin { pin: Flags::Ok, nonce: [0; 32] })
        }
        Error::NullFunctionPointer
        | Error::Pkcs11(
            RvError::FunctionNotSupported
            | RvError::FunctionRejected
            | RvError::UserTypeInvalid
            | RvError::UserPinNotInitialized
            | RvError::ActionProhibited
            | RvError::TokenWriteProtected,
            _,
        ) => special(Kind::PinUnsupported),
        _ => Failure::from(error),
    }
}
