//! The views without a window: what a person and a screen reader find there.

mod batch;
mod consent;
mod desk;
mod early;
mod ends;
mod kept;
mod keyboard;
mod pictures;
mod pin;
mod reader;
mod seen;
mod standing;
mod states;

use std::time::Duration;
use std::time::Instant;

use egui::Context;
use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui::RawInput;
use egui::Rect;
use egui::ViewportId;
use egui::accesskit::Action;
use egui::accesskit::Node;
use egui::accesskit::NodeId;
use egui::accesskit::Role;
use egui::accesskit::TreeUpdate;
use egui::epaint::ClippedShape;
use egui::pos2;
use egui::vec2;

use super::Rows;
use super::show;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::error::ErrorCode;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealingKey;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::ui::message::FromPrompt;
use crate::ui::message::Pair;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;
use crate::ui::secret::PinField;
use crate::ui::window::dialog::Dialog;
use crate::ui::window::raster::Raster;
use crate::ui::window::reading;
use crate::ui::window::theme;

/// A dialog on a screen of this size, in points.
struct Stage {
    context: Context,
    dialog: Dialog,
    rows: Rows,
    size: [f32; 2],
    scale: f32,
    now: Instant,
    tree: TreeUpdate,
    raster: Raster,
    shapes: Vec<ClippedShape>,
    /// The height that would show everything.
    wanted: f32,
}

impl Stage {
    fn new(question: ToPrompt, size: [f32; 2], scale: f32) -> Self {
        let now = Instant::now();
        Self::of(Dialog::new(question, PinField::new().unwrap(), now).unwrap(), now, size, scale)
    }

    fn of(mut dialog: Dialog, now: Instant, size: [f32; 2], scale: f32) -> Self {
        let context = Context::default();
        theme::set_up(&context);
        context.enable_accesskit();
        dialog.guard.restart(now);
        let tree = TreeUpdate {
            nodes: Vec::new(),
            tree: None,
            tree_id: egui::accesskit::TreeId::ROOT,
            focus: NodeId(0),
        };
        let (rows, raster, shapes) = (Rows::default(), Raster::default(), Vec::new());
        let mut stage = Self { context, dialog, rows, size, scale, now, tree, raster, shapes, wanted: 0.0 };
        for _ in 0..4 {
            stage.frame(Vec::new());
        }
        stage
    }

    fn frame(&mut self, mut events: Vec<Event>) {
        let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(self.size[0], self.size[1]));
        self.dialog.guard.sift(&mut events, self.now);
        let mut input = RawInput { screen_rect: Some(screen), focused: true, events, ..RawInput::default() };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(self.scale);
        let (dialog, rows, now) = (&mut self.dialog, &mut self.rows, self.now);
        dialog.tick(now);
        let wanted = &mut self.wanted;
        let mut output = self.context.run_ui(input, |ui| *wanted = show(ui, dialog, rows, now));
        self.tree = output.platform_output.accesskit_update.take().unwrap();
        reading::sort(&mut self.tree);
        self.raster.take(&output.textures_delta);
        self.raster.forget(&mut output.textures_delta);
        self.shapes = output.shapes;
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.frame(Vec::new());
    }

    fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.frame(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.frame(Vec::new());
    }

    fn type_text(&mut self, text: &str) {
        self.frame(vec![Event::Text(text.to_owned())]);
        self.frame(Vec::new());
    }

    fn click(&mut self, label: &str) {
        let bounds = self.node(label).bounds().unwrap();
        let pos = pos2(((bounds.x0 + bounds.x1) / 2.0) as f32, ((bounds.y0 + bounds.y1) / 2.0) as f32);
        self.frame(vec![Event::PointerMoved(pos)]);
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
            self.frame(vec![Event::PointerButton { pos, button, pressed, modifiers }]);
        }
        self.frame(Vec::new());
    }

    fn node(&self, label: &str) -> &Node {
        let found = self.tree.nodes.iter().find(|(_, node)| node.label() == Some(label));
        &found.unwrap_or_else(|| panic!("no {label:?} in {:#?}", self.texts())).1
    }

    fn role(&self, role: Role) -> Vec<&Node> {
        self.tree.nodes.iter().map(|(_, node)| node).filter(|node| node.role() == role).collect()
    }

    /// All that can be read.
    fn texts(&self) -> Vec<String> {
        let text = |node: &Node| [node.label(), node.value()].into_iter().flatten().collect::<String>();
        self.tree.nodes.iter().map(|(_, node)| text(node)).collect()
    }

    fn says(&self, text: &str) -> bool {
        self.texts().iter().any(|shown| shown.contains(text))
    }

    fn assert_whole(&self, what: &str) {
        for button in self.role(Role::Button) {
            let bounds = button.bounds().unwrap();
            let [width, height] = self.size.map(f64::from);
            let inside = bounds.x0 >= 0.0 && bounds.y0 >= 0.0 && bounds.x1 <= width && bounds.y1 <= height;
            assert!(inside, "{what}: {:?} at {bounds:?} in {width}×{height}", button.label());
        }
        assert!(!self.role(Role::Button).is_empty(), "{what}: no button");
        for (_, node) in &self.tree.nodes {
            let pressed = node.supports_action(Action::Click) || node.supports_action(Action::Focus);
            let named = node.label().is_some_and(|label| !label.is_empty()) || !node.labelled_by().is_empty();
            let bar = matches!(node.role(), Role::ScrollBar | Role::ScrollView | Role::GenericContainer);
            assert!(!pressed || named || bar, "{what}: {node:?} has no label");
        }
    }
}

