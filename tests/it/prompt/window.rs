//! In a window.

use std::time::{Duration, Instant};

use kyso::domain::error::ErrorCode;
use kyso::domain::job::Job;
use kyso::domain::kept::{KeepLimits, Keeping};
use kyso::domain::token::PinState;
use kyso::ui::message::{FromPrompt, ToPrompt};

use super::{Agent, Prompt, pairing};
use crate::support::desktop::Desktop;

pub(crate) const CLASS: &str = "kyso-prompt";

#[test]
fn r35_a_typed_pin_is_sealed_for_what_was_shown() {
    let Some(desktop) = desktop() else { return };
    let agent = Agent::new(&["Công văn 45.pdf"]);
    let mut prompt = ready(&desktop, &agent.question());
    desktop.type_text("123456");
    let answer = press_until_answered(&desktop, &prompt, "Return");
    assert_eq!(agent.open(answer, 1), b"123456");
    prompt.tell(&agent.wrong_pin(PinState::Low));
    let answer = desktop.until("a second answer", || {
        desktop.key("ctrl+a");
        desktop.key("BackSpace");
        desktop.type_text("654321");
        desktop.key("Return");
        prompt.says_within(Duration::from_millis(100))
    });
    assert_eq!(agent.open(answer, 2), b"654321", "a wrong PIN is asked for again in the same window");
    prompt.tell(&ToPrompt::Done);
    prompt.hang_up();
    desktop.gone(CLASS, Duration::from_secs(3));
    assert_eq!(prompt.exit_code(), Some(0));
}

#[test]
fn r31_what_was_typed_for_another_window_answers_nothing() {
    let Some(desktop) = desktop() else { return };
    for _ in 0..5 {
        let prompt = Prompt::start(Some(desktop.display()), &pairing("https://vanban.example.gov.vn"));
        assert_eq!(prompt.says(), FromPrompt::Ready);
        let shown = Instant::now();
        for key in ["Return", "Escape", "Return"] {
            desktop.key(key);
        }
        let answer = prompt.says_within(Duration::from_millis(300));
        // A machine that is busy may not press the keys in time.
        if shown.elapsed() < Duration::from_millis(450 + 300) {
            assert_eq!(answer, None);
            assert_eq!(desktop.windows(CLASS).len(), 1);
            return;
        }
        drop(prompt);
        desktop.gone(CLASS, Duration::from_secs(3));
    }
    panic!("five times the keys were not pressed within half a second");
}

#[test]
fn escape_refuses() {
    let Some(desktop) = desktop() else { return };
    let mut prompt = ready(&desktop, &Agent::new(&["a.pdf"]).question());
    assert_eq!(press_until_answered(&desktop, &prompt, "Escape"), FromPrompt::Deny);
    desktop.gone(CLASS, Duration::from_secs(3));
    assert_eq!(prompt.exit_code(), Some(0));
}

#[test]
fn a_question_taken_back_leaves_no_window() {
    let Some(desktop) = desktop() else { return };
    let mut prompt = ready(&desktop, &Agent::new(&["a.pdf", "b.pdf"]).question());
    prompt.hang_up();
    desktop.gone(CLASS, Duration::from_secs(1));
    assert_eq!(prompt.says_within(Duration::from_secs(5)), None, "no answer is made up");
}

#[test]
fn a_failure_stays_until_it_is_read() {
    let Some(desktop) = desktop() else { return };
    let agent = Agent::new(&["a.pdf"]);
    let mut prompt = ready(&desktop, &agent.question());
    desktop.type_text("1");
    press_until_answered(&desktop, &prompt, "Return");
    prompt.tell(&ToPrompt::Failed { code: ErrorCode::TokenRemoved });
    prompt.hang_up();
    assert_eq!(prompt.says_within(Duration::from_millis(700)), None);
    assert_eq!(desktop.windows(CLASS).len(), 1);
    desktop.until("the window to close", || {
        desktop.key("Escape");
        desktop.windows(CLASS).is_empty().then_some(())
    });
    assert_eq!(prompt.exit_code(), Some(0));
}

