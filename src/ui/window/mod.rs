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

/// Asks, and returns when the conversation is over.
pub(super) fn ask(question: ToPrompt) -> Result<(), Stop> {
    let unavailable = |what: &str, why: String| Stop::Unavailable(format!("{what}: {why}"));
    let pin = PinField::new().map_err(|error| unavailable("memory for the PIN", error.to_string()))?;
    let now = Instant::now();
    let asked = if let ToPrompt::Pin(sheet) = question {
        let more = || PinField::new().map_err(|error| unavailable("memory for the PIN", error.to_string()));
        Some(Dialog::about_pin(sheet, [more()?, more()?, more()?], pin, now))
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
    let events = sys::window::event_loop::<Wake>().map_err(|error| unavailable("no display", error))?;
    let news = events.create_proxy();
    prompt::listen(move |said| {
        let _ = news.send_event(Wake::News(said));
    });
    let mut app = App::new(dialog, events.create_proxy(), dark);
    let ran = events.run_app(&mut app);
    match (app.failure(), ran) {
        (Some(reason), _) => Err(unavailable("no window", reason)),
        (None, Err(error)) => Err(unavailable("the display ended", sys::window::reason(&error))),
        (None, Ok(())) => Ok(()),
    }
}

/// Whether a display can be reached. Once in a process: winit makes no second connection.
pub(super) fn can_ask() -> Result<(), String> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let reached = sys::window::event_loop::<()>().map(drop);
        let _ = tell.send(reached.map_err(|error| format!("no display: {error}")));
    });
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| Err("the display does not answer".to_owned()))
}

const PATIENCE: Duration = Duration::from_secs(5);
