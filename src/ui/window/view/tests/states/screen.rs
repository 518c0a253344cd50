//! Where the window's states are shown, and questions that lead to them.

use std::time::Duration;
use std::time::Instant;

use egui::Theme;
use sha2::Digest as _;
use sha2::Sha256;

use super::super::Stage;
use super::fit;
use super::seal;
use crate::domain::certificate::CertId;
use crate::domain::certificate::Unfit;
use crate::domain::digest::Digest;
use crate::domain::digest::DigestAlgorithm;
use crate::domain::kept::Keeping;
use crate::domain::pin_task::PinLengths;
use crate::domain::pin_task::PinQuestion;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::token::PinState;
use crate::text::Lang;
use crate::ui::message::Pair;
use crate::ui::message::PinSheet;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::sample;
use crate::ui::secret::PinField;
use crate::ui::window::dialog::Dialog;

/// Where it is shown.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui::window::view::tests) struct Screen {
    pub(in crate::ui::window::view::tests) lang: Lang,
    pub(in crate::ui::window::view::tests) dark: bool,
    pub(in crate::ui::window::view::tests) scale: f32,
}

impl Screen {
    pub(in crate::ui::window::view::tests) const LIGHT_VI: Self =
        Self { lang: Lang::Vi, dark: false, scale: 1.0 };

    /// In both languages, light and dark, at this scale.
    pub(in crate::ui::window::view::tests) fn all(scale: f32) -> impl Iterator<Item = Self> {
        let dark = move |lang| [false, true].map(|dark| Self { lang, dark, scale });
        Lang::ALL.into_iter().flat_map(dark)
    }

    /// As the window opens: as high as its contents, and half a second old.
    pub(super) fn open(self, dialog: Dialog, now: Instant) -> Stage {
        let mut stage = Stage::of(dialog, now, [WIDTH, ENDLESS], self.scale);
        stage.context.set_theme(if self.dark { Theme::Dark } else { Theme::Light });
        stage.context.all_styles_mut(|style| style.visuals.text_cursor.blink = false);
        stage.wait(600);
        stage.size[1] = 0.0;
        fit(&mut stage);
        stage
    }

    pub(super) fn sign(self, names: &[String], change: impl FnOnce(&mut Sign)) -> Stage {
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

    pub(super) fn one(self, change: impl FnOnce(&mut Sign)) -> Stage {
        self.sign(&["Tờ trình 112 về biên chế năm 2027.pdf".to_owned()], change)
    }

    pub(super) fn pin(self, pin: PinState) -> Stage {
        self.one(|sign| sign.choices[0].pin = pin)
    }

    pub(super) fn keeping(self, keeping: Keeping) -> Stage {
        self.one(|sign| sign.choices[0].keeping = keeping)
    }

    pub(super) fn many(self) -> Stage {
        let names: Vec<String> = (1..=40).map(|n| format!("Công văn {n}/SNV-TCCB.pdf")).collect();
        self.sign(&names, |_| ())
    }

    pub(super) fn choose(self) -> Stage {
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

    pub(super) fn pair(self, origin: &str) -> Stage {
        self.pair_but(origin, |_| ())
    }

    pub(super) fn pair_but(self, origin: &str, change: impl FnOnce(&mut Pair)) -> Stage {
        let (lang, origin) = (self.lang, origin.parse().unwrap());
        let mut pair = Pair { lang, origin, milliseconds: 60_000, waiting: 0, refusals: 0 };
        change(&mut pair);
        let now = Instant::now();
        self.open(Dialog::new(ToPrompt::Pair(pair), PinField::new().unwrap(), now).unwrap(), now)
    }

    pub(super) fn form(self, change: impl FnOnce(&mut PinQuestion)) -> Stage {
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

/// The window's own, as it opens.
const WIDTH: f32 = 560.0;
const ENDLESS: f32 = 4_000.0;
