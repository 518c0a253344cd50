//! Whether Caps Lock is on: neither winit nor egui knows.

use std::fs;

use x11rb::protocol::xproto::ConnectionExt;
use x11rb::protocol::xproto::KeyButMask;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

/// Where to look.
#[derive(Debug)]
pub struct CapsLock(Place);

#[derive(Debug)]
enum Place {
    /// The X server tells (X11 protocol, QueryPointer).
    Display(Box<RustConnection>, Window),
    /// Wayland tells a window's toolkit alone, and winit keeps it to itself: the keyboards' own lights are
    /// left, which a compositor sets on all of a seat (Documentation/leds/well-known-leds.txt).
    Lights,
}

impl CapsLock {
    /// Reaches the display that this process's windows are on.
    pub fn reach() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let on_wayland = set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET");
        let display = if on_wayland { None } else { x11rb::connect(None).ok() };
        let place = display.and_then(|(connection, screen)| {
            let root = x11rb::connection::Connection::setup(&connection).roots.get(screen)?.root;
            Some(Place::Display(Box::new(connection), root))
        });
        Self(place.unwrap_or(Place::Lights))
    }

    /// Nothing where nobody knows.
    pub fn is_on(&self) -> Option<bool> {
        match &self.0 {
            Place::Display(connection, root) => {
                let pointer = connection.query_pointer(*root).ok()?.reply().ok()?;
                Some(pointer.mask.contains(KeyButMask::LOCK))
            }
            Place::Lights => lights(),
        }
    }
}

fn lights() -> Option<bool> {
    let lights = fs::read_dir("/sys/class/leds").ok()?.flatten();
    let lights = lights.filter(|light| light.file_name().to_string_lossy().ends_with("::capslock"));
    let shine = lights.filter_map(|light| fs::read_to_string(light.path().join("brightness")).ok());
    shine.map(|brightness| brightness.trim() != "0").reduce(|some, one| some || one)
}
