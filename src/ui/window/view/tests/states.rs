//! Every state that the window can be in, as a person comes to it.

mod certificates;
mod forms;
mod rare;
mod screen;

use egui::Key;

use self::forms::filled;
use self::forms::unblock;
use self::forms::unblock_last;
use self::forms::unblocking;
pub(super) use self::screen::Screen;
use super::Stage;
use super::kept;
use super::long_origin;
use crate::domain::caller::Caller;
use crate::domain::certificate::CertId;
use crate::domain::error::ErrorCode;
use crate::domain::form::Form;
use crate::domain::form::SignIn;
use crate::domain::request::Item;
use crate::domain::request::Items;
use crate::domain::seal::SealTarget;
use crate::domain::seal::SealingKey;
use crate::domain::token::PinState;
use crate::domain::validation::Standing;
use crate::ui::message::Sign;
use crate::ui::message::ToPrompt;
use crate::ui::prompt::News;
use crate::ui::sample;
use crate::ui::window::dialog::Act;
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

pub(super) const STATES: &[State] = &[
    State { name: "sign", shows: "one document", on: |screen| screen.one(|_| ()) },
    State { name: "sign-typed", shows: "the PIN is typed", on: |screen| typed(screen.one(|_| ())) },
    State {
        name: "sign-command",
        shows: "a command asks",
        on: |screen| screen.one(|sign| sign.caller = Caller::CommandLine),
    },
    State { name: "sign-in", shows: "a site wants the person to sign in", on: sign_in },
    State { name: "sign-in-working", shows: "and the token works", on: |screen| answered(sign_in(screen)) },
    State { name: "sign-in-choose", shows: "with a choice of certificates", on: certificates::sign_in },
    State { name: "sign-in-pad", shows: "on a PIN pad", on: |screen| rare::sign_in(screen, rare::pad) },
    State {
        name: "sign-in-keep",
        shows: "and the login may be kept",
        on: |screen| rare::sign_in(screen, |choice| choice.keeping = kept::offer()),
    },
    State {
        name: "sign-in-kept",
        shows: "with a kept login",
        on: |screen| rare::sign_in(screen, |choice| choice.keeping = kept::login()),
    },
    State { name: "sign-queue", shows: "others wait", on: |screen| screen.one(|sign| sign.waiting = 3) },
    State {
        name: "sign-hurry",
        shows: "little time is left",
        on: |screen| after(screen.one(|_| ()), 107_000),
    },
    State { name: "sign-longest", shows: "the longest names", on: longest },
    State {
        name: "sign-narrow",
        shows: "the same on a screen 480 wide",
        on: |screen| narrow(longest(screen)),
    },
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
    State { name: "choose-policy", shows: "greyed by the machine's policy", on: certificates::policy },
    State { name: "checking", shows: "the certificate is checked", on: certificates::checking },
    State {
        name: "checked",
        shows: "it is valid",
        on: |screen| certificates::stands(screen, Standing::Good, false),
    },
    State {
        name: "checked-offline",
        shows: "nobody could be asked; the policy warns",
        on: |screen| certificates::stands(screen, Standing::Offline, false),
    },
    State {
        name: "checked-barred",
        shows: "nobody could be asked; the policy refuses",
        on: |screen| certificates::stands(screen, Standing::Offline, true),
    },
    State { name: "checked-late", shows: "the same, after the person agreed", on: certificates::late },
    State {
        name: "checked-revoked",
        shows: "it was revoked while the PIN was typed",
        on: certificates::revoked,
    },
    State { name: "not-ready", shows: "the token can't take a PIN now", on: certificates::not_ready },
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
    State {
        name: "pad-doubted",
        shows: "one with perhaps one try left",
        on: |screen| screen.pin(PinState::ReaderDoubted),
    },
    State { name: "pad-working", shows: "the PIN is to be typed on it", on: pad_working },
    State {
        name: "keep-offered",
        shows: "the login may be kept",
        on: |screen| screen.keeping(kept::offer()),
    },
    State { name: "kept", shows: "a kept login: confirm", on: |screen| screen.keeping(kept::login()) },
    State {
        name: "kept-narrow",
        shows: "the same with the longest names on a screen 480 wide",
        on: |screen| narrow(longest_but(screen, |sign| sign.choices[0].keeping = kept::login())),
    },
    State { name: "kept-ended", shows: "it has ended meanwhile", on: kept_ended },
    State { name: "working", shows: "the token signs", on: |screen| answered(screen.one(|_| ())) },
    State { name: "progress", shows: "it signs a batch", on: progress },
    State { name: "progress-each-time", shows: "the key wants the PIN for each", on: each_time },
    State { name: "aside", shows: "another request asks in another window", on: rare::aside },
    State { name: "done", shows: "signed", on: |screen| told(screen.one(|_| ()), ToPrompt::Done) },
    State {
        name: "done-batch",
        shows: "a batch is signed",
        on: |screen| told(screen.many(), ToPrompt::Done),
    },
    State { name: "done-before", shows: "it was before Cancel", on: rare::done_before },
    State { name: "failed", shows: "the token was pulled out", on: failed },
    State {
        name: "failed-module",
        shows: "the token's software failed",
        on: |screen| rare::failed(screen, ErrorCode::ModuleCrashed),
    },
    State {
        name: "failed-log",
        shows: "the log can't be written",
        on: |screen| rare::failed(screen, ErrorCode::AuditUnavailable),
    },
    State { name: "caps-lock", shows: "Caps Lock is on", on: rare::caps_lock },
    State { name: "pin-marks", shows: "the keyboard makes letters with marks", on: rare::pin_marks },
    State { name: "pin-last-now", shows: "it is the last try by now", on: rare::last_by_now },
    State { name: "block", shows: "a site that nags is to be blocked", on: rare::blocks },
    State { name: "change-wrong", shows: "the present PIN was wrong", on: rare::change_wrong },
    State {
        name: "change-refused",
        shows: "the token does not take the new one",
        on: |screen| told(filled(screen, "654321"), ToPrompt::PinRefused { seal: seal() }),
    },
    State {
        name: "change-locked",
        shows: "the PIN is locked now",
        on: |screen| told(filled(screen, "654321"), ToPrompt::Failed { code: ErrorCode::PinLocked }),
    },
    State { name: "late", shows: "the time is over", on: |screen| after(screen.one(|_| ()), 120_000) },
    State {
        name: "pair",
        shows: "a site wants to ask",
        on: |screen| screen.pair("https://vanban.example.gov.vn"),
    },
    State { name: "pair-nags", shows: "one that was refused before", on: rare::pair_nags },
    State { name: "pair-queue", shows: "others wait behind it", on: pair_queue },
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
    State {
        name: "unblock-wrong",
        shows: "the PUK was wrong",
        on: |screen| unblocking(screen, ToPrompt::PinWrong { state: PinState::Low, seal: seal() }),
    },
    State {
        name: "unblock-locked",
        shows: "the PUK is locked",
        on: |screen| unblocking(screen, ToPrompt::Failed { code: ErrorCode::PukLocked }),
    },
    State { name: "unblock-done", shows: "it is unblocked", on: |screen| unblocking(screen, ToPrompt::Done) },
    State {
        name: "unblock-pad",
        shows: "on a PIN pad",
        on: |screen| {
            screen.form(|of| {
                unblock(of);
                of.place.reader = true;
            })
        },
    },
];

