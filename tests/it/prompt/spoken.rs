//! As a screen reader finds it: AT-SPI on a real bus.

use std::time::Duration;

use kyso::domain::token::PinState;
use kyso::ui::message::FromPrompt;

use super::window::{CLASS, desktop};
use super::{Agent, Prompt, pairing, words};
use crate::support::desktop::Desktop;
use crate::support::speech::{Speech, Spoken};

#[test]
fn r35_roles_and_names_are_told_and_the_pin_is_not() {
    let Some(desktop) = desktop() else { return };
    let speech = Speech::start(desktop.display());
    let agent = Agent::new(&["Công văn 45.pdf", "Tờ trình 46.pdf"]);
    let prompt = shown(&desktop, &speech, &agent);
    let heard = speech.until_heard(prompt.process(), words().cancel);
    let role = |name: &str| heard.iter().find(|node| node.name == name).map(|node| node.role.as_str());
    assert_eq!(role(words().title_sign), Some("dialog"), "{heard:#?}");
    let pin = heard.iter().find(|node| node.role == "password text").unwrap_or_else(|| panic!("{heard:#?}"));
    assert_eq!(pin.name, words().pin);
    assert!(
        ["focused", "editable"].iter().all(|state| pin.states.iter().any(|held| held == state)),
        "{pin:?}"
    );
    for button in [words().cancel, words().sign] {
        assert!(matches!(role(button), Some("button" | "push button")), "{button}: {heard:#?}");
    }
    // Who asks, what for, with what, the answer: in this order.
    let order = ["https://vanban.example.gov.vn", "“Công văn 45.pdf”", "Nguyễn Thị Ánh Tuyết", words().pin];
    let places = order.map(|said| {
        let place = heard.iter().position(|node| node.name == said || node.text == said);
        place.unwrap_or_else(|| panic!("{said:?} is not in {heard:#?}"))
    });
    assert!(places.is_sorted(), "{places:?}");
    desktop.until("the focus", || desktop.has_focus(CLASS).then_some(()));
    desktop.type_text("918273");
    let typed = desktop.until("dots", || {
        let heard = speech.until_heard(prompt.process(), words().cancel);
        heard.iter().any(|node| node.text == "••••••").then_some(heard)
    });
    let told = |node: &Spoken| [&node.name, &node.text].iter().any(|text| text.contains("918273"));
    assert!(!typed.iter().any(told), "{typed:#?}");
    // What a screen reader presses is pressed.
    std::thread::sleep(Duration::from_millis(600));
    speech.press(prompt.process(), words().sign);
    assert_eq!(agent.open(prompt.says(), 1), b"918273");
}

#[test]
fn warnings_are_told_and_refusing_is_as_easy() {
    let Some(desktop) = desktop() else { return };
    let speech = Speech::start(desktop.display());
    let mut agent = Agent::new(&["Công văn 45.pdf"]);
    agent.sign.choices[0].pin = PinState::FinalTry;
    let prompt = shown(&desktop, &speech, &agent);
    let heard = speech.until_heard(prompt.process(), words().pin_final_accept);
    let tick = heard.iter().find(|node| node.role == "check box").unwrap();
    assert!(tick.name == words().pin_final_accept && !tick.states.iter().any(|state| state == "checked"));
    assert!(heard.iter().any(|node| [&node.name, &node.text].contains(&&words().pin_final.to_owned())));
    speech.press(prompt.process(), words().cancel);
    assert_eq!(prompt.says(), FromPrompt::Deny);

    let prompt = Prompt::start_in(speech.environment(), &pairing("https://xn--ggle-55da.com"));
    assert_eq!(prompt.says(), FromPrompt::Ready);
    let heard = speech.until_heard(prompt.process(), words().deny);
    let first = heard.iter().find(|node| node.states.iter().any(|state| state == "focused"));
    assert_eq!(first.map(|node| node.name.as_str()), Some(words().deny), "{heard:#?}");
}

fn shown(desktop: &Desktop, speech: &Speech, agent: &Agent) -> Prompt {
    let prompt = Prompt::start_in(speech.environment(), &agent.question());
    assert_eq!(prompt.says(), FromPrompt::Ready);
    desktop.window(CLASS);
    prompt
}
