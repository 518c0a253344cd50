//! What a window can stand on: last tries, locked PINs, pads, choices, blocks, Caps Lock, other windows.

use std::time::Duration;

use kyso::domain::certificate::{CertId, Unfit};
use kyso::domain::token::PinState;
use kyso::ui::message::{FromPrompt, ToPrompt};

use super::window::{CLASS, desktop, press_until_answered, ready};
use super::{Agent, CERTIFICATE, Prompt, pairing};
use crate::support::desktop::{Desktop, Other};

const SILENCE: Duration = Duration::from_millis(700);

#[test]
fn the_cancel_button_refuses() {
    let Some(desktop) = desktop() else { return };
    let prompt = ready(&desktop, &Agent::new(&["a.pdf"]).question());
    desktop.type_text("123456");
    let window = desktop.window(CLASS);
    let (width, height) = desktop.size(&window);
    let answer = desktop.until("an answer", || {
        desktop.click(&window, width - 204, height - 39);
        // A second click would find no window.
        prompt.says_within(Duration::from_secs(2))
    });
    assert_eq!(answer, FromPrompt::Deny);
    desktop.gone(CLASS, Duration::from_secs(3));
}

#[test]
fn nobody_at_the_desk_is_no_answer() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.time = Duration::from_secs(2);
    let mut prompt = ready(&desktop, &agent.question());
    assert_eq!(prompt.says_within(Duration::from_secs(4)), None, "the agent's clock decides");
    desktop.gone(CLASS, Duration::from_secs(8));
    assert_eq!((prompt.says_within(Duration::from_secs(5)), prompt.exit_code()), (None, Some(0)));
}

#[test]
fn r40_the_last_try_takes_a_tick_first() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.choices[0].pin = PinState::FinalTry;
    let prompt = ready(&desktop, &agent.question());
    desktop.type_text("123456");
    assert_eq!(prompt.says_within(SILENCE), None);
    desktop.key("Return");
    assert_eq!(prompt.says_within(SILENCE), None, "not ticked");
    for key in ["shift+Tab", "space", "Tab"] {
        desktop.key(key);
    }
    assert_eq!(agent.open(press_until_answered(&desktop, &prompt, "Return"), 1), b"123456");
}

#[test]
fn a_locked_pin_can_only_be_closed() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.choices[0].pin = PinState::Locked;
    let prompt = ready(&desktop, &agent.question());
    desktop.type_text("123456");
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Deny);
    desktop.gone(CLASS, Duration::from_secs(3));
}

#[test]
fn r41_a_pad_takes_the_pin_itself() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    (agent.sign.choices[0].pin, agent.sign.choices[0].seal) = (PinState::Reader, None);
    let prompt = ready(&desktop, &agent.question());
    desktop.key("Tab");
    let answer = press_until_answered(&desktop, &prompt, "Return");
    assert_eq!(answer, FromPrompt::Sign { certificate: CERTIFICATE, pin: None });
    assert_eq!(desktop.windows(CLASS).len(), 1, "it says to type on the reader");
}

#[test]
fn a_certificate_is_chosen_and_the_unfit_are_not() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    let mut expired = agent.sign.choices[0].clone();
    (expired.certificate, expired.unfit, expired.seal) = (CertId([2; 32]), Some(Unfit::Expired), None);
    let mut other = agent.sign.choices[0].clone();
    other.certificate = CertId([3; 32]);
    agent.sign.choices.splice(0..0, [expired, other]);
    let prompt = ready(&desktop, &agent.question());
    // The focus is on the first that can be chosen; its neighbour is the third of the question.
    desktop.key("Tab");
    let answer = desktop.until("an answer", || {
        desktop.key("space");
        desktop.type_text("123456");
        desktop.key("Return");
        prompt.says_within(Duration::from_millis(100))
    });
    let FromPrompt::Sign { certificate: CERTIFICATE, pin: Some(_) } = answer else { panic!("{answer:?}") };
}

#[test]
fn r22_a_site_that_nags_is_blocked_by_tick_and_button() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.refusals = 2;
    let prompt = ready(&desktop, &agent.question());
    assert_eq!(prompt.says_within(SILENCE), None);
    for key in ["Tab", "space", "Tab"] {
        desktop.key(key);
    }
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Refuse);
    desktop.gone(CLASS, Duration::from_secs(3));
}

/// The window makes room for the hint.
#[test]
fn caps_lock_is_told() {
    let Some(desktop) = desktop() else { return };
    let _prompt = ready(&desktop, &Agent::new(&["a.pdf"]).question());
    let window = desktop.window(CLASS);
    let before = desktop.size(&window).1;
    desktop.key("Caps_Lock");
    desktop.until("the hint", || (desktop.size(&window).1 > before + 20).then_some(()));
}

#[test]
fn a_narrow_screen_shows_the_whole_window() {
    if desktop().is_none() {
        return;
    }
    let desktop = Desktop::sized("480x800");
    let mut agent = Agent::new(&["a.pdf"]);
    agent.sign.choices[0].organisation =
        Some("Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Bà Rịa – Vũng Tàu".to_owned());
    let prompt = ready(&desktop, &agent.question());
    let window = desktop.window(CLASS);
    assert!(desktop.size(&window).0 <= 480, "{:?}", desktop.size(&window));
    desktop.type_text("123456");
    assert_eq!(agent.open(press_until_answered(&desktop, &prompt, "Return"), 1), b"123456");
}

#[test]
fn r31_it_stays_above_and_waits_again_when_it_gets_the_focus_back() {
    let Some(desktop) = desktop() else { return };
    let other = Other::open(&desktop);
    let id = |id: &str| id.trim().parse::<u64>().unwrap();
    let prompt = ready(&desktop, &pairing("https://vanban.example.gov.vn"));
    let window = desktop.window(CLASS);
    let above = || desktop.stacking().last() == Some(&id(&window));
    desktop.until("the place above", || above().then_some(()));
    // A window that has just come takes the focus a few times.
    let leave = || {
        desktop.until("the other's focus", || {
            desktop.tool("xdotool", &["windowactivate", other.window()]);
            (!desktop.has_focus(CLASS)).then_some(())
        });
    };
    leave();
    desktop.until("the place above, without the focus", || above().then_some(()));
    // A key that was meant for the other window comes as the focus does.
    let answered = (0..5).all(|_| {
        leave();
        let start = std::time::Instant::now();
        desktop.tool("xdotool", &["windowactivate", "--sync", &window, "key", "Return"]).unwrap();
        let pressed = start.elapsed();
        let answer = prompt.says_within(Duration::from_millis(300));
        // A machine that is busy may not press the key in time.
        pressed > Duration::from_millis(400) || answer.is_some()
    });
    assert!(!answered, "Enter within half a second of the focus answered");
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Deny);
}

#[test]
fn one_that_is_over_hears_nothing_more() {
    let Some(desktop) = desktop() else { return };
    let agent = Agent::new(&["a.pdf"]);
    let mut prompt = Prompt::start(Some(desktop.display()), &agent.question());
    assert_eq!(prompt.says(), FromPrompt::Ready);
    prompt.tell(&ToPrompt::Done);
    desktop.gone(CLASS, Duration::from_secs(4));
    assert_eq!(prompt.exit_code(), Some(0));
}
