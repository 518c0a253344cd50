//! The window itself, and the events between display, agent and dialog.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;

use egui::Color32;
use egui::Context;
use egui::FullOutput;
use egui::Pos2;
use egui::RawInput;
use egui::Rect;
use egui::Theme;
use egui::ViewportId;
use egui_winit::accesskit_winit;
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::dpi::PhysicalPosition;
use winit::event::StartCause;
use winit::event::WindowEvent;
use winit::event_loop::ActiveEventLoop;
use winit::event_loop::ControlFlow;
use winit::event_loop::EventLoopProxy;
use winit::keyboard::Key;
use winit::keyboard::NamedKey;
use winit::window::Icon;
use winit::window::UserAttentionType;
use winit::window::Window;
use winit::window::WindowId;
use winit::window::WindowLevel;

use super::dialog::Act;
use super::dialog::Dialog;
use super::keys;
use super::mark;
use super::raise;
use super::raster::Canvas;
use super::raster::Raster;
use super::reading;
use super::room::MIN_HEIGHT;
use super::room::MIN_WIDTH;
use super::room::centre;
use super::room::size;
use super::room::width;
use super::theme;
use super::view;
use super::view::Rows;
use crate::sys;
use crate::sys::caps::CapsLock;
use crate::sys::surface::Surface;
use crate::ui::message::FromPrompt;
use crate::ui::message::ToPrompt;
use crate::ui::prompt;
use crate::ui::prompt::News;

/// What wakes the window besides the display's events.
#[derive(Debug)]
pub(super) enum Wake {
    /// The agent.
    News(News),
    /// A screen reader.
    Access(accesskit_winit::Event),
}

impl From<accesskit_winit::Event> for Wake {
    fn from(event: accesskit_winit::Event) -> Self {
        Self::Access(event)
    }
}

/// The application: one dialog, and one window once there is a display.
pub(super) struct App {
    dialog: Dialog,
    context: Context,
    raster: Raster,
    rows: Rows,
    proxy: EventLoopProxy<Wake>,
    dark: Receiver<Option<bool>>,
    pane: Option<Pane>,
    failure: Option<String>,
}

/// The window and what draws into it.
struct Pane {
    window: Rc<Window>,
    surface: Surface,
    input: egui_winit::State,
    frames: u32,
    caps_lock: Option<CapsLock>,
    /// It took the place of another one.
    again: bool,
    /// The height in points that would show everything, as last asked for.
    wanted: f32,
    repaint: Instant,
}

impl App {
    pub(super) fn new(dialog: Dialog, proxy: EventLoopProxy<Wake>, dark: Receiver<Option<bool>>) -> Self {
        let context = Context::default();
        theme::set_up(&context);
        let (raster, rows) = (Raster::default(), Rows::default());
        Self { dialog, context, raster, rows, proxy, dark, pane: None, failure: None }
    }

    /// Why there was no window.
    pub(super) fn failure(self) -> Option<String> {
        self.failure
    }

    fn open(&mut self, active: &ActiveEventLoop, leave: Option<String>) -> Result<Pane, String> {
        let monitor = active.primary_monitor().or_else(|| active.available_monitors().next());
        let wanted = self.rehearse(width(monitor.as_ref()));
        if let Ok(Some(dark)) = self.dark.recv_timeout(PREFERENCE) {
            self.context.set_theme(if dark { Theme::Dark } else { Theme::Light });
        }
        let mut attributes = Window::default_attributes()
            .with_title(self.dialog.title())
            .with_inner_size(size(wanted, monitor.as_ref()))
            .with_min_inner_size(LogicalSize::new(MIN_WIDTH, MIN_HEIGHT))
            .with_visible(false)
            .with_window_level(WindowLevel::AlwaysOnTop);
        if let Some(monitor) = &monitor {
            attributes = attributes.with_position(centre(size(wanted, Some(monitor)), monitor));
        }
        let attributes = sys::window::dress(attributes, active, NAME, leave);
        let window = Rc::new(active.create_window(attributes).map_err(|error| sys::window::reason(&error))?);
        window.set_ime_allowed(false);
        let mut input = egui_winit::State::new(
            self.context.clone(),
            ViewportId::ROOT,
            &*window,
            Some(window.scale_factor() as f32),
            window.theme(),
            None,
        );
        input.init_accesskit(active, &window, self.proxy.clone());
        input.set_clipboard_shortcuts(false);
        let surface = Surface::new(&window)?;
        let repaint = Instant::now();
        Ok(Pane { window, surface, input, frames: 0, caps_lock: None, again: false, wanted, repaint })
    }