fn long_origin() -> String {
    let label = "dichvucong-".repeat(5) + "x-1.";
    format!("https://{}{}.gov.vn:65535", label.repeat(4), "b".repeat(6))
}

fn signing(count: usize, change: impl Fn(&mut Sign)) -> ToPrompt {
    let mut question = sample::question(count);
    question.candidates[0].seal = Some(SealTarget { key: SealingKey::generate().public(), nonce: [1; 32] });
    let mut sign = Sign::new(&question, Lang::Vi);
    change(&mut sign);
    ToPrompt::Sign(sign)
}

fn on_pad(sign: &mut Sign, state: PinState) {
    sign.choices[0].pin = state;
    sign.choices[0].seal = None;
}

fn pairing(origin: &str) -> ToPrompt {
    ToPrompt::Pair(Pair {
        lang: Lang::Vi,
        origin: origin.parse().unwrap(),
        milliseconds: 60_000,
        waiting: 0,
        refusals: 0,
    })
}

const LARGE: [f32; 2] = [560.0, 640.0];

#[test]
fn every_view_is_whole_at_every_size() {
    let origin = long_origin();
    let long = |sign: &mut Sign| {
        sign.caller = crate::domain::caller::Caller::Web(origin.parse().unwrap());
        sign.choices[0].organisation = Some(sample::LONG_ORGANISATION.to_owned());
        sign.choices[0].title = Some(sample::LONG_ORGANISATION.to_owned());
    };
    for (size, scale) in [(LARGE, 1.0), (LARGE, 2.0), ([560.0, 320.0], 1.0), ([560.0, 304.0], 2.0)] {
        for lang in Lang::ALL {
            let speak = |sign: &mut Sign| sign.lang = lang;
            for (what, question) in [
                ("one", signing(1, speak)),
                ("many", signing(1_000, speak)),
                ("long", signing(2, |sign| (speak(sign), long(sign)).0)),
                ("last", signing(1, |sign| (speak(sign), sign.choices[0].pin = PinState::FinalTry).0)),
                ("doubted", signing(1, |sign| (speak(sign), sign.choices[0].pin = PinState::Doubted).0)),
                ("last on the pad", signing(1, |sign| (speak(sign), on_pad(sign, PinState::ReaderFinal)).0)),
                ("locked", signing(1, |sign| (speak(sign), sign.choices[0].pin = PinState::Locked).0)),
                ("may keep", signing(1, |sign| (speak(sign), sign.choices[0].keeping = kept::offer()).0)),
                ("kept", signing(1, |sign| (speak(sign), sign.choices[0].keeping = kept::login()).0)),
                ("pair", pairing("https://xn--gogle-jye.com")),
                ("long pair", pairing(&origin)),
            ] {
                Stage::new(question, size, scale).assert_whole(&format!("{what} {size:?} {scale}"));
            }
        }
    }
}

#[test]
fn r25_who_asks_is_shown_whole() {
    let origin = long_origin();
    assert!(origin.len() > 250);
    assert!(Stage::new(pairing(&origin), [560.0, 304.0], 2.0).says(&origin));
    let homograph = Stage::new(pairing("https://xn--ggle-55da.com"), LARGE, 1.0);
    assert!(homograph.says("https://xn--ggle-55da.com") && homograph.says("g[U+043E][U+043E]gle.com"));
}

#[test]
fn a_pin_and_enter_sign_but_not_at_once() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.type_text("123456");
    stage.press(Key::Enter);
    assert!(stage.dialog.say().is_empty() && !stage.dialog.is_closed(), "Enter within half a second");
    let field = stage.role(Role::PasswordInput);
    assert_eq!(field.first().and_then(|field| field.value()), Some("••••••"));
    assert!(!stage.says("123456"));
    stage.wait(500);
    stage.press(Key::Enter);
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { pin: Some(_), .. }]));
    assert!(stage.dialog.pin.is_empty());
}

#[test]
fn nothing_is_signed_without_a_pin() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.wait(600);
    stage.press(Key::Enter);
    stage.click(stage.dialog.words.sign);
    assert!(stage.dialog.say().is_empty());
    stage.press(Key::Escape);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Deny]) && stage.dialog.is_closed());
}

#[test]
fn the_last_try_wants_a_second_word() {
    for (state, doubted) in [(PinState::FinalTry, false), (PinState::Doubted, true)] {
        let mut stage = Stage::new(signing(1, |sign| sign.choices[0].pin = state), LARGE, 1.0);
        let words = stage.dialog.words;
        stage.wait(600);
        stage.type_text("123456");
        stage.press(Key::Enter);
        assert!(stage.dialog.say().is_empty());
        assert!(stage.says(if doubted { words.pin_doubted } else { words.pin_final }));
        stage.click(if doubted { words.pin_doubted_accept } else { words.pin_final_accept });
        stage.click(words.sign);
        assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { .. }]));
    }
}

