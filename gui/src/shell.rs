//! The window: a loop that is asleep until something happens, with egui in it. There are two, which share all but how they draw and
//! listen: [`gl`] on a graphics card, and [`x11`] on the processor. X11 only for now.

mod atoms;
mod choice;
mod clipboard;
mod compose;
mod desktop;
mod fonts;
mod gl;
mod keyboard;
mod keys;
mod links;
mod server;
mod stage;
mod writing;
mod x11;

use std::sync::Arc;

use salotto_gui::model::Renderer;

use crate::app::App;
use crate::net::Waker;
use server::Server;

/// WM_CLASS; the desktop entry names it, too.
const CLASS: &str = "salotto-gui";
/// The window is no smaller than this, in points.
const SMALLEST: (f32, f32) = (320.0, 240.0);

/// Side of the icon, and its pixels: red, green, blue, alpha. Made from `assets/salotto-gui.svg` by `assets/icons.sh`.
const ICON_SIDE: usize = 48;
const ICON: &[u8] = include_bytes!("../assets/icon-48.rgba");

/// How the window is opened.
pub(crate) struct Opening {
    /// Width and height in points.
    pub(crate) size: (f32, f32),
    /// What draws it.
    pub(crate) renderer: Renderer,
    /// Makes what is shown, on the thread of the window.
    pub(crate) make: Box<dyn FnOnce(Arc<dyn Waker>) -> App>,
}

/// Shows the program until it ends.
///
/// # Errors
///
/// When there is no X server to show it on, or a library is missing.
pub(crate) fn run(opening: Opening) -> Result<(), String> {
    let server = Server::connect().map_err(|error| error.to_string())?;
    let renderer = match opening.renderer {
        Renderer::Auto => choice::choose(&server),
        chosen => chosen,
    };
    if renderer == Renderer::Gl {
        match (gl::load(gl::WANTED), opening.renderer) {
            (Ok(()), _) => {
                tracing::debug!("drawn by the graphics card");
                gl::run(server, opening);
                return Ok(());
            }
            (Err(problem), Renderer::Auto) => tracing::debug!(problem, "no OpenGL"),
            (Err(problem), _) => return Err(problem),
        }
    }
    tracing::debug!("drawn by the processor");
    x11::run(server, opening).map_err(|error| error.to_string())
}

/// The icon as the window manager wants it: width, height, ARGB.
fn icon() -> Vec<u32> {
    let pixels = ICON
        .chunks_exact(4)
        .map(|pixel| u32::from_be_bytes([pixel[3], pixel[0], pixel[1], pixel[2]]));
    [ICON_SIDE as u32, ICON_SIDE as u32].into_iter().chain(pixels).collect()
}
