//! A kept login, as the agent counts it (R38): whom it serves, and what ends it.
//!
//! It ends when its time is over, when its token leaves, when a job fails, when the person leaves the desk,
//! and when anybody says so. The host has its own clock beside this one.

use std::collections::HashSet;
use std::sync::Mutex as SyncMutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::sleep_until;

use super::remote::locked;
use super::wire::Pass;
use crate::domain::certificate::CertId;
use crate::domain::job::Job;
use crate::domain::kept::KeepLimits;
use crate::sys::attendance::Attendance;

/// What lets a login be kept at all.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) limits: KeepLimits,
    pub(super) desk: watch::Receiver<Attendance>,
}

/// One module's kept login, if there is one.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    rule: OnceLock<Rule>,
    state: SyncMutex<State>,
    /// Something has happened to the kept login.
    news: watch::Sender<()>,
    /// The host said of the job under way that its login is kept.
    said: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    count: u64,
    /// Certificates whose keys want a login for each signature (R42).
    never: HashSet<CertId>,
}

#[derive(Clone, Debug)]
struct Held {
    number: u64,
    serial: String,
    /// The process that holds it.
    key: [u8; 32],
    began: Instant,
    used: Instant,
    /// How often the person had left the desk when it began: once more, and it serves nothing.
    departures: u64,
    /// To be ended by whoever gets the turn next.
    over: bool,
}

/// What a job means for a kept login.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) certificate: CertId,
    serial: String,
    pub(super) kind: Kind,
    /// How often the person had left the desk when the job came.
    departures: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It ends one.
    Typed,
    /// It begins one.
    ToKeep,
    /// It uses one.
    Kept,
}

impl Keeper {
    /// Lets logins be kept from now on.
    pub(super) fn allow(&self, rule: Rule) {
        let _ = self.rule.set(rule);
    }

    /// How long a login may be kept, if at all.
    pub(super) fn limits(&self) -> Option<KeepLimits> {
        self.rule.get().map(|rule| rule.limits)
    }

    /// What a job with this pass means.
    pub(super) fn plan(&self, job: &Job, pass: &Pass) -> Plan {
        let kind = match pass {
            Pass::Sealed { .. } | Pass::Reader => Kind::Typed,
            Pass::ToKeep { .. } => Kind::ToKeep,
            Pass::Kept => Kind::Kept,
        };
        let departures = self.rule.get().map_or(0, |rule| rule.desk.borrow().departures);
        Plan { certificate: job.certificate, serial: job.token.0.clone(), kind, departures }
    }

    /// Whether a job may go to the host with this key now; the kept login ends where a PIN was typed.
    pub(super) fn admits(&self, plan: &Plan, key: Option<[u8; 32]>) -> bool {
        self.said.store(false, Ordering::SeqCst);
        if plan.kind == Kind::Kept {
            return self.is_there() && self.held(&plan.serial, key).is_some();
        }
        self.forget();
        true
    }

    /// The host said that the login of the job under way is kept.
    pub(super) fn heard(&self) {
        self.said.store(true, Ordering::SeqCst);
    }

    /// Whether the process with this key holds a login.
    pub(super) fn holds(&self, key: Option<[u8; 32]>) -> bool {
        locked(&self.state).held.as_ref().is_some_and(|held| !held.over && Some(held.key) == key)
    }

