//! Facts become steps.

use super::Asking;
use super::Autostart;
use super::Facts;
use super::Finding;
use super::Held;
use super::Library;
use super::LibraryState;
use super::Plugged;
use super::Step;
use super::Topic;
use crate::domain::token::PinState;
use crate::sys::pcsc::Daemon;
use crate::token::discovery::Reason;
use crate::token::discovery::vet::Unfit;
use crate::token::usb::Driver;
use crate::token::usb::Kind;

/// The steps, in the order that a person takes them.
pub fn judge(facts: &Facts) -> Vec<Step> {
    let mut steps = List(Vec::new());
    if facts.tokens.is_empty() {
        without_token(facts, &mut steps);
    } else {
        with_tokens(facts, &mut steps);
    }
    steps.add(Topic::Asking, asking(&facts.asking));
    steps.add(Topic::Trial, trial(facts));
    steps.add(Topic::Autostart, autostart(facts.autostart));
    steps.0
}

struct List(Vec<Step>);

impl List {
    fn add(&mut self, topic: Topic, finding: Finding) {
        self.0.push(Step { topic, finding });
    }

    fn wait(&mut self, topics: &[Topic]) {
        topics.iter().for_each(|topic| self.add(*topic, Finding::Waits));
    }
}

/// Why there is none: the first reason on the way from the socket to the library.
fn without_token(facts: &Facts, steps: &mut List) {
    const AFTER: [Topic; 2] = [Topic::Token, Topic::Certificate];
    let devices = facts.usb.as_deref().unwrap_or_default();
    match &facts.usb {
        Some(devices) if devices.is_empty() => {
            steps.add(Topic::Plugged, Finding::NothingPlugged);
            steps.wait(&[Topic::Readers, Topic::Library, Topic::Token, Topic::Certificate]);
            return;
        }
        Some(devices) => steps.add(Topic::Plugged, Finding::Devices(devices.clone())),
        None => steps.add(Topic::Plugged, Finding::UsbUnseen),
    }
    let readers = readers(facts, devices);
    let hindered = readers != Finding::ReadersWell;
    steps.add(Topic::Readers, readers);
    // Both are named at once: whoever installs one installs the other, too.
    let library = library(facts, devices);
    let in_use = matches!(library, Finding::InUse(_));
    steps.add(Topic::Library, library);
    if hindered || !in_use {
        steps.wait(&AFTER);
        return;
    }
    let only_readers = !devices.is_empty()
        && devices.iter().all(|device| device.known.as_ref().is_some_and(|known| known.kind == Kind::Reader));
    let seen = facts.usb.is_some();
    steps.add(
        Topic::Token,
        match (only_readers, seen) {
            (true, _) => Finding::NoCard,
            (false, true) => Finding::NotSeen,
            (false, false) => Finding::NoneSeen,
        },
    );
    steps.wait(&[Topic::Certificate]);
}

fn readers(facts: &Facts, devices: &[Plugged]) -> Finding {
    let by_ccid = |device: &Plugged| device.known.as_ref().is_none_or(|known| known.driver == Driver::Ccid);
    if !devices.iter().any(by_ccid) {
        return Finding::ReadersWell;
    }
    match (facts.daemon, facts.ccid) {
        (Daemon::Missing, _) => Finding::NoDaemon,
        (Daemon::Stopped | Daemon::Running, false) => Finding::NoCcid,
        (Daemon::Stopped, true) => Finding::DaemonStopped,
        (Daemon::Running, true) => Finding::ReadersWell,
    }
}

/// The library of the first device that lacks one; else the one that is in use.
fn library(facts: &Facts, devices: &[Plugged]) -> Finding {
    let known = || devices.iter().filter_map(|device| Some((device, device.known.as_ref()?)));
    let mut in_use = None;
    for (device, row) in known() {
        let own = || {
            let wanted = row.libraries.iter();
            wanted.flat_map(|name| facts.libraries.iter().filter(move |library| library.is_of(name)))
        };
        match (own().find(|library| library.state == LibraryState::Used), own().next()) {
            (Some(used), _) => in_use = in_use.or(Some(used)),
            (None, Some(unusable)) => return Finding::Unusable(unusable.clone()),
            // Vendors sell their tokens to authorities, whose libraries have other names.
            (None, None) => match facts.libraries.iter().find(|library| library.may_be_anyones()) {
                Some(library) if library.state == LibraryState::Used => in_use = in_use.or(Some(library)),
                Some(unusable) => return Finding::Unusable(unusable.clone()),
                None => return Finding::Missing(device.clone()),
            },
        }
    }
    let any = || facts.libraries.iter().find(|library| library.state == LibraryState::Used);
    if let Some(used) = in_use.or_else(any) {
        return Finding::InUse(used.clone());
    }
    let broken = facts.libraries.iter().find(|library| library.counts());
    broken.map_or(Finding::NoLibrary, |broken| Finding::Unusable(broken.clone()))
}

