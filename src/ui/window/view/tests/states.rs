//! Every state that the window can be in, as a person comes to it.

use std::time::Duration;
use std::time::Instant;

use egui::Key;
use egui::Theme;
use sha2::Digest as _;
use sha2::Sha256;

use super::Stage;
use super::kept;
use super::long_origin;
use crate::domain::caller::Caller;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::error::ErrorCode;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
use crate::domain::kept::Keeping;
use crate::domain::pin_task::PinAct;
use crate::domain::pin_task::PinLengths;
use crate::domain::pin_task::PinQuestion;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealingKey;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::ui::message::Pair;
use crate::ui::message::PinSheet;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;
use crate::ui::secret::PinField;
use crate::ui::window::dialog::Act;
use crate::ui::window::dialog::Dialog;
use crate::ui::window::room;

/// One state.
pub(super) struct State {
    /// The name of its pictures' folder.
    pub(super) name: &'static str,
    /// For the list of pictures.
    pub(super) shows: &'static str,
    /// Comes to it.
    pub(super) on: fn(Screen) -> Stage,
}

/// Where it is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) lang: Lang,
    pub(super) dark: bool,
    pub(super) scale: f32,
}

impl Screen {
    pub(super) const LIGHT_VI: Self = Self { lang: Lang::Vi, dark: false, scale: 1.0 };

    /// In both languages, light and dark, at this scale.
    pub(super) fn all(scale: f32) -> impl Iterator<Item = Self> {
        let dark = move |lang| [false, true].map(|dark| Self { lang, dark, scale });
        Lang::ALL.into_iter().flat_map(dark)
    }

    /// As the window opens: as high as its contents, and half a second old.
    fn open(self, dialog: Dialog, now: Instant) -> Stage {
        let mut stage = Stage::of(dialog, now, [WIDTH, ENDLESS], self.scale);
        stage.context.set_theme(if self.dark { Theme::Dark } else { Theme::Light });
        stage.context.all_styles_mut(|style| style.visuals.text_cursor.blink = false);
        stage.wait(600);
        stage.size[1] = 0.0;
        fit(&mut stage);
        stage
    }

    fn sign(self, names: &[String], change: impl FnOnce(&mut Sign)) -> Stage {
        let mut question = sample::question(names.len());
        question.candidates[0].seal = Some(seal());
        let mut sign = Sign::new(&question, self.lang);
        let item = |name: &String| Item {
            name: name.clone(),
            digest: Digest::new(DigestAlgorithm::Sha256, Sha256::digest(name).to_vec()).unwrap(),
        };
        sign.items = Items::new(names.iter().map(item).collect()).unwrap();
        change(&mut sign);
        let now = Instant::now();
        self.open(Dialog::new(ToPrompt::Sign(sign), PinField::new().unwrap(), now).unwrap(), now)
    }

    fn one(self, change: impl FnOnce(&mut Sign)) -> Stage {
        self.sign(&["Tờ trình 112 về biên chế năm 2027.pdf".to_owned()], change)
    }

    fn pin(self, pin: PinState) -> Stage {
        self.one(|sign| sign.choices[0].pin = pin)
    }

    fn keeping(self, keeping: Keeping) -> Stage {
        self.one(|sign| sign.choices[0].keeping = keeping)
    }

    fn many(self) -> Stage {
        let names: Vec<String> = (1..=40).map(|n| format!("Công văn {n}/SNV-TCCB.pdf")).collect();
        self.sign(&names, |_| ())
    }

    fn choose(self) -> Stage {
        self.one(|sign| {
            let of = |id: u8, name: &str| {
                let mut other = sign.choices[0].clone();
                (other.certificate, other.serial) = (CertId([id; 32]), id.to_string());
                name.clone_into(&mut other.name);
                other
            };
            let seal = of(2, "Sở Nội vụ tỉnh Lâm Đồng");
            let (mut old, mut locked) = (of(3, "Nguyễn Thị Ánh Tuyết"), of(4, "Trần Văn Khoa"));
            (old.unfit, old.seal) = (Some(Unfit::Expired), None);
            old.not_after -= Duration::from_secs(3 * 365 * 86_400);
            locked.pin = PinState::Locked;
            sign.choices.extend([seal, old, locked]);
        })
    }

    fn pair(self, origin: &str) -> Stage {
        let (lang, origin) = (self.lang, origin.parse().unwrap());
        let question = ToPrompt::Pair(Pair { lang, origin, milliseconds: 60_000, waiting: 0, refusals: 0 });
        let now = Instant::now();
        self.open(Dialog::new(question, PinField::new().unwrap(), now).unwrap(), now)
    }

    fn form(self, change: impl FnOnce(&mut PinQuestion)) -> Stage {
        let mut question = sample::pin_question();
        question.place.seal = seal();
        question.place.lengths = PinLengths::new(6, 16);
        change(&mut question);
        let fields = [0; 3].map(|_| PinField::new().unwrap());
        let now = Instant::now();
        let sheet = PinSheet::new(&question, self.lang);
        self.open(Dialog::about_pin(sheet, fields, PinField::new().unwrap(), now), now)
    }
}