    /// Ends the login of a token that is not among these any more.
    pub(super) fn only_on<'a>(&self, mut serials: impl Iterator<Item = &'a str>) {
        let mut state = locked(&self.state);
        if let Some(held) = &mut state.held
            && !serials.any(|serial| serial == held.serial)
        {
            held.over = true;
            self.news.send_replace(());
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.rule.get().is_some_and(|rule| rule.desk.borrow().is_there())
    }

    /// What is left at most of the login of this token in this process.
    pub(super) fn left(&self, serial: &str, key: Option<[u8; 32]>) -> Option<Duration> {
        self.held(serial, key).map(|(_, left)| left)
    }

    /// Whether the key of this certificate wants a login for each signature, as far as is known.
    pub(super) fn is_never(&self, certificate: CertId) -> bool {
        locked(&self.state).never.contains(&certificate)
    }

    /// Remembers that it does.
    pub(super) fn never(&self, certificate: CertId) {
        locked(&self.state).never.insert(certificate);
    }

    /// Whether the host said of the job under way that its login is kept.
    pub(super) fn has_said(&self) -> bool {
        self.said.load(Ordering::SeqCst)
    }

    /// Nothing is signed any more with the login of this number, or with whichever there is; its number.
    pub(super) fn close(&self, number: Option<u64>) -> Option<u64> {
        let mut state = locked(&self.state);
        let held = state.held.as_mut().filter(|held| number.is_none_or(|number| number == held.number))?;
        held.over = true;
        self.news.send_replace(());
        Some(held.number)
    }

    /// There is none any more.
    pub(super) fn forget(&self) {
        locked(&self.state).held = None;
        self.news.send_replace(());
    }

    /// The login of this token in this process, with its end and what is left until then at most.
    fn held(&self, serial: &str, key: Option<[u8; 32]>) -> Option<(Held, Duration)> {
        let rule = self.rule.get()?;
        let (limits, departures) = (rule.limits, rule.desk.borrow().departures);
        let held = locked(&self.state).held.clone()?;
        let usable = held.departures == departures
            && held.serial == serial
            && Some(held.key) == key
            && Instant::now() < held.until(limits);
        usable.then(|| {
            let left = limits.most().saturating_sub(held.began.elapsed());
            (held, left)
        })
    }

    /// Begins one; its number, unless the person has left the desk since the job came.
    pub(super) fn begin(&self, plan: &Plan, key: [u8; 32]) -> Option<u64> {
        let desk = self.rule.get()?.desk.borrow().clone();
        if !desk.is_there() || desk.departures != plan.departures {
            return None;
        }
        let mut state = locked(&self.state);
        state.count += 1;
        let (number, now, serial) = (state.count, Instant::now(), plan.serial.clone());
        state.held = Some(Held {
            number,
            serial,
            key,
            began: now,
            used: now,
            departures: plan.departures,
            over: false,
        });
        Some(number)
    }

    /// It has signed: its idle time begins anew. False if it has ended meanwhile.
    pub(super) fn touch(&self, plan: &Plan, key: Option<[u8; 32]>) -> bool {
        if self.held(&plan.serial, key).is_none() {
            return false;
        }
        if let Some(held) = &mut locked(&self.state).held {
            held.used = Instant::now();
        }
        true
    }

    /// Takes it away, if it still has this number; the key of its process.
    pub(super) fn take(&self, number: u64) -> Option<[u8; 32]> {
        locked(&self.state).held.take_if(|held| held.number == number).map(|held| held.key)
    }

    /// Resolves with true when this login is to be ended, with false if it is no more.
    pub(super) async fn outlasted(&self, number: u64) -> bool {
        let Some(Rule { limits, mut desk }) = self.rule.get().cloned() else { return true };
        let mut news = self.news.subscribe();
        loop {
            news.borrow_and_update();
            let attendance = desk.borrow_and_update().clone();
            let held = locked(&self.state).held.clone();
            let Some(held) = held.filter(|held| held.number == number) else { return false };
            let until = held.until(limits);
            let left = !attendance.is_there() || attendance.departures != held.departures;
            if left || held.over || until <= Instant::now() {
                return true;
            }
            tokio::select! {
                () = sleep_until(until) => {}
                Ok(()) = news.changed() => {}
                // A source that has ended tells of no lock any more.
                changed = desk.changed() => if changed.is_err() { return true },
            }
        }
    }
}