#[test]
fn r41_the_last_try_on_a_readers_pad_wants_it_too() {
    for (state, doubted) in [(PinState::ReaderFinal, false), (PinState::ReaderDoubted, true)] {
        let mut stage = Stage::new(signing(1, |sign| on_pad(sign, state)), LARGE, 1.0);
        let words = stage.dialog.words;
        stage.wait(600);
        stage.click(words.sign);
        assert!(stage.dialog.say().is_empty() && stage.says(words.reader));
        assert!(stage.says(if doubted { words.pin_doubted } else { words.pin_final }));
        stage.click(if doubted { words.pin_doubted_accept } else { words.pin_final_accept });
        stage.click(words.sign);
        assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { pin: None, .. }]));
    }
}

#[test]
fn a_wrong_pin_is_asked_for_again() {
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.wait(600);
    stage.type_text("111");
    stage.press(Key::Enter);
    assert_eq!(stage.dialog.say().len(), 1);
    let seal = SealTarget { key: SealingKey::generate().public(), nonce: [2; 32] };
    let wrong = ToPrompt::WrongPin { certificate: CertId([1; 32]), pin: PinState::Low, seal };
    stage.dialog.hear(News::Says(wrong), stage.now);
    stage.wait(600);
    stage.frame(Vec::new());
    assert!(stage.says(stage.dialog.words.wrong_pin) && stage.says(stage.dialog.words.pin_low_again));
    assert!(!stage.says(stage.dialog.words.pin_low), "it is said once");
    stage.type_text("123456");
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Sign { .. }]));
}

#[test]
fn r25_a_site_is_allowed_by_its_button_alone() {
    let mut stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
    stage.click(stage.dialog.words.allow);
    assert!(stage.dialog.say().is_empty(), "a click within half a second");
    let mut stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
    stage.wait(600);
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Deny]), "Enter alone refuses");
    let mut stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
    stage.wait(600);
    stage.click(stage.dialog.words.allow);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Allow]));
    let mut stage = Stage::new(pairing("https://vanban.example.gov.vn"), LARGE, 1.0);
    stage.wait(600);
    stage.press(Key::Tab);
    stage.press(Key::Enter);
    assert!(matches!(stage.dialog.say().as_slice(), [FromPrompt::Allow]));
}

#[test]
fn an_unfit_certificate_can_not_be_chosen() {
    let two = |sign: &mut Sign| {
        let mut unfit = sign.choices[0].clone();
        (unfit.certificate, unfit.unfit, unfit.seal) = (CertId([2; 32]), Some(Unfit::Expired), None);
        let mut other = sign.choices[0].clone();
        (other.certificate, other.name) = (CertId([3; 32]), "B".to_owned());
        sign.choices.splice(0..0, [unfit, other]);
    };
    let mut stage = Stage::new(signing(1, two), [560.0, 1_200.0], 1.0);
    stage.wait(600);
    assert!(stage.says(stage.dialog.words.unfit_expired));
    let mut options = stage.role(Role::RadioButton);
    options.sort_by(|a, b| a.bounds().unwrap().y0.total_cmp(&b.bounds().unwrap().y0));
    let options: Vec<(bool, String)> =
        options.iter().map(|node| (node.is_disabled(), node.label().unwrap().to_owned())).collect();
    let [(false, fit), (false, _), (true, unfit)] = options.as_slice() else { panic!("{options:?}") };
    stage.click(unfit);
    assert!(stage.role(Role::PasswordInput).is_empty());
    stage.click(fit);
    assert_eq!(stage.role(Role::PasswordInput).len(), 1);
}

#[test]
fn ends_are_told_and_success_closes_by_itself() {
    let mut stage = Stage::new(signing(3, |_| ()), LARGE, 1.0);
    let start = stage.now;
    stage.dialog.hear(News::Says(ToPrompt::Done), start);
    stage.dialog.hear(News::Gone, start);
    stage.wait(100);
    stage.assert_whole("done");
    assert!(stage.says("Đã ký xong 3 văn bản.") && !stage.dialog.is_closed());
    stage.wait(1_200);
    assert!(stage.dialog.is_closed() && stage.dialog.say().is_empty());
    let mut stage = Stage::new(signing(1, |_| ()), LARGE, 1.0);
    stage.dialog.hear(News::Says(ToPrompt::Failed { code: ErrorCode::TokenRemoved }), stage.now);
    stage.dialog.hear(News::Gone, stage.now);
    stage.wait(60_000);
    stage.frame(Vec::new());
    assert!(stage.says(stage.dialog.words.fail_removed) && !stage.dialog.is_closed());
    stage.click(stage.dialog.words.close);
    assert!(stage.dialog.is_closed() && stage.dialog.say().is_empty());
}
