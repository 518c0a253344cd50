//! A thousand documents in a window: searched, signed, stopped.

use std::time::Duration;

use kyso::domain::error::ErrorCode;
use kyso::ui::message::{FromPrompt, ToPrompt};

use super::window::{CLASS, desktop, press_until_answered, ready};
use super::{Agent, Prompt};
use crate::support::desktop::Desktop;

fn thousand() -> Agent {
    let names: Vec<String> = (1..=1_000).map(|at| format!("Quyết định {at}/QĐ-UBND.pdf")).collect();
    Agent::new(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Searches, finds its way back to the PIN by keys alone, and signs.
fn searched_and_signed(desktop: &Desktop, agent: &Agent) -> Prompt {
    let prompt = ready(desktop, &agent.question());
    desktop.key("ctrl+f");
    desktop.type_text("quyet dinh 777");
    desktop.key("Return");
    assert_eq!(prompt.says_within(Duration::from_millis(700)), None, "Enter in the search signs nothing");
    desktop.picture(&desktop.window(CLASS), &super::window::pictures().join("prompt-search.png"));
    // Back over the only button that can be pressed without a PIN.
    desktop.key("shift+Tab");
    desktop.key("shift+Tab");
    desktop.type_text("123456");
    let answer = press_until_answered(desktop, &prompt, "Return");
    assert_eq!(agent.open(answer, 1), b"123456", "sealed for all of them, whatever was searched for");
    prompt
}

#[test]
fn a_thousand_documents_are_searched_and_all_are_signed() {
    let Some(desktop) = desktop() else { return };
    let mut prompt = searched_and_signed(&desktop, &thousand());
    prompt.tell(&ToPrompt::Progress { done: 400, total: 1_000, each_time: false });
    prompt.tell(&ToPrompt::Done);
    prompt.hang_up();
    desktop.gone(CLASS, Duration::from_secs(4));
    assert_eq!((prompt.says_within(Duration::from_secs(1)), prompt.exit_code()), (None, Some(0)));
}

#[test]
fn a_consent_is_taken_back_in_the_middle_and_its_end_shown() {
    let Some(desktop) = desktop() else { return };
    let mut prompt = searched_and_signed(&desktop, &thousand());
    prompt.tell(&ToPrompt::Progress { done: 400, total: 1_000, each_time: false });
    // Once: another one would close the window.
    std::thread::sleep(Duration::from_millis(700));
    desktop.key("Escape");
    assert_eq!(prompt.says_within(Duration::from_secs(10)), Some(FromPrompt::Deny));
    assert_eq!(desktop.windows(CLASS).len(), 1, "it stays to say what came of it");
    prompt.tell(&ToPrompt::Failed { code: ErrorCode::UserDenied });
    prompt.hang_up();
    desktop.gone(CLASS, Duration::from_secs(6));
    assert_eq!((prompt.says_within(Duration::from_secs(1)), prompt.exit_code()), (None, Some(0)));
}

/// Another window asks meanwhile; whichever of the two has the keyboard.
#[test]
fn r22_keys_for_another_question_cancel_nothing_here() {
    let Some(desktop) = desktop() else { return };
    let mut batch = searched_and_signed(&desktop, &thousand());
    batch.tell(&ToPrompt::Progress { done: 400, total: 1_000, each_time: false });
    batch.tell(&ToPrompt::Aside { on: true });
    assert_eq!(batch.says_within(Duration::from_millis(700)), None);
    for key in ["Escape", "Return", "space"] {
        desktop.key(key);
    }
    assert_eq!(batch.says_within(Duration::from_millis(700)), None, "no key is meant for it");
    let question = Agent::new(&["b.pdf"]);
    let other = ready(&desktop, &question.question());
    let below = desktop.until("the other window in front", || {
        let (open, stacked) = (desktop.windows(CLASS), desktop.stacking());
        let front = stacked.last().map(ToString::to_string)?;
        open.iter()
            .find(|window| **window != front)
            .filter(|_| open.contains(&front) && open.len() == 2)
            .cloned()
    });
    assert_eq!(press_until_answered(&desktop, &other, "Escape"), FromPrompt::Deny);
    assert_eq!(batch.says_within(Duration::from_millis(10)), None);
    desktop.until("one window", || (desktop.windows(CLASS) == [below.clone()]).then_some(()));
    assert_eq!(press_until_answered(&desktop, &batch, "Escape"), FromPrompt::Deny, "the person turned to it");
}