    /// Lays the dialog out without a window, and returns how high it would like to be.
    fn rehearse(&mut self, width: f32) -> f32 {
        let mut wanted = 0.0;
        for _ in 0..REHEARSALS {
            let space = Rect::from_min_size(Pos2::ZERO, egui::vec2(width, ENDLESS));
            let input = RawInput { screen_rect: Some(space), ..RawInput::default() };
            let (dialog, rows) = (&mut self.dialog, &mut self.rows);
            let mut output = self.context.run_ui(input, |ui| {
                wanted = view::show(ui, dialog, rows, Instant::now());
            });
            self.raster.take(&output.textures_delta);
            self.raster.forget(&mut output.textures_delta);
        }
        self.dialog.refocus = true;
        wanted
    }

    fn redraw(&mut self) -> Result<(), String> {
        let Some(pane) = &mut self.pane else { return Ok(()) };
        let now = Instant::now();
        self.dialog.tick(now);
        if self.dialog.takes_a_pin() {
            self.dialog.caps_lock = pane.caps_lock.as_ref().and_then(CapsLock::is_on);
        }
        let mut input = pane.input.take_egui_input(&pane.window);
        self.dialog.guard.sift(&mut input.events, now);
        let mut wanted = 0.0;
        let mut shown: Option<FullOutput> = None;
        for input in keys::apart(input) {
            let (dialog, rows) = (&mut self.dialog, &mut self.rows);
            let mut output = self.context.run_ui(input, |ui| wanted = view::show(ui, dialog, rows, now));
            // No input method may touch a PIN, and nothing goes to the clipboard.
            output.platform_output.ime = None;
            output.platform_output.commands.clear();
            output.platform_output.accesskit_update.iter_mut().for_each(reading::sort);
            let told = std::mem::take(&mut output.platform_output);
            pane.input.handle_platform_output(&pane.window, told);
            self.raster.take(&output.textures_delta);
            if let Some(mut before) = shown.replace(output) {
                self.raster.forget(&mut before.textures_delta);
            }
            if self.dialog.is_closed() {
                break;
            }
        }
        let Some(mut output) = shown else { return Ok(()) };
        let primitives = self.context.tessellate(output.shapes, output.pixels_per_point);
        let size = pane.window.inner_size();
        if let (Some(width), Some(height)) = (NonZeroU32::new(size.width), NonZeroU32::new(size.height)) {
            pane.surface.draw(width, height, |pixels| {
                let mut canvas = Canvas { pixels, width: size.width as usize };
                self.raster.paint(&mut canvas, output.pixels_per_point, &primitives);
                // The byte that is no colour: a compositor without GL (weston's pixman) may take it for opacity.
                canvas.pixels.iter_mut().for_each(|pixel| *pixel |= 0xFF00_0000);
            })?;
        }
        self.raster.forget(&mut output.textures_delta);
        let again = output.viewport_output.values().map(|view| view.repaint_delay).min();
        pane.repaint = again.and_then(|delay| now.checked_add(delay)).unwrap_or(now + IDLE);
        pane.presented(&mut self.dialog);
        pane.grow(wanted);
        Ok(())
    }

    /// After every event: what is to be said, what is to be drawn, when to look again.
    fn settle(&mut self, active: &ActiveEventLoop) {
        let now = Instant::now();
        self.dialog.tick(now);
        for message in self.dialog.say() {
            prompt::say(&message);
        }
        if self.failure.is_some() || self.dialog.is_closed() {
            // The window goes before the process does.
            self.pane = None;
            active.exit();
        } else if let Some(pane) = &self.pane {
            let next = pane.repaint.min(self.dialog.next_tick(now));
            if next <= now {
                pane.window.request_redraw();
            }
            active.set_control_flow(ControlFlow::WaitUntil(next.max(now + FRAME)));
        }
    }

    fn raise(&mut self, active: &ActiveEventLoop, leave: Option<String>) {
        let leave = leave.filter(|_| sys::window::only_new_windows_come_forward(active));
        if leave.is_some() {
            // The old window stays where there can't be another one.
            if let Ok(pane) = self.open(active, leave) {
                self.pane = Some(Pane { again: true, ..pane });
                self.failure = self.failure.take().or_else(|| self.redraw().err());
            }
        } else if let Some(pane) = &self.pane {
            raise::raise(&pane.window);
        }
    }

    fn step(&mut self, aside: bool) {
        if aside {
            self.dialog.guard.step_aside();
        } else {
            self.dialog.guard.turn_to(Instant::now());
        }
        match &self.pane {
            Some(pane) if aside => raise::lower(&pane.window),
            Some(pane) => raise::raise(&pane.window),
            None => {}
        }
    }

    fn access(&mut self, event: accesskit_winit::WindowEvent) {
        let Some(pane) = &mut self.pane else { return };
        match event {
            accesskit_winit::WindowEvent::InitialTreeRequested => self.context.enable_accesskit(),
            accesskit_winit::WindowEvent::ActionRequested(request) => {
                pane.input.on_accesskit_action_request(request);
            }
            accesskit_winit::WindowEvent::AccessibilityDeactivated => self.context.disable_accesskit(),
        }
    }
}

