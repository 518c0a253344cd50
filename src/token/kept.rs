//! What a kept login means for a module's turn and its host (R38).

use std::sync::Arc;
use std::time::Duration;

use super::keeper::Kind;
use super::keeper::Plan;
use super::remote::Remote;
use super::remote::failed;
use super::turn::Turn;
use super::wire::Pass;
use super::wire::Reply;
use super::wire::Request;
use crate::domain::approval::Consent;
use crate::domain::certificate::Certificate;
use crate::domain::error::TokenError;
use crate::domain::kept::Keeping;
use crate::domain::seal::SealTarget;

impl Remote {
    /// What logs in, and how long that may take.
    pub(super) fn pass(
        &self,
        consent: Consent,
        target: Option<SealTarget>,
    ) -> Result<(Pass, Duration), TokenError> {
        Ok(match (consent, target) {
            (Consent::Pin(pin), Some(target)) => {
                (Pass::Sealed { nonce: target.nonce, pin: pin.0.clone() }, self.deadlines.login)
            }
            (Consent::PinToKeep(pin), Some(target)) => {
                let Some(limits) = self.keeper.limits() else { return Err(failed("no login may be kept")) };
                let (idle, most) = (limits.idle().as_secs(), limits.most().as_secs());
                (Pass::ToKeep { nonce: target.nonce, pin: pin.0.clone(), idle, most }, self.deadlines.login)
            }
            (Consent::Confirm, _) => (Pass::Kept, self.deadlines.login),
            (Consent::Reader, _) => (Pass::Reader, self.deadlines.reader),
            (Consent::Pin(_) | Consent::PinToKeep(_), None) => {
                return Err(failed("a PIN that was sealed to nobody"));
            }
        })
    }

    /// Whether the token of this certificate is logged in, or could stay so.
    pub(super) fn keeping(&self, certificate: &Certificate) -> Keeping {
        let Some(limits) = self.keeper.limits() else { return Keeping::Never };
        let serial = &certificate.token.0;
        // A token without a serial number can't be told from another.
        if serial.is_empty() || !self.keeper.is_there() {
            return Keeping::Never;
        }
        let key = self.seen.borrow().key;
        if self.keeper.is_never(certificate.id) {
            return Keeping::Never;
        }
        match self.keeper.left(serial, key) {
            Some(left) => Keeping::Kept { left },
            None => Keeping::Offered(limits),
        }
    }

    /// After a job: begins, renews or ends the kept login, while the turn is still the job's.
    pub(super) async fn settle_kept(self: &Arc<Self>, turn: &mut Turn, plan: Plan, made: bool) {
        let key = turn.key();
        let kept = made && self.keeper.has_said();
        match (plan.kind, key) {
            (Kind::Typed, _) => return,
            (Kind::Kept, _) if kept && self.keeper.touch(&plan, key) => return,
            (Kind::ToKeep, Some(key)) if kept => {
                if let Some(number) = self.keeper.begin(&plan, key) {
                    return self.watch_over(number);
                }
            }
            (Kind::ToKeep, _) if made => {
                self.keeper.never(plan.certificate);
                return;
            }
            (Kind::ToKeep | Kind::Kept, _) => {}
        }
        self.keeper.forget();
        self.log_out_host(turn).await;
    }

    /// Ends the kept login, if there is one, once the job under way is done; whether there was.
    pub(super) async fn log_out(&self) -> bool {
        let mut number = self.keeper.close(None);
        if number.is_none() && self.is_signing() {
            // The job under way may be about to keep one.
            drop(self.turn.lock().await);
            number = self.keeper.close(None);
        }
        let Some(number) = number else { return false };
        // Whoever watches over it may be quicker; the turn is free once the token is logged out.
        self.end_login(number).await;
        true
    }

    fn watch_over(self: &Arc<Self>, number: u64) {
        let (keeper, remote) = (Arc::clone(&self.keeper), Arc::downgrade(self));
        tokio::spawn(async move {
            if keeper.outlasted(number).await
                && let Some(remote) = remote.upgrade()
            {
                // From here on nothing is signed with it, though a job may have the turn.
                keeper.close(Some(number));
                remote.end_login(number).await;
            }
        });
    }

    async fn end_login(&self, number: u64) {
        let mut turn = self.turn.lock().await;
        let Some(key) = self.keeper.take(number) else { return };
        if turn.key() == Some(key) {
            self.log_out_host(&mut turn).await;
        }
    }

    async fn log_out_host(&self, turn: &mut Turn) {
        if turn.key().is_some() {
            let reply = self.ask(turn, &Request::Logout, self.deadlines.list).await;
            if !matches!(reply, Ok(Reply::LoggedOut) | Err(_)) {
                turn.nonsense();
            }
        }
    }
}