/// Shows it as high as the window makes itself, which never gets smaller.
pub(super) fn fit(stage: &mut Stage) {
    for _ in 0..5 {
        stage.size[1] = stage.size[1].max(room::size(stage.wanted, None).height as f32);
        stage.frame(Vec::new());
    }
}

fn sign_in(screen: Screen) -> Stage {
    screen.one(signs_in)
}

/// Makes a sign-in of it.
fn signs_in(sign: &mut Sign) {
    let Caller::Web(origin) = &sign.caller else { unreachable!("a page asks in the sample") };
    let sign_in = SignIn { origin: origin.clone(), nonce: vec![7; 32] };
    let item = Item { name: String::new(), digest: sign_in.digest() };
    sign.items = Items::new(vec![item]).unwrap();
    sign.form = Form::SignIn(sign_in);
}

fn pair_queue(screen: Screen) -> Stage {
    told(screen.pair("https://vanban.example.gov.vn"), ToPrompt::Waiting { waiting: 2 })
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
    longest_but(screen, |_| ())
}

fn longest_but(screen: Screen, change: impl FnOnce(&mut Sign)) -> Stage {
    screen.sign(&["Báo cáo tổng hợp kết quả rà soát ".repeat(9)], |sign| {
        change(sign);
        sign.caller = Caller::Web(long_origin().parse().unwrap());
        let choice = &mut sign.choices[0];
        choice.title = Some("Phó Chánh Văn phòng kiêm Trưởng phòng Hành chính – Quản trị".to_owned());
        choice.organisation = Some(sample::LONG_ORGANISATION.to_owned());
        choice.token = "Token của ".to_owned() + sample::LONG_ORGANISATION;
    })
}

/// On a small screen, where not all of it is in sight.
pub(super) fn narrow(mut stage: Stage) -> Stage {
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
    told(answered(screen.many()), ToPrompt::Progress { done: 17, total: 40, each_time: false })
}

fn each_time(screen: Screen) -> Stage {
    told(answered(screen.many()), ToPrompt::Progress { done: 3, total: 40, each_time: true })
}

fn failed(screen: Screen) -> Stage {
    told(answered(screen.one(|_| ())), ToPrompt::Failed { code: ErrorCode::TokenRemoved })
}

fn seal() -> SealTarget {
    SealTarget { key: SealingKey::generate().public(), nonce: [1; 32] }
}