impl Pane {
    fn presented(&mut self, dialog: &mut Dialog) {
        self.frames = self.frames.saturating_add(1);
        match self.frames {
            1 => {
                self.window.set_visible(true);
                self.window.focus_window();
                self.window.request_user_attention(Some(UserAttentionType::Critical));
                dialog.guard.turn_to(Instant::now());
                if !self.again {
                    prompt::say(&FromPrompt::Ready);
                }
                self.repaint = Instant::now();
            }
            // winit on X11 sends this before the window is mapped, and window managers drop it then.
            2..=RAISED => {
                // Neither is worth a later first frame.
                if self.caps_lock.is_none() {
                    self.caps_lock = Some(CapsLock::reach());
                    let mark = mark::pixels(ICON, theme::BRAND, Color32::WHITE);
                    self.window.set_window_icon(Icon::from_rgba(mark, ICON, ICON).ok());
                }
                self.window.set_window_level(WindowLevel::AlwaysOnTop);
                self.window.focus_window();
                self.repaint = Instant::now();
            }
            _ => {}
        }
    }

    /// Makes room for what came since, as far as the screen goes; never smaller.
    fn grow(&mut self, wanted: f32) {
        if wanted > self.wanted + 1.0 {
            self.wanted = wanted;
            let scale = self.window.scale_factor();
            let new = size(wanted, self.window.current_monitor().as_ref());
            let now = self.window.inner_size().to_logical::<f64>(scale);
            if new.height > now.height {
                let _ = self.window.request_inner_size(LogicalSize::new(now.width, new.height));
                // Half of it upwards: no panel at the screen's foot is to hide the buttons.
                if let Ok(at) = self.window.outer_position() {
                    let up = ((new.height - now.height) * scale / 2.0) as i32;
                    self.window.set_outer_position(PhysicalPosition::new(at.x, (at.y - up).max(0)));
                }
            }
        }
    }
}

impl ApplicationHandler<Wake> for App {
    fn resumed(&mut self, active: &ActiveEventLoop) {
        if self.pane.is_none() && self.failure.is_none() {
            match self.open(active, None) {
                Ok(pane) => self.pane = Some(pane),
                Err(reason) => self.failure = Some(reason),
            }
            self.failure = self.failure.take().or_else(|| self.redraw().err());
        }
    }

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        if event == WindowEvent::RedrawRequested {
            self.failure = self.redraw().err();
            return;
        }
        if event == WindowEvent::CloseRequested {
            self.dialog.act(Act::Close);
        }
        if let WindowEvent::Focused(on) = event {
            prompt::say(&FromPrompt::Focus { on });
            if on {
                self.dialog.guard.turn_to(Instant::now());
            }
        }
        // A key that was held down when the window came answers nothing.
        if let WindowEvent::KeyboardInput { event: key, .. } = &event
            && key.repeat
            && answers(&key.logical_key)
        {
            return;
        }
        let Some(pane) = &mut self.pane else { return };
        if pane.input.on_window_event(&pane.window, &event).repaint {
            pane.repaint = Instant::now();
        }
    }

    fn user_event(&mut self, active: &ActiveEventLoop, wake: Wake) {
        match wake {
            Wake::News(News::Says(ToPrompt::Raise { leave })) => self.raise(active, leave),
            Wake::News(News::Says(ToPrompt::Aside { on })) => self.step(on),
            Wake::News(news) => self.dialog.hear(news, Instant::now()),
            Wake::Access(event) => self.access(event.window_event),
        }
        if let Some(pane) = &mut self.pane {
            pane.repaint = Instant::now();
        }
    }

    fn new_events(&mut self, _: &ActiveEventLoop, cause: StartCause) {
        if let (StartCause::ResumeTimeReached { .. }, Some(pane)) = (cause, &mut self.pane) {
            pane.repaint = Instant::now();
        }
    }

    fn about_to_wait(&mut self, active: &ActiveEventLoop) {
        self.settle(active);
    }
}

fn answers(key: &Key) -> bool {
    matches!(key, Key::Named(NamedKey::Enter | NamedKey::Escape | NamedKey::Space))
}

/// X11's class (both fields) and Wayland's app id.
const NAME: &str = "kyso-prompt";
const ENDLESS: f32 = 4_000.0;
/// The side of the mark in the desktop's list of windows, in pixels.
const ICON: u32 = 64;
/// egui knows a panel's height from the frame before.
const REHEARSALS: usize = 3;
/// By this frame the window is mapped.
const RAISED: u32 = 4;
/// A desktop that doesn't say by then is shown a light window.
const PREFERENCE: Duration = Duration::from_millis(100);
const FRAME: Duration = Duration::from_millis(16);
const IDLE: Duration = Duration::from_secs(3_600);
