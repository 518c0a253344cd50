//! Keeping up with what is plugged in: one task a module.
//!
//! Where a module reaches its tokens through PC/SC, the reader stack tells when to look; device files of tokens
//! that need no reader tell, too. Others are
//! looked at while somebody watches, and when somebody asks and the last look is old; an idle agent
//! leaves them alone. Those find new tokens in `C_Initialize` only (SoftHSM, measured), so their process
//! is a new one each time. Whatever signs, or is about to, is not looked at.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::remote::Remote;
use super::remote::locked;
use super::seen::Seen;
use super::seen::Shown;
use super::turn::Turn;
use super::wire::Reply;
use super::wire::Request;
use super::wire::Token;
use crate::domain::error::TokenError;
use crate::sys;

impl Remote {
    /// Keeps up until it is aborted. While `watchers` is above 0, somebody wants to hear of changes.
    pub(super) async fn keep_up(self: Arc<Self>, mut watchers: watch::Receiver<usize>) {
        let mut wanted = self.wanted.subscribe();
        let mut readers = self.readers.clone();
        let mut devices = sys::devices::watch();
        loop {
            // What moves from now on is news to this look.
            readers.borrow_and_update();
            self.look().await;
            loop {
                let poll = *watchers.borrow_and_update() > 0 && !self.is_told();
                tokio::select! {
                    changed = wanted.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    Ok(()) = readers.changed() => {
                        if self.may_be_of_cards() {
                            self.cards_moved();
                            break;
                        }
                    }
                    Ok(()) = devices.changed() => {
                        sleep(SETTLING).await;
                        devices.borrow_and_update();
                        self.new_device.store(true, Ordering::SeqCst);
                        break;
                    }
                    Ok(()) = watchers.changed() => {}
                    () = sleep(FRESH), if poll => break,
                }
            }
        }
    }

    /// Returns when what was seen is no older than [`FRESH`], or after [`PATIENCE`] with a module that is
    /// slow or at work. The very first look is waited for, too, but once another module has shown a token for
    /// [`AFTER_ANOTHER`] only: one that hangs must not keep that from the person.
    pub(super) async fn be_fresh(&self) {
        let (look, at) = {
            let seen = self.seen.borrow();
            (seen.look, seen.at)
        };
        if at.is_none() {
            return tokio::select! {
                () = self.looked_first() => {}
                () = self.waited_after_another() => {}
            };
        }
        let wanted = *self.wanted.borrow();
        let is_new = at.is_some_and(|at| self.is_told() || at.elapsed() < FRESH);
        if look >= wanted && is_new || self.is_signing() {
            return;
        }
        let goal = if look >= wanted { self.want() } else { wanted };
        drop(timeout(PATIENCE, self.looked(goal)).await);
    }

    /// Looks anew, however fresh the last look is; returns at once while it signs.
    pub(super) async fn look_again(&self) {
        if self.seen.borrow().at.is_none() {
            self.looked_first().await;
        } else if !self.is_signing() {
            self.looked(self.want()).await;
        }
    }

    /// The very first look begins unasked, and is as good as any that is asked for before its end.
    async fn looked_first(&self) {
        let _ = self.seen.subscribe().wait_for(|seen| seen.at.is_some()).await;
    }

    /// Resolves when some module has had a token to show for [`AFTER_ANOTHER`].
    async fn waited_after_another(&self) {
        let first = self.shown.subscribe().wait_for(Option::is_some).await.ok().and_then(|shown| *shown);
        match first {
            Some(first) => sleep_until(first + AFTER_ANOTHER).await,
            None => std::future::pending().await,
        }
    }

    /// Asks for a look.
    pub(super) fn want(&self) -> u64 {
        let mut number = 0;
        self.wanted.send_modify(|wanted| {
            *wanted += 1;
            number = *wanted;
        });
        number
    }

    async fn looked(&self, number: u64) {
        let _ = self.seen.subscribe().wait_for(|seen| seen.look >= number).await;
    }

    /// Whether the reader stack tells when its tokens change.
    fn is_told(&self) -> bool {
        self.readers.borrow().stack && self.seen.borrow().reader_stack
    }

    /// Whether it reads cards, or hung before it could show that it does.
    fn may_be_of_cards(&self) -> bool {
        let seen = self.seen.borrow();
        seen.reader_stack || matches!(seen.problem, Some(TokenError::TimedOut(_)))
    }

    /// Leaves out at once what was pulled; the process that drove it is not asked about it: OpenSC hung in
    /// 6 of 7 such questions.
    fn cards_moved(&self) {
        *locked(&self.moved) = Some(Instant::now());
        let readers = self.readers.borrow().clone();
        let mut pulled = false;
        self.change(|seen| pulled = seen.drop_pulled(&readers));
        let needed = self.is_used() && !self.seen.borrow().tokens.is_empty();
        if pulled && !needed {
            self.outdated.store(true, Ordering::SeqCst);
        }
    }

    /// Whether somebody needs the very process that runs.
    fn is_used(&self) -> bool {
        let key = self.seen.borrow().key;
        self.is_pledged() || self.keeper.holds(key)
    }

