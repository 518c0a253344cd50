//! The keyboard alone: where the focus goes, and from opening to done.

use egui::Key;
use egui::Modifiers;
use egui::accesskit::Action;
use egui::accesskit::Node;
use egui::accesskit::NodeId;
use egui::accesskit::Role;

use super::Stage;
use super::seen::bounds;
use super::states::STATES;
use super::states::Screen;
use crate::ui::message::FromPrompt;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;

impl Stage {
    /// What has the focus.
    pub(super) fn focused(&self) -> Option<&Node> {
        let focus = self.tree.nodes.iter().find(|(id, _)| *id == self.tree.focus);
        focus.map(|(_, node)| node).filter(|node| node.role() != Role::Dialog)
    }

    fn tab_to(&mut self, label: &str) {
        tab_until(self, |stage| stage.focused().is_some_and(|node| node.label() == Some(label)));
    }

    fn tab_to_role(&mut self, role: Role) {
        tab_until(self, |stage| stage.focused().is_some_and(|node| node.role() == role));
    }
}

/// Tab from one to the next; each once, the first to have it first.
pub(super) fn tour(stage: &mut Stage) -> Vec<NodeId> {
    let mut seen = Vec::new();
    for _ in 0..MOST {
        if stage.focused().is_some() {
            if seen.contains(&stage.tree.focus) {
                return seen;
            }
            seen.push(stage.tree.focus);
        }
        stage.press(Key::Tab);
    }
    assert!(seen.is_empty(), "Tab never comes back to where it was");
    seen
}

pub(super) fn tab_until(stage: &mut Stage, there: impl Fn(&Stage) -> bool) {
    for _ in 0..MOST {
        if there(stage) {
            return;
        }
        stage.press(Key::Tab);
    }
    panic!("Tab does not lead there: {:#?}", stage.texts());
}

/// WCAG 2.2, 2.1.1 and 2.4.3.
#[test]
fn the_focus_reaches_everything_in_the_order_of_the_eye() {
    for state in STATES {
        for screen in Screen::all(1.0) {
            let mut stage = (state.on)(screen);
            let can_have_it = |node: &Node| node.supports_action(Action::Focus) && !node.is_disabled();
            let all: Vec<NodeId> =
                stage.tree.nodes.iter().filter(|(_, node)| can_have_it(node)).map(|(id, _)| *id).collect();
            let place = |id: NodeId| bounds(&stage.tree.nodes.iter().find(|(at, _)| *at == id).unwrap().1);
            let places: Vec<_> = all.iter().map(|id| (*id, place(*id))).collect();
            let mut tour = tour(&mut stage);
            let lost: Vec<_> = all.iter().filter(|id| !tour.contains(id)).collect();
            assert!(lost.is_empty(), "{} {screen:?}: {lost:?} of {:#?}", state.name, stage.tree.nodes);
            let place = |id: NodeId| places.iter().find(|(at, _)| *at == id).unwrap().1;
            let first =
                tour.iter().enumerate().min_by(|a, b| place(*a.1).min.y.total_cmp(&place(*b.1).min.y));
            let first = first.map_or(0, |(at, _)| at);
            tour.rotate_left(first);
            for pair in tour.windows(2) {
                let (from, to) = (place(pair[0]), place(pair[1]));
                let beside = from.y_range().contains(to.center().y);
                let follows = if beside { to.min.x >= from.max.x } else { to.min.y >= from.min.y };
                assert!(follows, "{} {screen:?}: from {from:?} to {to:?}", state.name);
            }
        }
    }
}

/// Backwards is the same way back.
#[test]
fn shift_and_tab_lead_back() {
    for state in STATES {
        let mut stage = (state.on)(Screen::LIGHT_VI);
        let there = tour(&mut stage);
        let mut back = vec![stage.tree.focus; usize::from(!there.is_empty())];
        for _ in 1..there.len() {
            stage.press_with(Modifiers::SHIFT, Key::Tab);
            back.push(stage.tree.focus);
        }
        back.get_mut(1..).unwrap_or_default().reverse();
        assert_eq!(back, there, "{}", state.name);
    }
}

#[test]
fn keys_alone_lead_from_opening_to_done() {
    let on = |name: &str| (STATES.iter().find(|state| state.name == name).unwrap().on)(Screen::LIGHT_VI);

    let mut stage = on("choose");
    stage.tab_to_role(Role::RadioButton);
    stage.press(Key::Space);
    stage.type_text("246813");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { pin: Some(_), .. }]), "choose");
    stage.dialog.hear(News::Says(ToPrompt::Done), stage.now);
    stage.wait(600);
    stage.press(Key::Enter);
    assert!(stage.dialog.is_closed(), "the end is closed");

    let mut stage = on("pin-last");
    stage.tab_to_role(Role::CheckBox);
    stage.press(Key::Space);
    stage.tab_to_role(Role::PasswordInput);
    stage.type_text("246813");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { .. }]), "the last try");

    let mut stage = on("keep-offered");
    stage.tab_to_role(Role::CheckBox);
    stage.press(Key::Space);
    stage.type_text("246813");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::SignAndKeep { .. }]), "a login is kept");

    for (name, answer) in [("pad", "Sign"), ("kept", "Confirm")] {
        let mut stage = on(name);
        stage.tab_to(stage.dialog.words.sign);
        stage.press(Key::Enter);
        let said = stage.dialog.say();
        assert!(matches!(said.as_slice(), [one] if format!("{one:?}").starts_with(answer)), "{said:?}");
    }

    let mut stage = on("pair");
    stage.tab_to(stage.dialog.words.allow);
    stage.press(Key::Space);
    assert_eq!(stage.dialog.say(), [FromPrompt::Allow]);

    let mut stage = on("progress");
    stage.tab_to(stage.dialog.words.cancel);
    stage.press(Key::Enter);
    assert_eq!(stage.dialog.say(), [FromPrompt::Deny], "a batch is stopped in the middle");

    for name in ["failed", "late", "pin-locked", "pin-must-change", "done-batch", "change-done"] {
        let mut stage = on(name);
        stage.press(Key::Enter);
        assert!(stage.dialog.is_closed(), "{name}");
    }

    let mut stage = on("unblock-last");
    stage.tab_to_role(Role::CheckBox);
    stage.press(Key::Space);
    stage.tab_to_role(Role::PasswordInput);
    for secret in ["12345678", "654321", "654321"] {
        stage.type_text(secret);
        stage.press(Key::Enter);
    }
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Pin { pair: Some(_) }]), "unblock");
}

/// Each document of a long batch can be read without a mouse.
#[test]
fn a_list_is_read_by_keys() {
    let mut stage = (STATES.iter().find(|state| state.name == "batch").unwrap().on)(Screen::LIGHT_VI);
    let last = "“Công văn 40/SNV-TCCB.pdf”";
    assert!(!stage.says(last));
    stage.tab_to_role(Role::List);
    stage.press(Key::End);
    (0..30).for_each(|_| stage.wait(20));
    assert!(stage.says(last), "{:#?}", stage.texts());
    stage.press(Key::Home);
    (0..30).for_each(|_| stage.wait(20));
    assert!(stage.says("“Công văn 1/SNV-TCCB.pdf”") && !stage.says(last));
}

/// More than anything in the window.
const MOST: usize = 40;