#[test]
fn r38_a_kept_login_is_offered_and_used_in_the_window() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(&["Công văn 45.pdf"]);
    agent.sign.lang = kyso::text::Lang::Vi;
    let limits = KeepLimits::new(300, 1_800).unwrap();
    agent.sign.choices[0].keeping = Keeping::Offered(limits);
    let prompt = ready(&desktop, &agent.question());
    desktop.picture(&desktop.window(CLASS), &pictures().join("prompt-may-keep.png"));
    // Ticking is no answer: the window takes it at once, and the PIN is typed next.
    let window = desktop.window(CLASS);
    desktop.click(&window, 33, desktop.size(&window).1 - 160);
    desktop.picture(&window, &pictures().join("prompt-may-keep-ticked.png"));
    desktop.type_text("123456");
    let answer = press_until_answered(&desktop, &prompt, "Return");
    let FromPrompt::SignAndKeep { pin: Some(sealed), .. } = answer else { panic!("{answer:?}") };
    let frame = agent.sign.job(&agent.sign.choices[0]).frame();
    let opened = agent.key.open(&sealed, &[1; 32], &Job::binding_to_keep(&frame, limits)).unwrap();
    assert_eq!(opened.bytes(), b"123456");
    drop(prompt);
    desktop.gone(CLASS, Duration::from_secs(3));

    agent.sign.choices[0].keeping = Keeping::Kept { left: Duration::from_secs(840) };
    let prompt = ready(&desktop, &agent.question());
    desktop.picture(&desktop.window(CLASS), &pictures().join("prompt-kept.png"));
    desktop.key("Tab");
    assert!(matches!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Confirm { .. }));
}

/// Where this run's pictures go.
pub(super) fn pictures() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures")
}

#[test]
fn a_site_is_allowed_by_its_button_alone() {
    let Some(desktop) = desktop() else { return };
    let question = pairing("https://xn--ggle-55da.com");
    let prompt = ready(&desktop, &question);
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Deny, "Enter alone refuses");
    desktop.gone(CLASS, Duration::from_secs(3));
    let prompt = ready(&desktop, &question);
    let window = desktop.window(CLASS);
    let (width, height) = desktop.size(&window);
    let answer = desktop.until("an answer", || {
        desktop.click(&window, width - 70, height - 36);
        prompt.says_within(Duration::from_millis(100))
    });
    assert_eq!(answer, FromPrompt::Allow);
    desktop.gone(CLASS, Duration::from_secs(3));
    let prompt = ready(&desktop, &question);
    desktop.key("Tab");
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Allow);
}

#[test]
fn r10_without_a_display_there_is_no_way_to_ask() {
    let question = Agent::new(&["a.pdf"]).question();
    for display in [None, Some(":4095"), Some("nonsense")] {
        let mut prompt = Prompt::start(display, &question);
        let FromPrompt::Unavailable { reason } = prompt.says() else { panic!("{display:?}") };
        assert!(reason.starts_with("no display: ") && !reason.contains(".rs"), "{reason}");
        assert_eq!(prompt.exit_code(), Some(3));
    }
}

/// A screen, or nothing where none can be made.
pub(crate) fn desktop() -> Option<Desktop> {
    Desktop::found()
}

/// A prompt whose window is there and has the focus.
pub(super) fn ready(desktop: &Desktop, question: &ToPrompt) -> Prompt {
    ready_in(desktop, question, &[("DISPLAY", desktop.display().to_owned())])
}

/// The same in an environment that names the display and more.
pub(super) fn ready_in(
    desktop: &Desktop,
    question: &ToPrompt,
    environment: &[(&'static str, String)],
) -> Prompt {
    let prompt = Prompt::start_in(environment, question);
    assert_eq!(prompt.says(), FromPrompt::Ready);
    desktop.until("the focus", || desktop.has_focus(CLASS).then_some(()));
    prompt
}

/// Presses a key until it counts: at first it doesn't (R31).
pub(super) fn press_until_answered(desktop: &Desktop, prompt: &Prompt, key: &str) -> FromPrompt {
    desktop.until("an answer", || {
        desktop.key(key);
        prompt.says_within(Duration::from_millis(100))
    })
}
