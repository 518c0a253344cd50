//! The system's card readers: PC/SC says when a card comes or goes, and costs nothing in between.
//!
//! Measured with pcsc-lite 1.9: an insertion or a removal is told within 0.4 to 0.6 s.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pcsc::Context;
use pcsc::PNP_NOTIFICATION;
use pcsc::ReaderState;
use pcsc::Scope;
use pcsc::State;
use tokio::sync::watch;

/// What is in the readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Readers {
    /// Whether there is a reader stack to tell.
    pub(super) stack: bool,
    readers: Vec<Reader>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reader {
    name: String,
    has_card: bool,
    /// How often a card came or went, as the reader stack counts.
    events: u32,
}

/// What is known of a token's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    /// In its reader; another number is another card, or the same put in anew.
    There(u32),
    /// Pulled out.
    Gone,
    /// Its reader is not one of the reader stack's.
    Unknown,
}

/// Watches the readers on a thread of its own until it is dropped.
#[derive(Debug)]
pub(super) struct ReaderWatch {
    readers: watch::Receiver<Readers>,
    control: Arc<Mutex<Control>>,
    /// Dropped, it ends the wait for a reader stack.
    _end: mpsc::Sender<()>,
}

#[derive(Default)]
struct Control {
    context: Option<Context>,
    over: bool,
}

impl ReaderWatch {
    pub(super) fn start() -> Self {
        let (sender, readers) = watch::channel(Readers::default());
        let (end, ended) = mpsc::channel();
        let control = Arc::new(Mutex::new(Control::default()));
        let theirs = Arc::clone(&control);
        thread::spawn(move || {
            // Without a reader stack, or after it ended, it is looked for now and then.
            while watch_stack(&theirs, &sender).is_some() {
                publish(&sender, Readers::default());
                if ended.recv_timeout(RETRY) != Err(mpsc::RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Self { readers, control, _end: end }
    }

    /// Changes with what is in the readers.
    pub(super) fn readers(&self) -> watch::Receiver<Readers> {
        self.readers.clone()
    }
}

impl Drop for ReaderWatch {
    fn drop(&mut self) {
        let mut control = locked(&self.control);
        control.over = true;
        if let Some(context) = &control.context {
            let _ = context.cancel();
        }
    }
}

impl Readers {
    /// What is known of the card in the reader with this name.
    pub(super) fn card(&self, reader: &str) -> Card {
        // A slot's description holds 64 bytes of the name.
        let is_it = |known: &&Reader| {
            !reader.is_empty()
                && (known.name == reader || reader.len() >= 60 && known.name.starts_with(reader))
        };
        match self.readers.iter().find(is_it) {
            Some(reader) if reader.has_card => Card::There(reader.events),
            Some(_) => Card::Gone,
            None => Card::Unknown,
        }
    }

    /// Whether any reader holds a card.
    pub(super) fn any_card(&self) -> bool {
        self.readers.iter().any(|reader| reader.has_card)
    }

    /// Whether a card that was there `before` is not, or is another.
    pub(super) fn lost_a_card_of(&self, before: &Self) -> bool {
        before.readers.iter().any(|reader| reader.has_card && !self.readers.contains(reader))
    }

    #[cfg(test)]
    pub(super) fn of(readers: &[(&str, bool, u32)]) -> Self {
        let reader = |(name, has_card, events): &(&str, bool, u32)| Reader {
            name: (*name).to_owned(),
            has_card: *has_card,
            events: *events,
        };
        Self { stack: true, readers: readers.iter().map(reader).collect() }
    }
}

/// Until the reader stack fails; nothing if the watch is over.
fn watch_stack(control: &Mutex<Control>, sender: &watch::Sender<Readers>) -> Option<pcsc::Error> {
    let context = match Context::establish(Scope::User) {
        Ok(context) => context,
        Err(error) => return Some(error),
    };
    let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
    loop {
        {
            let mut control = locked(control);
            if control.over {
                return None;
            }
            control.context = Some(context.clone());
        }
        if let Err(error) = refresh(&context, &mut states) {
            return Some(error);
        }
        if states.len() == 1 {
            // Nothing would tell that there is a stack without a reader.
            publish(sender, Readers { stack: true, readers: Vec::new() });
        }
        // Not without end: a cancellation just before this call would be lost.
        match context.get_status_change(LONGEST_WAIT, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout) => {}
            Err(pcsc::Error::Cancelled) => continue,
            Err(error) => return Some(error),
        }
        states.iter_mut().for_each(ReaderState::sync_current_state);
        publish(sender, Readers { stack: true, readers: states.iter().skip(1).map(reader).collect() });
    }
}

fn publish(sender: &watch::Sender<Readers>, readers: Readers) {
    sender.send_if_modified(|known| {
        let changed = *known != readers;
        *known = readers;
        changed
    });
}

/// Takes in readers that came, and leaves out those that went.
fn refresh(context: &Context, states: &mut Vec<ReaderState>) -> Result<(), pcsc::Error> {
    let names: Vec<CString> = match context.list_readers_owned() {
        Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
        names => names?,
    };
    let mut index = 0;
    states.retain(|state| {
        index += 1;
        index == 1 || names.iter().any(|name| name.as_c_str() == state.name())
    });
    for name in names {
        if states.iter().all(|state| state.name() != name.as_c_str()) {
            states.push(ReaderState::new(name, State::UNAWARE));
        }
    }
    Ok(())
}

fn reader(state: &ReaderState) -> Reader {
    Reader {
        name: state.name().to_string_lossy().into_owned(),
        has_card: state.event_state().contains(State::PRESENT),
        events: state.event_count(),
    }
}

fn locked(control: &Mutex<Control>) -> MutexGuard<'_, Control> {
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("over", &self.over).finish_non_exhaustive()
    }
}

/// How often a missing reader stack is looked for: a connect to a socket that is not there.
const RETRY: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_known_by_its_readers_name() {
        let readers = Readers::of(&[("Virtual PCD 00 00", true, 3), ("Virtual PCD 00 01", false, 2)]);
        assert_eq!(readers.card("Virtual PCD 00 00"), Card::There(3));
        assert_eq!(readers.card("Virtual PCD 00 01"), Card::Gone);
        assert_eq!(readers.card("Virtual PCD 00"), Card::Unknown, "a part of a name is none");
        assert_eq!(readers.card(""), Card::Unknown);
        let long =
            "A reader of a vendor with a name that is longer than a slot's description (OMNIKEY) 00 00";
        let readers = Readers::of(&[(long, false, 1)]);
        assert_eq!(readers.card(&long[..64]), Card::Gone);
        assert!(!readers.any_card());
        let (with, without) = (Readers::of(&[("a", true, 1)]), Readers::of(&[("a", false, 2)]));
        assert!(without.lost_a_card_of(&with) && Readers::of(&[("a", true, 3)]).lost_a_card_of(&with));
        assert!(!with.lost_a_card_of(&without) && !with.lost_a_card_of(&with));
    }
}