pub(super) const STATES: &[State] = &[
    State { name: "sign", shows: "one document", on: |screen| screen.one(|_| ()) },
    State { name: "sign-typed", shows: "the PIN is typed", on: |screen| typed(screen.one(|_| ())) },
    State {
        name: "sign-command",
        shows: "a command asks",
        on: |screen| screen.one(|sign| sign.caller = Caller::CommandLine),
    },
    State { name: "sign-in", shows: "a site wants the person to sign in", on: sign_in },
    State { name: "sign-queue", shows: "others wait", on: |screen| screen.one(|sign| sign.waiting = 3) },
    State {
        name: "sign-hurry",
        shows: "little time is left",
        on: |screen| after(screen.one(|_| ()), 107_000),
    },
    State { name: "sign-longest", shows: "the longest names", on: longest },
    State { name: "sign-narrow", shows: "the same on a screen 480 wide", on: narrow },
    State {
        name: "sign-nags",
        shows: "a site that was refused before",
        on: |screen| screen.one(|sign| sign.refusals = 3),
    },
    State { name: "search", shows: "a batch is searched", on: search },
    State { name: "stopping", shows: "a batch is called back", on: stopping },
    State { name: "stopped", shows: "it was in time", on: stopped },
    State { name: "batch", shows: "forty documents", on: Screen::many },
    State { name: "choose", shows: "a choice of certificates, two unfit", on: Screen::choose },
    State { name: "chosen", shows: "one of them is chosen", on: chosen },
    State { name: "pin-low", shows: "a PIN was wrong before", on: |screen| screen.pin(PinState::Low) },
    State { name: "pin-wrong", shows: "the PIN was wrong", on: |screen| wrong(screen, PinState::Low) },
    State { name: "pin-last", shows: "one try is left", on: |screen| screen.pin(PinState::FinalTry) },
    State { name: "pin-doubted", shows: "one try may be left", on: |screen| screen.pin(PinState::Doubted) },
    State { name: "pin-locked", shows: "the PIN is locked", on: |screen| screen.pin(PinState::Locked) },
    State {
        name: "pin-must-change",
        shows: "the PIN must be changed first",
        on: |screen| screen.pin(PinState::MustChange),
    },
    State { name: "pad", shows: "a reader with a PIN pad", on: |screen| screen.pin(PinState::Reader) },
    State {
        name: "pad-last",
        shows: "one with one try left",
        on: |screen| screen.pin(PinState::ReaderFinal),
    },
    State { name: "pad-working", shows: "the PIN is to be typed on it", on: pad_working },
    State {
        name: "keep-offered",
        shows: "the login may be kept",
        on: |screen| screen.keeping(kept::offer()),
    },
    State { name: "kept", shows: "a kept login: confirm", on: |screen| screen.keeping(kept::login()) },
    State { name: "kept-ended", shows: "it has ended meanwhile", on: kept_ended },
    State { name: "working", shows: "the token signs", on: |screen| answered(screen.one(|_| ())) },
    State { name: "progress", shows: "it signs a batch", on: progress },
    State { name: "done", shows: "signed", on: |screen| told(screen.one(|_| ()), ToPrompt::Done) },
    State {
        name: "done-batch",
        shows: "a batch is signed",
        on: |screen| told(screen.many(), ToPrompt::Done),
    },
    State { name: "failed", shows: "the token was pulled out", on: failed },
    State { name: "late", shows: "the time is over", on: |screen| after(screen.one(|_| ()), 120_000) },
    State {
        name: "pair",
        shows: "a site wants to ask",
        on: |screen| screen.pair("https://vanban.example.gov.vn"),
    },
    State {
        name: "pair-punycode",
        shows: "a site with a deceiving name",
        on: |screen| screen.pair("https://xn--ggle-55da.com"),
    },
    State {
        name: "pair-longest",
        shows: "a site with the longest name",
        on: |screen| screen.pair(&long_origin()),
    },
    State { name: "change", shows: "a PIN is changed", on: |screen| screen.form(|_| ()) },
    State {
        name: "change-must",
        shows: "the token wants that",
        on: |screen| screen.form(|of| of.place.must_change = true),
    },
    State { name: "change-differ", shows: "the new ones differ", on: |screen| filled(screen, "65432l") },
    State {
        name: "change-pad",
        shows: "on a PIN pad",
        on: |screen| screen.form(|of| of.place.reader = true),
    },
    State { name: "change-working", shows: "the token changes it", on: |screen| filled(screen, "654321") },
    State {
        name: "change-done",
        shows: "it is changed",
        on: |screen| told(filled(screen, "654321"), ToPrompt::Done),
    },
    State { name: "unblock", shows: "a PIN is unblocked", on: |screen| screen.form(unblock) },
    State { name: "unblock-last", shows: "with the PUK's last try", on: unblock_last },
];

