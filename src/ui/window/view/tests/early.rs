//! A click that was meant for another window: for half a second after this one shows, no button agrees (R31).

use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui::PointerButton;
use egui::Pos2;
use egui::pos2;

use super::LARGE;
use super::Stage;
use super::pairing;
use super::pin;
use super::signing;

/// A window that shows at this moment, with all in it that agreeing takes, and the button that agrees.
struct Shown {
    stage: Stage,
    label: &'static str,
    /// Milliseconds since it shows.
    at: u64,
}

impl Shown {
    fn new(stage: Stage, label: &'static str) -> Self {
        Self { stage, label, at: 0 }
    }

    fn sign() -> Self {
        let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
        stage.type_text("123456");
        let label = stage.dialog.words.sign;
        Self::new(stage, label)
    }

    fn allow() -> Self {
        let stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
        let label = stage.dialog.words.allow;
        Self::new(stage, label)
    }

    fn change() -> Self {
        let mut stage = pin::change();
        for secret in ["123456", "654321", "654321"] {
            stage.type_text(secret);
            stage.press(Key::Tab);
        }
        Self::new(stage, pin::words().do_change)
    }

    /// The mouse's button goes down or up on the button that agrees, so long after the window showed.
    fn mouse(&mut self, pressed: bool, at: u64) {
        self.stage.wait(at - self.at);
        self.at = at;
        let pos = self.button();
        self.stage.frame(vec![Event::PointerMoved(pos)]);
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        self.stage.frame(vec![Event::PointerButton { pos, button, pressed, modifiers }]);
        self.stage.frame(Vec::new());
    }

    fn button(&self) -> Pos2 {
        let bounds = self.stage.node(self.label).bounds().unwrap();
        pos2(((bounds.x0 + bounds.x1) / 2.0) as f32, ((bounds.y0 + bounds.y1) / 2.0) as f32)
    }

    fn has_said(&mut self) -> bool {
        !self.stage.dialog.say().is_empty()
    }
}

#[test]
fn r31_no_click_of_the_first_half_second_agrees() {
    for show in [Shown::sign, Shown::allow, Shown::change] {
        for (down, up) in [(100, 100), (450, 550)] {
            let mut shown = show();
            shown.mouse(true, down);
            shown.mouse(false, up);
            assert!(!shown.has_said(), "{}, from {down} to {up} ms", shown.label);
            shown.mouse(true, 600);
            shown.mouse(false, 650);
            assert!(shown.has_said(), "{}, once it can have been read", shown.label);
        }
    }
}