fn with_tokens(facts: &Facts, steps: &mut List) {
    match &facts.usb {
        Some(devices) if !devices.is_empty() => {
            steps.add(Topic::Plugged, Finding::Devices(devices.clone()));
        }
        Some(_) => steps.add(Topic::Plugged, Finding::NotOnUsb),
        None => steps.add(Topic::Plugged, Finding::UsbUnseen),
    }
    steps.add(Topic::Readers, Finding::ReadersWell);
    for library in facts.libraries.iter().filter(|library| library.state == LibraryState::Used) {
        steps.add(Topic::Library, Finding::InUse(library.clone()));
    }
    // A second token, plugged in and not seen.
    let devices = facts.usb.as_deref().unwrap_or_default();
    if devices.len() > facts.tokens.len()
        && let Finding::Missing(device) = library(facts, devices)
    {
        steps.add(Topic::Library, Finding::Missing(device));
    }
    if facts.stale_agent {
        steps.add(Topic::Token, Finding::Stale);
    }
    for token in &facts.tokens {
        let finding = match token.pin {
            PinState::Ok | PinState::Reader => Finding::Seen(token.clone()),
            PinState::Low
            | PinState::Doubted
            | PinState::FinalTry
            | PinState::ReaderDoubted
            | PinState::ReaderFinal
            | PinState::Locked
            | PinState::MustChange => Finding::Pin(token.clone()),
        };
        steps.add(Topic::Token, finding);
    }
    // Those that can sign first.
    let (fit, unfit): (Vec<&Held>, Vec<&Held>) =
        facts.certificates.iter().partition(|held| held.unfit.is_none());
    for held in fit.into_iter().chain(unfit) {
        steps.add(Topic::Certificate, certificate(facts, held));
    }
    if facts.certificates.is_empty() {
        steps.add(Topic::Certificate, Finding::NoCertificate);
    } else if facts.certificates.iter().all(|held| held.unfit.is_some()) {
        steps.add(Topic::Certificate, Finding::NoneFit);
    }
}

fn certificate(facts: &Facts, held: &Held) -> Finding {
    let days = (held.until - facts.now).whole_days();
    match held.unfit {
        Some(_) => Finding::Unfit(held.clone()),
        None if days <= SOON => Finding::Ending(held.clone(), days),
        None => Finding::Fit(held.clone()),
    }
}

fn asking(asking: &Asking) -> Finding {
    match asking {
        Asking::No(why) => Finding::CannotAsk(why.clone()),
        Asking::Window | Asking::Terminal => Finding::Asks(asking.clone()),
    }
}

fn trial(facts: &Facts) -> Finding {
    if let Some(trial) = &facts.trial {
        return Finding::TrialDone(trial.clone());
    }
    match triable(facts) {
        certificates if certificates.is_empty() => Finding::Waits,
        certificates => Finding::TrialOpen(certificates.into_iter().cloned().collect()),
    }
}

/// The certificates that a trial signature can be made with now.
pub fn triable(facts: &Facts) -> Vec<&Held> {
    if facts.stale_agent || matches!(facts.asking, Asking::No(_)) {
        return Vec::new();
    }
    let works = |held: &&Held| {
        let token = facts.tokens.iter().find(|token| token.serial == held.token);
        let blocked = token.is_some_and(|token| matches!(token.pin, PinState::Locked | PinState::MustChange));
        held.unfit.is_none() && !blocked
    };
    facts.certificates.iter().filter(works).collect()
}

fn autostart(autostart: Autostart) -> Finding {
    match autostart {
        Autostart::On => Finding::Starts,
        Autostart::Off => Finding::StartOpen,
        Autostart::Declined => Finding::StartDeclined,
    }
}

impl Library {
    fn is_of(&self, vendor: &str) -> bool {
        self.vendor.as_deref() == Some(vendor)
    }

    /// Of no vendor that is known and in use, or made for another machine, as vendors' 32-bit software is.
    fn may_be_anyones(&self) -> bool {
        match &self.state {
            LibraryState::Used => self.vendor.is_none(),
            LibraryState::Failed(_) => false,
            LibraryState::LeftOut(reason) => matches!(reason, Reason::Unfit(Unfit::Machine(_))),
        }
    }

    /// Whether its being left out may be the reason: not where that is what it is there for.
    fn counts(&self) -> bool {
        match &self.state {
            LibraryState::Used => false,
            LibraryState::Failed(_) => true,
            LibraryState::LeftOut(reason) => match reason {
                Reason::Unfit(_) | Reason::Elsewhere | Reason::Broken(_) | Reason::Policy => true,
                Reason::SwitchedOff | Reason::Trust | Reason::Remote | Reason::Proxy | Reason::Twice(_) => {
                    false
                }
            },
        }
    }
}

/// Days before its end from which a certificate is to be renewed: what renewing takes.
const SOON: i64 = 60;
