//! How large the window is, and where: as the screen lets it.

use winit::dpi::LogicalSize;
use winit::dpi::PhysicalPosition;
use winit::monitor::MonitorHandle;

pub(super) fn size(wanted: f32, monitor: Option<&MonitorHandle>) -> LogicalSize<f64> {
    let most = monitor.map_or(f64::INFINITY, |monitor| {
        monitor.size().to_logical::<f64>(monitor.scale_factor()).height - FRAMING
    });
    LogicalSize::new(f64::from(width(monitor)), f64::from(wanted).min(most).clamp(MIN_HEIGHT, MAX_HEIGHT))
}

/// As wide as the screen lets it, up to [`WIDTH`].
pub(super) fn width(monitor: Option<&MonitorHandle>) -> f32 {
    let screen = monitor.map_or(f64::INFINITY, |monitor| {
        monitor.size().to_logical::<f64>(monitor.scale_factor()).width - BORDERS
    });
    (screen as f32).clamp(MIN_WIDTH as f32, WIDTH)
}

pub(super) fn centre(size: LogicalSize<f64>, monitor: &MonitorHandle) -> PhysicalPosition<i32> {
    let (size, room) = (size.to_physical::<u32>(monitor.scale_factor()), monitor.size());
    let middle = |room: u32, size: u32| i32::try_from(room.saturating_sub(size) / 2).unwrap_or_default();
    let at = monitor.position();
    PhysicalPosition::new(at.x + middle(room.width, size.width), at.y + middle(room.height, size.height))
}

const WIDTH: f32 = 560.0;
pub(super) const MIN_WIDTH: f64 = 420.0;
pub(super) const MIN_HEIGHT: f64 = 260.0;
const MAX_HEIGHT: f64 = 900.0;
/// What title bar and panels take from a screen.
const FRAMING: f64 = 80.0;
/// What a frame's two sides take from it.
const BORDERS: f64 = 8.0;
