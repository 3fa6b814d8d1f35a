//! The X server before there is a window on it.

use std::io;

use x11rb::connection::Connection;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{Screen, Window};
use x11rb::resource_manager;
use x11rb::rust_connection::RustConnection;

/// A connection to it.
pub(super) struct Server {
    pub(super) connection: RustConnection,
    screen: usize,
}

/// Why the X server cannot be used, or no longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerError {
    #[error("no X server to show the window on: {0}; is DISPLAY set?")]
    Connect(#[from] ConnectError),
    #[error("the connection to the X server broke: {0}")]
    Connection(#[from] ConnectionError),
    #[error("the X server refuses: {0}")]
    Reply(#[from] ReplyError),
    #[error("the X server refuses: {0}")]
    ReplyOrId(#[from] ReplyOrIdError),
    #[error("{0} windows of class `{1}` may be ours")]
    NotFound(usize, String),
    #[error("no visual of the X server has eight bits for each of red, green and blue")]
    Colours,
    #[error("the system refuses: {0}")]
    System(#[from] io::Error),
}

impl Server {
    pub(super) fn connect() -> Result<Self, ServerError> {
        let (connection, screen) = RustConnection::connect(None)?;
        Ok(Self { connection, screen })
    }

    /// The screen that the window is to be on.
    pub(super) fn screen(&self) -> &Screen {
        &self.connection.setup().roots[self.screen]
    }

    pub(super) fn root(&self) -> Window {
        self.screen().root
    }

    /// The size of a window of so many points, in pixels: no smaller than `smallest` and no larger than the screen.
    pub(super) fn pixels(&self, points: (f32, f32), smallest: (f32, f32)) -> (u16, u16) {
        let (scale, screen) = (self.scale(), self.screen());
        // Saturates, and takes what is no number for the smallest.
        let side = |points: f32, smallest: f32, screen: u16| {
            ((points.max(smallest) * scale) as u16).clamp(1, screen.max(1))
        };
        (
            side(points.0, smallest.0, screen.width_in_pixels),
            side(points.1, smallest.1, screen.height_in_pixels),
        )
    }

    /// Pixels a point, where the person has set it; what miniquad reads, too.
    pub(super) fn scale(&self) -> f32 {
        let dpi = resource_manager::new_from_default(&self.connection)
            .ok()
            .and_then(|resources| resources.get_value::<f32>("Xft.dpi", "Xft.Dpi").ok().flatten());
        dpi.map_or(1.0, |dpi| (dpi / 96.0).clamp(0.5, 4.0))
    }
}
