//! Pictures of every state, kept in the repository: whoever changes the window sees what changed.
//!
//! `KYSO_PICTURES=renew cargo test --lib every_state_looks_as_it_is_kept` renews them.

use std::fmt::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use super::Stage;
use super::states::STATES;
use super::states::Screen;
use super::states::State;
use crate::ui::sample::kept;
use crate::ui::sample::kept::Kept;
pub(super) use crate::ui::sample::picture::Picture;
pub(super) use crate::ui::sample::picture::channels;
use crate::ui::window::raster::Canvas;

impl Stage {
    /// What the last frame looks like.
    pub(super) fn picture(&self) -> Picture {
        self.painted(self.shapes.clone())
    }

    /// What some of its shapes look like.
    pub(super) fn painted(&self, shapes: Vec<egui::epaint::ClippedShape>) -> Picture {
        let [width, height] = self.size.map(|points| (points * self.scale).round() as usize);
        let mut picture = Picture { width, pixels: vec![0; width * height] };
        let primitives = self.context.tessellate(shapes, self.scale);
        self.raster.paint(&mut Canvas { pixels: &mut picture.pixels, width }, self.scale, &primitives);
        picture
    }
}

#[test]
fn every_state_looks_as_it_is_kept() {
    let wanted: Vec<(&State, Screen)> =
        STATES.iter().flat_map(|state| screens().map(move |on| (state, on))).collect();
    let pictures = Kept::at("tests/data/pictures", "every_state_looks_as_it_is_kept");
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((state, screen)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    pictures.compare(&file_name(state.name, *screen), &(state.on)(*screen).picture());
                }
            });
        }
    });
    pictures.finish(&[(LIST, list())], &[kept::TRAY]);
}

/// What is drawn is drawn again just so, and a change is seen.
#[test]
fn a_picture_is_the_same_each_time_and_a_changed_word_is_seen() {
    let state = STATES.iter().find(|state| state.name == "progress").unwrap();
    let picture = (state.on)(Screen::LIGHT_VI).picture();
    assert!(picture == (state.on)(Screen::LIGHT_VI).picture());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    picture.write(&path);
    let read = Picture::read(&path).unwrap();
    assert!(read.difference(&picture).is_none(), "a palette loses nothing that counts");
    let mut stage = (state.on)(Screen::LIGHT_VI);
    let news = crate::ui::message::ToPrompt::Progress { done: 18, total: 40, each_time: false };
    stage.dialog.hear(crate::ui::prompt::News::Says(news), stage.now);
    stage.wait(1);
    let count = read.difference(&stage.picture()).unwrap().len();
    assert!((10..5_000).contains(&count), "{count} pixels");
}

/// In both languages, light and dark, at the usual size and at twice that.
fn screens() -> impl Iterator<Item = Screen> {
    Screen::all(1.0).chain(Screen::all(2.0))
}

/// `sign/vi-light@2x.png`.
fn file_name(state: &str, screen: Screen) -> String {
    let theme = if screen.dark { "dark" } else { "light" };
    let scale = if screen.scale > 1.0 { "@2x" } else { "" };
    format!("{state}/{}-{theme}{scale}.png", screen.lang.code())
}

/// The page that shows them.
fn list() -> String {
    let mut list = "# The window, state by state\n\nMade by the tests, without a display: \
                    `KYSO_PICTURES=renew cargo test --lib every_state_looks_as_it_is_kept`. \
                    Each is there at twice the size, too (`@2x`).\n"
        .to_owned();
    let _ = write!(list, "\nThe icon in the panel is in [{0}]({0}/README.md).\n", kept::TRAY);
    for State { name, shows, .. } in STATES {
        let _ = write!(list, "\n## {name}: {shows}\n\n");
        for screen in Screen::all(1.0) {
            let file = file_name(name, screen);
            let _ = writeln!(list, "<img src=\"{file}\" width=\"400\" alt=\"{shows}\">");
        }
    }
    list
}

const LIST: &str = "README.md";
