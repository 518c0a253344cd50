//! A PIN on its way to the token, and what it says of the count of wrong ones in a row (R40).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::domain::error::{AuditError, SignError, TokenError};
use crate::domain::ports::PinTries;
use crate::domain::token::TokenKey;

/// One PIN. Dropped before its outcome is known, as when the page leaves, it counts as wrong: the token
/// has it all the same.
pub(super) struct Attempt {
    tries: Arc<dyn PinTries>,
    key: TokenKey,
    before: u32,
    made: Arc<AtomicUsize>,
    /// How many signatures there were before this PIN.
    earlier: usize,
    open: bool,
}

impl Attempt {
    pub(super) async fn begin(
        tries: &Arc<dyn PinTries>,
        key: TokenKey,
        made: &Arc<AtomicUsize>,
    ) -> Result<Self, AuditError> {
        let before = tries.wrong_in_a_row(&key).await?;
        let earlier = made.load(Ordering::Relaxed);
        Ok(Self { tries: Arc::clone(tries), key, before, made: Arc::clone(made), earlier, open: true })
    }

    /// Counts the outcome and returns how many were wrong in a row.
    pub(super) async fn settle<T>(mut self, result: &Result<T, SignError>) -> Result<u32, AuditError> {
        self.open = false;
        let wrong = self.after(result.as_ref().err());
        if wrong != self.before {
            self.tries.set_wrong(&self.key, wrong).await?;
        }
        Ok(wrong)
    }

    /// Whoever signed anything had the right PIN. Some tokens answer a wrong one with a general error, so
    /// all but what comes before a login counts against it.
    fn after(&self, error: Option<&SignError>) -> u32 {
        let unused = |error: &TokenError| {
            matches!(
                error,
                TokenError::Missing(_)
                    | TokenError::Removed
                    | TokenError::Changed
                    | TokenError::LastTry { .. }
                    | TokenError::PinLocked
                    | TokenError::PukLocked
                    | TokenError::NewPinRefused { .. }
                    | TokenError::PinUnsupported(_)
                    | TokenError::PinMustChange
            )
        };
        match error {
            None => 0,
            Some(_) if self.made.load(Ordering::Relaxed) > self.earlier => 0,
            Some(SignError::Token(error)) if unused(error) => self.before,
            Some(_) => self.before.saturating_add(1),
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (tries, key, wrong) =
            (Arc::clone(&self.tries), self.key.clone(), self.after(Some(&SignError::Cancelled)));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // A log that can't be written refuses the next signature anyway.
            runtime.spawn(async move { tries.set_wrong(&key, wrong).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::domain::ports::BoxFuture;
    use crate::domain::seal::SealTarget;
    use crate::domain::token::PinState;

    /// One token's count.
    struct Count(watch::Sender<u32>);

    impl PinTries for Count {
        fn wrong_in_a_row(&self, _: &TokenKey) -> BoxFuture<'_, Result<u32, AuditError>> {
            let wrong = *self.0.borrow();
            Box::pin(async move { Ok(wrong) })
        }

        fn set_wrong(&self, _: &TokenKey, wrong: u32) -> BoxFuture<'_, Result<(), AuditError>> {
            self.0.send_replace(wrong);
            Box::pin(async { Ok(()) })
        }
    }

    /// With so many signatures of the PIN before, and so many of this one.
    async fn attempt(count: &Arc<Count>, earlier: usize, made: usize) -> Attempt {
        let tries: Arc<dyn PinTries> = Arc::clone(count) as _;
        let all = Arc::new(AtomicUsize::new(earlier));
        let attempt = Attempt::begin(&tries, TokenKey("a".to_owned()), &all).await.expect("counts");
        all.fetch_add(made, Ordering::Relaxed);
        attempt
    }

    #[tokio::test]
    async fn r40_counts_what_each_end_says_of_the_pin() {
        let wrong = || TokenError::WrongPin {
            state: PinState::Low,
            next: SealTarget { key: [1; 32], nonce: [2; 32] },
        };
        let failed = || TokenError::Failed { item: None, cause: String::new() };
        for (made, result, expected) in [
            (1, Ok(()), 0),
            (0, Err(SignError::Token(wrong())), 2),
            (0, Err(SignError::Token(failed())), 2),
            (0, Err(SignError::Token(TokenError::Crashed(String::new()))), 2),
            (0, Err(SignError::Denied), 2),
            (7, Err(SignError::Denied), 0),
            (0, Err(SignError::Token(TokenError::Removed)), 1),
        ] {
            for earlier in [0, 3] {
                let count = Arc::new(Count(watch::Sender::new(1)));
                let settled = attempt(&count, earlier, made).await.settle(&result).await;
                assert_eq!(settled, Ok(expected), "{result:?}");
                assert_eq!(*count.0.borrow(), expected, "{result:?}");
            }
        }
    }

    #[tokio::test]
    async fn r40_a_pin_that_nobody_waited_for_counts() {
        let count = Arc::new(Count(watch::Sender::new(1)));
        drop(attempt(&count, 0, 0).await);
        count.0.subscribe().wait_for(|wrong| *wrong == 2).await.expect("counted");
        drop(attempt(&count, 0, 3).await);
        count.0.subscribe().wait_for(|wrong| *wrong == 0).await.expect("it had signed, so it was right");
    }
}
