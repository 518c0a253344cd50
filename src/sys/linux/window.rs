//! What X11 and Wayland want to know of a window.

use winit::event_loop::ActiveEventLoop;
use winit::event_loop::EventLoop;
use winit::event_loop::EventLoopBuilder;
use winit::platform::startup_notify::EventLoopExtStartupNotify;
use winit::platform::startup_notify::WindowAttributesExtStartupNotify;
use winit::platform::wayland::ActiveEventLoopExtWayland;
use winit::platform::wayland::EventLoopBuilderExtWayland;
use winit::platform::x11::WindowAttributesExtX11;
use winit::platform::x11::WindowType;
use winit::window::ActivationToken;
use winit::window::WindowAttributes;
use zbus::zvariant::Value;

/// Connects to the display; from any thread, once in a process.
///
/// # Errors
/// There is no display, or what the system lacks to reach it.
pub fn event_loop<T>() -> Result<EventLoop<T>, NoDisplay> {
    let named = ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"];
    if named.iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty())) {
        return Err(NoDisplay::Unnamed);
    }
    let connect = || {
        let mut builder: EventLoopBuilder<T> = EventLoop::with_user_event();
        // Both traits set the same field; X11 follows it, too.
        builder.with_any_thread(true).build().map_err(|error| reason(&error))
    };
    // winit panics where a library of the display is missing.
    let connected = std::panic::catch_unwind(connect).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(text.unwrap_or_default())
    });
    connected.map_err(NoDisplay::Unreached)
}

/// Why no display is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDisplay {
    /// The environment names none.
    Unnamed,
    /// The one it names; with a detail in the library's words.
    Unreached(String),
}

/// Whether the desktop is dark, where it says so: winit doesn't know it, neither on X11 nor on Wayland.
/// Waits for the session bus; not for the first frame's thread.
pub fn is_dark() -> Option<bool> {
    let ask = async {
        let bus = zbus::Connection::session().await.ok()?;
        // org.freedesktop.portal.Settings: `Read` answers on every version, a variant in a variant.
        let question = ("org.freedesktop.appearance", "color-scheme");
        let (portal, path) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
        let settings = Some("org.freedesktop.portal.Settings");
        let reply = bus.call_method(Some(portal), path, settings, "Read", &question).await.ok()?;
        color_scheme(reply.body().deserialize().ok()?)
    };
    zbus::block_on(ask)
}

/// 1 is dark, 2 is light, 0 is no preference.
fn color_scheme(mut value: Value<'_>) -> Option<bool> {
    while let Value::Value(inner) = value {
        value = *inner;
    }
    let Value::U32(scheme) = value else { return None };
    match scheme {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    }
}

/// What winit complains of, without the place in its source that stands before it.
pub fn reason(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let behind = text.split_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    behind.map_or_else(|| text.clone(), |(_, reason)| reason.to_owned())
}

/// Adds to a dialog's attributes: its class and app id, its kind, and the leave to take the focus
/// that came with a click on a notification (`leave`, or `XDG_ACTIVATION_TOKEN`).
pub fn dress(
    attributes: WindowAttributes,
    active: &ActiveEventLoop,
    name: &str,
    leave: Option<String>,
) -> WindowAttributes {
    let attributes = attributes.with_name(name, name).with_x11_window_type(vec![WindowType::Dialog]);
    match leave.map(ActivationToken::from_raw).or_else(|| active.read_token_from_env()) {
        Some(token) => attributes.with_activation_token(token),
        None => attributes,
    }
}

/// Whether a window takes the focus with an activation token when it opens, and never later: winit asks
/// Wayland for that of a new window alone.
pub fn only_new_windows_come_forward(active: &ActiveEventLoop) -> bool {
    active.is_wayland()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_read_through_its_wrappings() {
        let wrapped = |value: u32| Value::Value(Box::new(Value::Value(Box::new(Value::U32(value)))));
        assert_eq!(
            [0, 1, 2, 3].map(|value| color_scheme(wrapped(value))),
            [None, Some(true), Some(false), None]
        );
        assert_eq!(color_scheme(Value::from("dark")), None);
    }
}
