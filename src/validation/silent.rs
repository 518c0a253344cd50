//! Addresses that gave no answer a short while ago. They are not asked again until that while is over: else each
//! signature of a batch would wait for the same responder anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

/// When each fell silent. Clones share it; it ends with the agent.
#[derive(Clone, Debug, Default)]
pub(super) struct Silent(Arc<Mutex<HashMap<String, Instant>>>);

/// One that is waited for. Dropped, it counts as silent if most of its time was over: whoever waited had no more of it.
pub(super) struct Wait<'a> {
    silent: &'a Silent,
    address: &'a str,
    since: Instant,
    patience: Duration,
    is_over: bool,
}

impl Silent {
    /// Whether this one gave none.
    pub(super) fn knows(&self, address: &str, now: Instant) -> bool {
        let fell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fell.get(address).is_some_and(|fell| now.saturating_duration_since(*fell) < WHILE)
    }

    /// It is asked now, and has so much time.
    pub(super) fn wait<'a>(&'a self, address: &'a str, patience: Duration) -> Wait<'a> {
        Wait { silent: self, address, since: Instant::now(), patience, is_over: false }
    }

    /// It gave none now.
    fn add(&self, address: &str, now: Instant) {
        let mut fell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fell.retain(|_, fell| now.saturating_duration_since(*fell) < WHILE);
        fell.insert(address.to_owned(), now);
    }
}

impl Wait<'_> {
    /// It has answered, or will not.
    pub(super) fn ends(mut self, answered: bool) {
        self.is_over = true;
        if !answered {
            self.silent.add(self.address, Instant::now());
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.since.elapsed() >= self.patience / 2 {
            self.silent.add(self.address, Instant::now());
        }
    }
}

/// Longer than a batch waits from one signature to the next, and short enough for whoever plugs the cable in again to
/// be believed soon.
const WHILE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_remembered_for_a_minute() {
        let (silent, start) = (Silent::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!silent.knows("http://a/", start));
        silent.add("http://a/", start);
        assert!(silent.knows("http://a/", after(59)) && silent.clone().knows("http://a/", start));
        assert!(!silent.knows("http://a/", after(60)) && !silent.knows("http://b/", start));
        silent.add("http://b/", after(60));
        assert_eq!(silent.0.lock().unwrap().len(), 1, "what is over is forgotten");
    }

    #[test]
    fn who_was_given_up_on_was_silent_and_who_was_hardly_asked_was_not() {
        let (silent, now) = (Silent::default(), Instant::now());
        drop(silent.wait("http://left/", Duration::from_secs(600)));
        drop(silent.wait("http://late/", Duration::ZERO));
        silent.wait("http://good/", Duration::ZERO).ends(true);
        silent.wait("http://bad/", Duration::from_secs(600)).ends(false);
        let known = ["left", "late", "good", "bad"].map(|name| silent.knows(&format!("http://{name}/"), now));
        assert_eq!(known, [false, true, false, true]);
    }
}