    async fn look(&self) {
        let number = *self.wanted.borrow();
        if self.is_signing() {
            self.missed.store(true, Ordering::SeqCst);
            return self.seen.send_modify(|seen| seen.look = seen.look.max(number));
        }
        let mut turn = self.turn.lock().await;
        turn.forgiving = self.cards_moved_lately();
        if turn.forgiving {
            turn.try_again();
        }
        self.leave_outdated(&mut turn);
        // A job that has just ended may have kept its login: then the device waits for the next look.
        let new_device = !self.is_used() && self.new_device.swap(false, Ordering::SeqCst);
        if new_device {
            turn.try_again();
        }
        if new_device || self.needs_renewal(&turn) {
            turn.end();
        }
        let readers = self.readers.borrow().clone();
        let listed = self.list(&mut turn).await;
        let (key, landlock) = (turn.key(), turn.landlock());
        let empty = matches!(&listed, Ok((tokens, reader_stack)) if tokens.is_empty() && !reader_stack);
        if empty {
            turn.end();
        }
        turn.forgiving = false;
        drop(turn);
        let (tokens, reader_stack, problem) = match listed {
            Ok((tokens, reader_stack)) => (tokens, reader_stack, None),
            Err(error) => (Vec::new(), self.seen.borrow().reader_stack, Some(error)),
        };
        let shown = |token: Token| Shown { card: readers.card(&token.reader), token };
        let tokens = tokens.into_iter().map(shown).collect();
        let at = Some(Instant::now());
        self.change(|seen| *seen = Seen { key, landlock, tokens, problem, reader_stack, look: number, at });
    }

    async fn list(&self, turn: &mut Turn) -> Result<(Vec<Token>, bool), TokenError> {
        let mut answer = Err(TokenError::TimedOut(String::new()));
        if turn.forgiving {
            answer = self.ask_undisturbed(turn, HURRIED.min(self.deadlines.list)).await;
        }
        if matches!(answer, Err(TokenError::TimedOut(_) | TokenError::Crashed(_))) {
            answer = self.ask_undisturbed(turn, self.deadlines.list).await;
        }
        if let Reply::Tokens { tokens, reader_stack } = answer?
            && is_plausible(&tokens)
        {
            return Ok((tokens, reader_stack));
        }
        Err(turn.nonsense())
    }

    /// Asks what is plugged in. A process whose card is pulled meanwhile may never answer, and another is
    /// asked then.
    async fn ask_undisturbed(&self, turn: &mut Turn, deadline: Duration) -> Result<Reply, TokenError> {
        loop {
            tokio::select! {
                answer = self.ask(turn, &Request::List, deadline) => return answer,
                () = self.card_left() => {}
            }
            turn.end();
        }
    }

    /// Resolves a little after any card has left its reader, where the module reads cards.
    async fn card_left(&self) {
        let mut readers = self.readers.clone();
        let mut before = readers.borrow_and_update().clone();
        loop {
            if readers.changed().await.is_err() {
                return std::future::pending().await;
            }
            let now = readers.borrow_and_update().clone();
            if self.seen.borrow().reader_stack && now.lost_a_card_of(&before) {
                return sleep(ANSWERING).await;
            }
            before = now;
        }
    }

    /// Ends a process that has seen its card leave, before it is asked anything more: it may hang, and whoever
    /// seals a PIN to it would find it gone.
    pub(super) fn leave_outdated(&self, turn: &mut Turn) {
        if self.outdated.swap(false, Ordering::SeqCst) {
            turn.end();
        }
    }

    /// A module that nobody tells of new tokens would not find them in the process it has.
    fn needs_renewal(&self, turn: &Turn) -> bool {
        let told = self.seen.borrow().reader_stack || self.module.settings.slow;
        !told
            && !self.is_pledged()
            && !self.keeper.holds(turn.key())
            && turn.age().is_some_and(|age| age >= FRESH)
    }

    fn cards_moved_lately(&self) -> bool {
        locked(&self.moved).is_some_and(|moved| moved.elapsed() < LATELY)
    }

    /// Changes what was seen, and says so if it shows something else.
    pub(super) fn change(&self, change: impl FnOnce(&mut Seen)) {
        self.seen.send_modify(|seen| {
            let before = seen.clone();
            change(seen);
            // Before anybody can see what was changed: a snapshot of an old number is not made again.
            if seen.differs(&before) {
                self.generation.send_modify(|generation| *generation += 1);
            }
            if !seen.tokens.is_empty() {
                self.shown
                    .send_if_modified(|shown| shown.replace(shown.unwrap_or_else(Instant::now)).is_none());
            }
            self.keeper.only_on(seen.tokens.iter().map(|shown| shown.token.serial.as_str()));
        });
    }
}

/// What a reader with many slots could hold; more is a module gone wild. Names are shown, logged and sent to
/// pages, and are those of fields of 64 bytes at most (PKCS#11 v2.40 §3.2).
fn is_plausible(tokens: &[Token]) -> bool {
    let certificates: usize = tokens.iter().map(|token| token.certificates.len()).sum();
    let is_short = |token: &Token| {
        let Token { serial, label, model, manufacturer, reader, .. } = token;
        [serial, label, model, manufacturer, reader].iter().all(|name| name.len() <= LONGEST_NAME)
    };
    tokens.len() <= MOST_TOKENS && certificates <= MOST_CERTIFICATES && tokens.iter().all(is_short)
}

/// How old a look at a module may be that nobody tells of changes, and how often it is looked at while
/// somebody watches.
const FRESH: Duration = Duration::from_secs(2);
/// How long a listing waits for a look.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a listing waits for a module's first look after another module had a token to show.
const AFTER_ANOTHER: Duration = Duration::from_secs(2);
/// How long a look may take right after a card moved, before a new process is asked …
const HURRIED: Duration = Duration::from_secs(3);
/// … which is so long.
const LATELY: Duration = Duration::from_secs(5);
/// How long until a new device file is the person's to use.
const SETTLING: Duration = Duration::from_millis(200);
/// How long a process whose card was pulled may take to answer.
const ANSWERING: Duration = Duration::from_millis(300);
const MOST_TOKENS: usize = 64;
const MOST_CERTIFICATES: usize = 256;
/// What is no UTF-8 takes three bytes for each of its own.
const LONGEST_NAME: usize = 3 * 64;
