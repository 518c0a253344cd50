//! In a window of Wayland's own, with no X11 anywhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kyso::text::Lang;
use kyso::ui::message::{FromPrompt, ToPrompt};

use super::window::CLASS;
use super::{Agent, Prompt, pairing};
use crate::support::sway::Sway;
use crate::support::weston::Weston;

#[test]
fn r35_a_window_of_waylands_own_takes_the_pin_and_closes() {
    let Some(sway) = Sway::start() else { return };
    let agent = Agent::new(&["Công văn 45.pdf"]);
    let mut prompt = shown(&sway, &agent.question());
    picture(&sway, "wayland-sign");
    // One keyboard for all: while it is plugged in, the window keeps the focus, and half a second goes by.
    sway.keys(&["-s", "900", "918273", "-s", "100", "-k", "Return", "-s", "300"]);
    assert_eq!(agent.open(prompt.says(), 1), b"918273");
    prompt.tell(&ToPrompt::Progress { done: 0, total: 1, each_time: false });
    prompt.tell(&ToPrompt::Done);
    prompt.hang_up();
    sway.until("the end of the window", || sway.window(CLASS).is_none().then_some(()));
    assert_eq!(prompt.exit_code(), Some(0));
}

#[test]
fn r31_early_keys_count_for_nothing_on_wayland_either() {
    let Some(sway) = Sway::start() else { return };
    let prompt = shown(&sway, &pairing("https://vanban.example.gov.vn"));
    sway.keys(&["-k", "Escape", "-k", "Return"]);
    assert_eq!(prompt.says_within(Duration::from_millis(300)), None);
    picture(&sway, "wayland-pair");
    sway.keys(&["-s", "900", "-k", "Return", "-s", "300"]);
    assert_eq!(prompt.says(), FromPrompt::Deny, "Enter alone refuses");
    sway.until("the end of the window", || sway.window(CLASS).is_none().then_some(()));
}

/// As on GNOME: the compositor draws no title bar, so the window brings its own.
#[test]
fn where_the_desktop_draws_no_title_bar_the_window_does() {
    let Some(weston) = Weston::start() else { return };
    let mut agent = Agent::new(&["Công văn 45.pdf", "Tờ trình 46.pdf"]);
    agent.sign.lang = Lang::Vi;
    let prompt = Prompt::start_in(weston.environment(), &agent.question());
    assert_eq!(prompt.says(), FromPrompt::Ready);
    // The ground of the window, and the dark letters of who asks: at least a line of them.
    weston.picture(&pictures().join("wayland-own-title.png"), |seen| {
        let count = |color: [u8; 3]| seen.iter().filter(|pixel| **pixel == color).count();
        count([0xF4, 0xF5, 0xF7]) > 100_000 && count([0x16, 0x1B, 0x22]) > 1_000
    });
}

/// A prompt whose window is there, has the focus and is twice as fine.
fn shown(sway: &Sway, question: &ToPrompt) -> Prompt {
    let prompt = Prompt::start_in(sway.environment(), question);
    assert_eq!(prompt.says(), FromPrompt::Ready);
    let window = sway
        .until("a window with the focus", || sway.window(CLASS).filter(|window| window["focused"] == true));
    assert_eq!(window["shell"], "xdg_shell", "{window}");
    assert_eq!(window["name"].as_str().map(|name| name.starts_with("Kyso")), Some(true), "{window}");
    prompt
}

/// Keeps a picture, which is as fine as the screen.
fn picture(sway: &Sway, name: &str) {
    let width = sway.picture(CLASS, &pictures().join(format!("{name}.png")));
    assert!(width >= 2 * 480, "{width} pixels at scale 2");
}

/// Where this run's pictures go.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures")
}
