//! A PIN is changed or unblocked: in a window, and what the terminal adds.

use std::path::Path;
use std::time::Duration;

use kyso::domain::pin_task::PinAct;
use kyso::domain::seal::{SealTarget, SealingKey};
use kyso::domain::token::PinState;
use kyso::text::Lang;
use kyso::ui::message::{FromPrompt, PinSheet, ToPrompt};

use super::Prompt;
use super::window::{CLASS, desktop, press_until_answered, ready};
use crate::support::desktop::Desktop;

/// Where the pictures of this run are kept, for whoever wants to look.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/pictures");

/// The agent's end, with the token host's key.
struct Agent {
    key: SealingKey,
    sheet: PinSheet,
}

impl Agent {
    fn new(act: PinAct, lang: Lang) -> Self {
        let key = SealingKey::generate();
        let sheet = PinSheet {
            lang,
            act,
            serial: "0123456789abcdef".to_owned(),
            label: "Nguyễn Thị Minh Khai".to_owned(),
            model: "SoftHSM v2".to_owned(),
            state: PinState::Ok,
            must_change: false,
            reader: false,
            lengths: Some((4, 8)),
            seal: SealTarget { key: key.public(), nonce: [1; 32] },
            milliseconds: 180_000,
        };
        Self { key, sheet }
    }

    fn question(&self) -> ToPrompt {
        ToPrompt::Pin(self.sheet.clone())
    }

    /// Opens the answer as the token host would: with its key, this nonce, this task.
    fn open(&self, answer: FromPrompt, nonce: u8) -> (String, String) {
        let FromPrompt::Pin { pair: Some(pair) } = answer else { panic!("no PINs in {answer:?}") };
        let opened = self.key.open_pair(&pair, &[nonce; 32], &self.sheet.task().binding()).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(opened.present.bytes()), text(opened.new.bytes()))
    }
}

#[test]
fn three_fields_and_what_differs_stays_in_the_window() {
    let Some(desktop) = desktop() else { return };
    let agent = Agent::new(PinAct::Change, Lang::Vi);
    let mut prompt = ready(&desktop, &agent.question());
    picture(&desktop, "pin-change");
    fill(&desktop, ["123456", "654321", "654322"]);
    desktop.key("Return");
    assert_eq!(prompt.says_within(Duration::from_millis(500)), None, "they differ");
    picture(&desktop, "pin-differ");
    fill(&desktop, ["123456", "654321", "654321"]);
    let answer = press_until_answered(&desktop, &prompt, "Return");
    assert_eq!(agent.open(answer, 1), ("123456".to_owned(), "654321".to_owned()));
    picture(&desktop, "pin-working");
    let seal = SealTarget { key: agent.key.public(), nonce: [2; 32] };
    prompt.tell(&ToPrompt::PinWrong { state: PinState::Low, seal });
    desktop.until("the fields again", || {
        fill(&desktop, ["111111", "222222", "222222"]);
        desktop.key("Return");
        prompt.says_within(Duration::from_millis(300)).map(|answer| {
            assert_eq!(agent.open(answer, 2), ("111111".to_owned(), "222222".to_owned()));
        })
    });
    prompt.tell(&ToPrompt::Done);
    prompt.hang_up();
    desktop.gone(CLASS, Duration::from_secs(3));
    assert_eq!(prompt.exit_code(), Some(0));
}

#[test]
fn a_last_try_is_not_sent_by_enter_alone_and_a_reader_types_nothing() {
    let Some(desktop) = desktop() else { return };
    let mut agent = Agent::new(PinAct::Unblock, Lang::Vi);
    agent.sheet.state = PinState::FinalTry;
    let prompt = ready(&desktop, &agent.question());
    fill(&desktop, ["12345678", "654321", "654321"]);
    desktop.key("Return");
    assert_eq!(prompt.says_within(Duration::from_millis(500)), None, "not understood yet");
    picture(&desktop, "pin-final");
    drop(prompt);
    desktop.gone(CLASS, Duration::from_secs(3));

    let mut agent = Agent::new(PinAct::Change, Lang::En);
    (agent.sheet.reader, agent.sheet.must_change) = (true, true);
    let prompt = ready(&desktop, &agent.question());
    picture(&desktop, "pin-reader");
    desktop.key("Tab");
    assert_eq!(press_until_answered(&desktop, &prompt, "Return"), FromPrompt::Pin { pair: None });
}

#[test]
fn escape_refuses() {
    let Some(desktop) = desktop() else { return };
    let prompt: Prompt = ready(&desktop, &Agent::new(PinAct::Change, Lang::En).question());
    assert_eq!(press_until_answered(&desktop, &prompt, "Escape"), FromPrompt::Deny);
    desktop.gone(CLASS, Duration::from_secs(3));
}

/// Into the field that has the focus and the two after it.
fn fill(desktop: &Desktop, secrets: [&str; 3]) {
    for (at, secret) in secrets.iter().enumerate() {
        desktop.key("ctrl+a");
        desktop.key("BackSpace");
        desktop.type_text(secret);
        if at < 2 {
            desktop.key("Tab");
        }
    }
}

fn picture(desktop: &Desktop, name: &str) {
    // Once the last key's frame is drawn.
    std::thread::sleep(Duration::from_millis(200));
    desktop.picture(&desktop.window(CLASS), &Path::new(PICTURES).join(format!("{name}.png")));
}
