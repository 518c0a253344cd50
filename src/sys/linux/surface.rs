//! A window's pixels on X11 and Wayland.
//!
//! softbuffer knows X11, too, but its way there loads libX11 in a constructor that runs in every program it is
//! linked into (tiny-xlib 0.2), long before anybody wants a window: 0.7 MB and seven libraries in each agent
//! and each token host (measured).

use std::num::NonZeroU32;
use std::rc::Rc;

use winit::raw_window_handle::HasWindowHandle;
use winit::raw_window_handle::RawWindowHandle;
use winit::window::Window;
use x11rb::connection::Connection;
use x11rb::connection::RequestConnection;
use x11rb::protocol::xproto::ConnectionExt;
use x11rb::protocol::xproto::CreateGCAux;
use x11rb::protocol::xproto::ImageFormat;
use x11rb::protocol::xproto::ImageOrder;
use x11rb::protocol::xproto::Setup;
use x11rb::protocol::xproto::VisualClass;
use x11rb::rust_connection::RustConnection;

/// Where a window's pixels go.
#[allow(missing_debug_implementations, reason = "softbuffer's has none")]
pub struct Surface {
    window: Rc<Window>,
    way: Way,
}

enum Way {
    X11(Box<X11>),
    Wayland(Box<softbuffer::Surface<Rc<Window>, Rc<Window>>>),
}

/// A connection of its own to the X server: whoever knows a window's number may draw into it.
struct X11 {
    connection: RustConnection,
    window: u32,
    context: u32,
    depth: u8,
    pixels: Vec<u32>,
}

impl Surface {
    /// # Errors
    /// What the display refuses, or that its pixels have another shape than 0x00RRGGBB.
    pub fn new(window: &Rc<Window>) -> Result<Self, String> {
        let handle = window.window_handle().map_err(text)?.as_raw();
        let x11 = if let RawWindowHandle::Xlib(handle) = handle {
            Some(u32::try_from(handle.window).map_err(text)?)
        } else if let RawWindowHandle::Xcb(handle) = handle {
            Some(handle.window.get())
        } else {
            None
        };
        let way = match x11 {
            Some(number) => Way::X11(Box::new(X11::new(number)?)),
            None => {
                let context = softbuffer::Context::new(Rc::clone(window)).map_err(text)?;
                let surface = softbuffer::Surface::new(&context, Rc::clone(window)).map_err(text)?;
                Way::Wayland(Box::new(surface))
            }
        };
        Ok(Self { window: Rc::clone(window), way })
    }

    /// Lets all pixels be painted, row by row as 0x00RRGGBB, and shows them.
    ///
    /// # Errors
    /// The display's.
    pub fn draw(
        &mut self,
        width: NonZeroU32,
        height: NonZeroU32,
        paint: impl FnOnce(&mut [u32]),
    ) -> Result<(), String> {
        match &mut self.way {
            Way::X11(x11) => {
                x11.pixels.resize(width.get() as usize * height.get() as usize, 0);
                paint(&mut x11.pixels);
                self.window.pre_present_notify();
                x11.present(width.get() as usize)
            }
            Way::Wayland(surface) => {
                surface.resize(width, height).map_err(text)?;
                let mut pixels = surface.buffer_mut().map_err(text)?;
                paint(&mut pixels);
                self.window.pre_present_notify();
                pixels.present().map_err(text)
            }
        }
    }
}

impl X11 {
    fn new(window: u32) -> Result<Self, String> {
        let (connection, _) = RustConnection::connect(None).map_err(text)?;
        let depth = connection.get_geometry(window).map_err(text)?.reply().map_err(text)?.depth;
        let visual = connection.get_window_attributes(window).map_err(text)?.reply().map_err(text)?.visual;
        if !has_our_pixels(connection.setup(), depth, visual) {
            return Err(format!("visual {visual:#x} of depth {depth} has other pixels"));
        }
        let context = connection.generate_id().map_err(text)?;
        let quiet = CreateGCAux::new().graphics_exposures(0);
        connection.create_gc(context, window, &quiet).map_err(text)?.check().map_err(text)?;
        Ok(Self { connection, window, context, depth, pixels: Vec::new() })
    }

    fn present(&self, width: usize) -> Result<(), String> {
        let bytes: Vec<u8> = match self.connection.setup().image_byte_order {
            ImageOrder::MSB_FIRST => self.pixels.iter().flat_map(|pixel| pixel.to_be_bytes()).collect(),
            _ => self.pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect(),
        };
        let rows = (self.connection.maximum_request_bytes().saturating_sub(HEADER) / (4 * width)).max(1);
        let mut sent = Vec::new();
        for (part, bytes) in bytes.chunks(4 * width * rows).enumerate() {
            let (top, height) = (part * rows, bytes.len() / (4 * width));
            let put = self.connection.put_image(
                ImageFormat::Z_PIXMAP,
                self.window,
                self.context,
                u16::try_from(width).map_err(text)?,
                u16::try_from(height).map_err(text)?,
                0,
                i16::try_from(top).map_err(text)?,
                0,
                self.depth,
                bytes,
            );
            sent.push(put.map_err(text)?);
        }
        // The server's word is waited for: it takes no frames faster than it shows them.
        sent.into_iter().try_for_each(|put| put.check().map_err(text))?;
        // What is sent to everybody is read, so that it does not pile up.
        while self.connection.poll_for_event().map_err(text)?.is_some() {}
        Ok(())
    }
}

/// Whether a pixel of this visual is 32 bits wide and made as 0x00RRGGBB.
fn has_our_pixels(setup: &Setup, depth: u8, visual: u32) -> bool {
    let wide =
        |format: &x11rb::protocol::xproto::Format| format.depth == depth && format.bits_per_pixel == 32;
    let mut visuals =
        setup.roots.iter().flat_map(|screen| &screen.allowed_depths).flat_map(|depth| &depth.visuals);
    setup.pixmap_formats.iter().any(wide)
        && visuals.any(|known| {
            let masks = (known.red_mask, known.green_mask, known.blue_mask);
            known.visual_id == visual
                && known.class == VisualClass::TRUE_COLOR
                && masks == (0x00ff_0000, 0xff00, 0xff)
        })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Bytes of a PutImage request before its pixels, and some to spare (X11 protocol, appendix B).
const HEADER: usize = 64;