impl Held {
    fn until(&self, limits: KeepLimits) -> Instant {
        if self.over {
            return self.began;
        }
        (self.began + limits.most()).min(self.used + limits.idle())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::digest::DigestAlgorithm;
    use crate::domain::scheme::Scheme;
    use crate::domain::token::TokenSerial;
    use crate::sys::attendance::Now;

    const KEY: [u8; 32] = [9; 32];

    /// A login of token `a` that began now: 60 s without a signature, 600 s in all.
    struct Desk {
        keeper: Keeper,
        desk: watch::Sender<Attendance>,
        number: u64,
    }

    impl Desk {
        fn new() -> Self {
            let (desk, told) = watch::channel(Attendance::there());
            let keeper = Keeper::default();
            let limits = KeepLimits::new(60, 600).expect("short enough");
            keeper.allow(Rule { limits, desk: told });
            let number = keeper.begin(&plan("a", Kind::ToKeep), KEY).expect("the person is there");
            Self { keeper, desk, number }
        }

        fn is_usable(&self) -> bool {
            self.keeper.admits(&plan("a", Kind::Kept), Some(KEY))
        }

        /// Whether it is to be ended, now that so many seconds have passed.
        async fn ends_within(&self, seconds: u64) -> bool {
            let ended = self.keeper.outlasted(self.number);
            tokio::time::timeout(Duration::from_secs(seconds), ended).await == Ok(true)
        }
    }

    fn plan(serial: &str, kind: Kind) -> Plan {
        Plan { certificate: CertId([1; 32]), serial: serial.to_owned(), kind, departures: 0 }
    }

    #[tokio::test(start_paused = true)]
    async fn r38_ends_after_its_idle_time() {
        let desk = Desk::new();
        assert!(!desk.ends_within(59).await && desk.is_usable());
        assert!(desk.ends_within(2).await);
        assert!(!desk.is_usable(), "even before anybody has ended it");
    }

    #[tokio::test(start_paused = true)]
    async fn r38_each_signature_winds_the_idle_time_up_but_not_the_whole() {
        let desk = Desk::new();
        for _ in 0..11 {
            assert!(!desk.ends_within(54).await);
            assert!(desk.keeper.touch(&plan("a", Kind::Kept), Some(KEY)));
        }
        assert!(desk.ends_within(7).await, "600 s after it began, 6 s after it was used");
        assert!(!desk.is_usable());
        assert!(!desk.keeper.touch(&plan("a", Kind::Kept), Some(KEY)), "nothing brings it back");
    }

    #[tokio::test(start_paused = true)]
    async fn r38_whoever_leaves_the_desk_ends_it() {
        for now in [Now::Away, Now::Unknown(crate::sys::attendance::Silence::BusLeft)] {
            let desk = Desk::new();
            desk.desk.send_modify(|attendance| attendance.turn(now.clone()));
            assert!(desk.ends_within(1).await, "{now:?}");
            assert!(!desk.is_usable(), "{now:?}");
        }
        let desk = Desk::new();
        desk.desk.send_modify(|attendance| attendance.turn(Now::Away));
        desk.desk.send_modify(|attendance| attendance.turn(Now::There));
        assert!(!desk.is_usable(), "away and back in a blink");
        assert!(desk.ends_within(1).await);
        let Desk { keeper, desk, number } = Desk::new();
        drop(desk);
        assert!(keeper.outlasted(number).await, "nobody would tell of a lock");
    }

    #[tokio::test(start_paused = true)]
    async fn r38_a_token_that_leaves_ends_it() {
        let desk = Desk::new();
        desk.keeper.only_on(["b", "a"].into_iter());
        assert!(!desk.ends_within(1).await && desk.is_usable());
        desk.keeper.only_on(["b"].into_iter());
        assert!(desk.ends_within(1).await && !desk.is_usable());
    }

    /// Whoever said so may have left since.
    #[tokio::test(start_paused = true)]
    async fn r38_a_word_ends_it_whoever_waits_for_that() {
        let desk = Desk::new();
        let close = async {
            tokio::task::yield_now().await;
            desk.keeper.close(None);
        };
        assert!(tokio::join!(desk.ends_within(1), close).0);
    }

    #[tokio::test(start_paused = true)]
    async fn r38_serves_its_own_token_in_its_own_process_alone() {
        let desk = Desk::new();
        assert!(!desk.keeper.admits(&plan("b", Kind::Kept), Some(KEY)), "another token");
        assert!(!desk.keeper.admits(&plan("a", Kind::Kept), Some([8; 32])), "another process");
        assert!(!desk.keeper.admits(&plan("a", Kind::Kept), None), "none");
        assert!(desk.is_usable());
        assert!(desk.keeper.admits(&plan("a", Kind::Typed), Some(KEY)), "a PIN is always welcome");
        assert!(!desk.is_usable(), "and it logs out first (R36)");
    }

    #[tokio::test(start_paused = true)]
    async fn r38_does_not_begin_where_the_person_has_left_meanwhile() {
        let desk = Desk::new();
        let digest = Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).expect("32 bytes");
        let (certificate, token) = (CertId([1; 32]), TokenSerial("a".to_owned()));
        let job = Job { certificate, token, key: vec![1], scheme: Scheme::Ecdsa, digests: vec![digest] };
        let pass = Pass::ToKeep { nonce: [0; 32], pin: Vec::new(), idle: 60, most: 600 };
        let plan = desk.keeper.plan(&job, &pass);
        desk.desk.send_modify(|attendance| attendance.turn(Now::Away));
        desk.desk.send_modify(|attendance| attendance.turn(Now::There));
        assert_eq!(desk.keeper.begin(&plan, KEY), None);
        assert!(desk.keeper.begin(&desk.keeper.plan(&job, &pass), KEY).is_some());
    }
}
