//! The questions in a window: winit for the window, egui for what stands in it, a rasteriser of our
//! own for the pixels.

mod app;
mod dialog;
mod field;
mod guard;
mod keys;
mod letters;
mod mark;
mod pin;
mod raise;
mod raster;
mod reading;
mod room;
mod theme;
mod view;

use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use self::app::App;
use self::app::Wake;
use self::dialog::Dialog;
use super::message::ToPrompt;
use super::prompt;
use super::prompt::Stop;
use super::secret::PinField;
use crate::sys;
use crate::sys::window::NoDisplay;
use crate::text::Lang;
use crate::text::cause::CauseWords;
use crate::text::fill;

/// Asks, and returns when the conversation is over.
pub(super) fn ask(question: ToPrompt) -> Result<(), Stop> {
    let lang = question.lang();
    let words = CauseWords::of(lang);
    let field = || PinField::new().map_err(|error| prompt::no_memory(lang, &error));
    let pin = field()?;
    let now = Instant::now();
    let asked = if let ToPrompt::Pin(sheet) = question {
        Some(Dialog::about_pin(sheet, [field()?, field()?, field()?], pin, now))
    } else {
        Dialog::new(question, pin, now)
    };
    let Some(dialog) = asked else {
        return Ok(());
    };
    // Meanwhile the display is reached.
    let (tell, dark) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = tell.send(sys::window::is_dark());
    });
    let events = sys::window::event_loop::<Wake>();
    let events = events.map_err(|error| Stop::Unavailable(no_display(lang, &error)))?;
    let news = events.create_proxy();
    prompt::listen(move |said| {
        let _ = news.send_event(Wake::News(said));
    });
    let mut app = App::new(dialog, events.create_proxy(), dark);
    let ran = events.run_app(&mut app);
    let because =
        |sentence, detail: &str| Stop::Unavailable(fill(sentence, &[("detail", detail)]).into_owned());
    match (app.failure(), ran) {
        (Some(reason), _) => Err(because(words.no_window, &reason)),
        (None, Err(error)) => Err(because(words.display_ended, &sys::window::reason(&error))),
        (None, Ok(())) => Ok(()),
    }
}

/// Whether a display can be reached. Once in a process: winit makes no second connection.
pub(super) fn can_ask(lang: Lang) -> Result<(), String> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let reached = sys::window::event_loop::<()>().map(drop);
        let _ = tell.send(reached.map_err(|error| no_display(lang, &error)));
    });
    let silent = || Err(CauseWords::of(lang).display_silent.to_owned());
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| silent())
}

fn no_display(lang: Lang, error: &NoDisplay) -> String {
    let words = CauseWords::of(lang);
    match error {
        NoDisplay::Unnamed => words.no_display.to_owned(),
        NoDisplay::Unreached(detail) => fill(words.display_unreached, &[("detail", detail)]).into_owned(),
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