/// Shows it as high as the window makes itself, which never gets smaller.
pub(super) fn fit(stage: &mut Stage) {
    for _ in 0..3 {
        stage.size[1] = stage.size[1].max(room::size(stage.wanted, None).height as f32);
        stage.frame(Vec::new());
    }
}

fn sign_in(screen: Screen) -> Stage {
    screen.one(|sign| {
        let Caller::Web(origin) = &sign.caller else { unreachable!("a page asks in the sample") };
        let sign_in = SignIn { origin: origin.clone(), nonce: vec![7; 32] };
        let item = Item { name: String::new(), digest: sign_in.digest() };
        sign.items = Items::new(vec![item]).unwrap();
        sign.form = Form::SignIn(sign_in);
    })
}

fn search(screen: Screen) -> Stage {
    let mut stage = screen.many();
    stage.press_with(egui::Modifiers::COMMAND, Key::F);
    stage.type_text("cong van 3");
    fit(&mut stage);
    stage
}

fn stopping(screen: Screen) -> Stage {
    let mut stage = progress(screen);
    stage.press(Key::Escape);
    fit(&mut stage);
    stage
}

fn stopped(screen: Screen) -> Stage {
    told(stopping(screen), ToPrompt::Failed { code: ErrorCode::UserDenied })
}

fn typed(mut stage: Stage) -> Stage {
    stage.type_text("246813");
    stage
}

fn answered(stage: Stage) -> Stage {
    let mut stage = typed(stage);
    stage.press(Key::Enter);
    assert_eq!(stage.dialog.say().len(), 1);
    fit(&mut stage);
    stage
}

fn told(mut stage: Stage, message: ToPrompt) -> Stage {
    stage.dialog.hear(News::Says(message), stage.now);
    stage.wait(600);
    fit(&mut stage);
    stage
}

fn after(mut stage: Stage, milliseconds: u64) -> Stage {
    stage.wait(milliseconds);
    stage.wait(600);
    fit(&mut stage);
    stage
}

fn longest(screen: Screen) -> Stage {
    screen.sign(&["Báo cáo tổng hợp kết quả rà soát ".repeat(9)], |sign| {
        sign.caller = Caller::Web(long_origin().parse().unwrap());
        let choice = &mut sign.choices[0];
        choice.title = Some("Phó Chánh Văn phòng kiêm Trưởng phòng Hành chính – Quản trị".to_owned());
        choice.organisation = Some(sample::LONG_ORGANISATION.to_owned());
        choice.token = "Token của ".to_owned() + sample::LONG_ORGANISATION;
    })
}

fn narrow(screen: Screen) -> Stage {
    let mut stage = longest(screen);
    stage.size = [480.0, 640.0];
    (0..4).for_each(|_| stage.frame(Vec::new()));
    stage
}

fn chosen(screen: Screen) -> Stage {
    let mut stage = screen.choose();
    stage.dialog.act(Act::Choose(1));
    stage.wait(600);
    fit(&mut stage);
    stage
}

fn wrong(screen: Screen, pin: PinState) -> Stage {
    let stage = answered(screen.one(|_| ()));
    told(stage, ToPrompt::WrongPin { certificate: CertId([1; 32]), pin, seal: seal() })
}

fn pad_working(screen: Screen) -> Stage {
    let mut stage = screen.pin(PinState::Reader);
    stage.dialog.act(Act::Agree);
    stage.wait(600);
    fit(&mut stage);
    stage
}

fn kept_ended(screen: Screen) -> Stage {
    let mut stage = screen.keeping(kept::login());
    stage.dialog.act(Act::Agree);
    told(stage, ToPrompt::LoginEnded { certificate: CertId([1; 32]) })
}

fn progress(screen: Screen) -> Stage {
    told(answered(screen.many()), ToPrompt::Progress { done: 17, total: 40 })
}

fn failed(screen: Screen) -> Stage {
    told(answered(screen.one(|_| ())), ToPrompt::Failed { code: ErrorCode::TokenRemoved })
}

/// The PIN form, filled in and sent.
fn filled(screen: Screen, again: &str) -> Stage {
    let mut stage = screen.form(|_| ());
    for secret in ["123456", "654321", again] {
        stage.type_text(secret);
        stage.press(Key::Enter);
    }
    fit(&mut stage);
    stage
}

fn unblock(question: &mut PinQuestion) {
    question.task.act = PinAct::Unblock;
}

fn unblock_last(screen: Screen) -> Stage {
    screen.form(|question| {
        unblock(question);
        question.place.state = PinState::FinalTry;
    })
}

fn seal() -> SealTarget {
    SealTarget { key: SealingKey::generate().public(), nonce: [1; 32] }
}

/// The window's own, as it opens.
const WIDTH: f32 = 560.0;
const ENDLESS: f32 = 4_000.0;
