//! An open window that comes to the front, or makes room there.

use winit::window::UserAttentionType;
use winit::window::Window;
use winit::window::WindowLevel;

/// Brings the window to the front, or has the desktop point at it where no window may take the focus.
pub(super) fn raise(window: &Window) {
    window.set_minimized(false);
    window.set_window_level(WindowLevel::AlwaysOnTop);
    window.focus_window();
    window.request_user_attention(Some(UserAttentionType::Critical));
}

/// Leaves the front to another window.
pub(super) fn lower(window: &Window) {
    window.set_window_level(WindowLevel::Normal);
}
