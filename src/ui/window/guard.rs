//! Against answers that were meant for another window: for half a second after the prompt shows or
//! gets the focus back, Enter, Esc and a click on the accepting button count for nothing (R31). While another
//! window asks, such keys count for nothing at all, until the person turns to this one.

use std::time::Duration;
use std::time::Instant;

use egui::Event;
use egui::Key;

/// Since when the person can have read what they answer.
#[derive(Debug, Default)]
pub(super) struct Guard {
    since: Option<Instant>,
    early_press: bool,
    aside: bool,
}

impl Guard {
    /// The window shows something else.
    pub(super) fn restart(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// The person turns to the window: it shows, or has the focus again.
    pub(super) fn turn_to(&mut self, now: Instant) {
        self.aside = false;
        self.restart(now);
    }

    /// Another window asks.
    pub(super) fn step_aside(&mut self) {
        self.aside = true;
    }

    /// Whether another window asks.
    pub(super) fn is_aside(&self) -> bool {
        self.aside
    }

    /// Whether answers count for nothing yet.
    pub(super) fn holds(&self, now: Instant) -> bool {
        self.aside || self.since.is_none_or(|since| now < since + WAIT)
    }

    /// When they will count.
    pub(super) fn until(&self) -> Option<Instant> {
        self.since.map(|since| since + WAIT)
    }

    /// Takes out of a frame's events what must not answer.
    pub(super) fn sift(&mut self, events: &mut Vec<Event>, now: Instant) {
        let holds = self.holds(now);
        events.retain(|event| {
            let early = matches!(event, Event::Key { key, .. } if holds && answers(*key));
            !early && !of_clipboard(event)
        });
        if events.iter().any(|event| matches!(event, Event::PointerButton { pressed: true, .. })) {
            self.early_press = holds;
        }
    }

    /// Whether a click on the accepting button counts. It began when its mouse button went down.
    pub(super) fn admits_click(&self, now: Instant) -> bool {
        !self.holds(now) && !self.early_press
    }
}

/// A PIN is typed: it neither comes from the clipboard, where others read, nor goes there.
fn of_clipboard(event: &Event) -> bool {
    matches!(
        event,
        Event::Copy | Event::Cut | Event::Paste(_) | Event::MiddleClickPaste { .. } | Event::Ime(_)
    )
}

/// Space presses the button that has the focus.
fn answers(key: Key) -> bool {
    matches!(key, Key::Enter | Key::Escape | Key::Space)
}

const WAIT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use egui::Modifiers;
    use egui::PointerButton;

    use super::*;

    fn key(key: Key) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE }
    }

    fn press(pressed: bool) -> Event {
        Event::PointerButton {
            pos: egui::Pos2::ZERO,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        }
    }

    fn sifted(guard: &mut Guard, event: Event, now: Instant) -> bool {
        let mut events = vec![event];
        guard.sift(&mut events, now);
        events.is_empty()
    }

    #[test]
    fn answers_wait_but_digits_do_not() {
        let mut guard = Guard::default();
        let start = Instant::now();
        assert!(sifted(&mut guard, key(Key::Enter), start), "not shown yet");
        guard.restart(start);
        let early = start + Duration::from_millis(499);
        for answer in [Key::Enter, Key::Escape, Key::Space] {
            assert!(sifted(&mut guard, key(answer), early));
        }
        assert!(!sifted(&mut guard, Event::Text("1".to_owned()), early));
        assert!(!sifted(&mut guard, key(Key::Enter), start + WAIT));
        guard.restart(start + WAIT);
        assert!(sifted(&mut guard, key(Key::Escape), start + WAIT), "the focus came back");
    }

    #[test]
    fn keys_for_another_window_answer_nothing_here() {
        let mut guard = Guard::default();
        let start = Instant::now();
        guard.turn_to(start);
        guard.step_aside();
        // It may have the keyboard all the same, and show an end meanwhile.
        guard.restart(start);
        for answer in [Key::Enter, Key::Escape, Key::Space] {
            assert!(sifted(&mut guard, key(answer), start + 100 * WAIT));
        }
        guard.turn_to(start + 100 * WAIT);
        assert!(!sifted(&mut guard, key(Key::Escape), start + 101 * WAIT));
    }

    #[test]
    fn a_click_counts_from_its_press() {
        let mut guard = Guard::default();
        let start = Instant::now();
        guard.restart(start);
        guard.sift(&mut vec![press(true)], start + Duration::from_millis(450));
        guard.sift(&mut vec![press(false)], start + Duration::from_millis(550));
        assert!(!guard.admits_click(start + Duration::from_millis(550)));
        guard.sift(&mut vec![press(true)], start + Duration::from_millis(600));
        assert!(guard.admits_click(start + Duration::from_millis(650)));
    }

    #[test]
    fn nothing_is_copied_or_pasted() {
        let mut guard = Guard::default();
        guard.restart(Instant::now());
        let late = Instant::now() + WAIT;
        for event in [Event::Copy, Event::Cut, Event::Paste("1".to_owned())] {
            assert!(sifted(&mut guard, event, late));
        }
    }
}
