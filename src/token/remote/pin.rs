//! Setting a PIN: the agent's side. In the module's turn like a signature, but never cancelled: once the
//! secrets are with the token, only its answer tells which PIN is valid.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::Remote;
use super::Signing;
use super::failed;
use crate::domain::error::TokenError;
use crate::domain::pin_task::ApprovedTask;
use crate::domain::pin_task::PinConsent;
use crate::domain::pin_task::PinLengths;
use crate::domain::pin_task::PinPlace;
use crate::domain::seal::SealTarget;
use crate::token::process::Process;
use crate::token::turn::Turn;
use crate::token::wire::Pass;
use crate::token::wire::Reply;
use crate::token::wire::Request;

impl Remote {
    /// What the token says of the secret that the task takes, and where to seal it to.
    pub(in crate::token) fn pin_place(
        self: &Arc<Self>,
        frame: Vec<u8>,
    ) -> JoinHandle<Result<PinPlace, TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut turn = this.turn.lock().await;
            this.leave_outdated(&mut turn);
            let reply = this.ask(&mut turn, &Request::PinPlace { frame }, this.deadlines.list).await?;
            let (Reply::PinPlace(place), Some(key)) = (reply, turn.key()) else {
                return Err(turn.nonsense());
            };
            this.pledge(key);
            let length = |said: u64| usize::try_from(said).unwrap_or(usize::MAX);
            Ok(PinPlace {
                state: place.state.into(),
                must_change: place.must_change,
                reader: place.reader,
                lengths: PinLengths::new(length(place.lengths.0), length(place.lengths.1)),
                seal: SealTarget { key, nonce: place.nonce },
            })
        })
    }

    /// Runs to its end, whoever waits for it.
    pub(in crate::token) fn set_pin(
        self: &Arc<Self>,
        approved: ApprovedTask,
    ) -> JoinHandle<Result<(), TokenError>> {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let (task, consent, target) = approved.into_parts();
            let (pass, patience) = match consent {
                PinConsent::Sealed(pair) => {
                    (Pass::Sealed { nonce: target.nonce, pin: pair.0.clone() }, this.deadlines.login)
                }
                PinConsent::Reader => (Pass::Reader, this.deadlines.reader),
            };
            let busy = Signing::begin(&this.signing);
            let mut turn = this.turn.lock().await;
            // Only the very process the secrets were sealed to can open them; a new one would refuse.
            if turn.key() != Some(target.key) {
                return Err(failed("the token host was started anew since it was asked"));
            }
            this.keeper.forget();
            let request = Request::SetPin { frame: task.frame(), pass };
            let set = this.work_on_pin(&mut turn, &request, patience).await;
            drop((busy, turn));
            let again = matches!(set, Err(TokenError::WrongPin { .. } | TokenError::NewPinRefused { .. }));
            this.after(again, true);
            set
        })
    }

    async fn work_on_pin(
        &self,
        turn: &mut Turn,
        request: &Request,
        patience: std::time::Duration,
    ) -> Result<(), TokenError> {
        let process = turn.process(&self.program, &self.module, self.deadlines.init).await?;
        let reply = converse(process, request, self.deadlines.list, patience).await;
        let Reply::PinSet = turn.settle(reply)? else { return Err(turn.nonsense()) };
        Ok(())
    }
}

/// Finding the token has its own deadline, and so have the login and the call that sets the PIN.
async fn converse(
    process: &mut Process,
    request: &Request,
    finding: std::time::Duration,
    patience: std::time::Duration,
) -> Result<Reply, TokenError> {
    process.send(request).await?;
    let mut step = finding;
    // Found, logged in, set.
    for _ in 0..3 {
        let reply = process.receive_within(step, "setting the PIN").await?;
        if !matches!(reply, Reply::Found | Reply::Progress(0)) {
            return Ok(reply);
        }
        step = patience;
    }
    Err(TokenError::Crashed("the token host can't count".to_owned()))
}
