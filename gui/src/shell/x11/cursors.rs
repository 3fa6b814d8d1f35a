//! Shapes of the pointer, from the font that every X server has.

use std::collections::HashMap;

use egui::CursorIcon;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, Cursor, Window};
use x11rb::rust_connection::RustConnection;

use crate::shell::server::ServerError;

/// The shapes that were needed so far.
pub(super) struct Cursors {
    window: Window,
    /// Number of the shape in the font.
    shown: Option<u16>,
    made: HashMap<u16, Cursor>,
}

impl Cursors {
    pub(super) fn new(window: Window) -> Self {
        Self { window, shown: None, made: HashMap::new() }
    }

    /// Gives the pointer this shape over the window.
    pub(super) fn set(
        &mut self,
        connection: &RustConnection,
        icon: CursorIcon,
    ) -> Result<(), ServerError> {
        let shape = shape(icon);
        if self.shown == Some(shape) {
            return Ok(());
        }
        self.shown = Some(shape);
        let cursor = match self.made.get(&shape) {
            Some(cursor) => *cursor,
            None => {
                let cursor = make(connection, shape)?;
                self.made.insert(shape, cursor);
                cursor
            }
        };
        let aux = ChangeWindowAttributesAux::new().cursor(cursor);
        connection.change_window_attributes(self.window, &aux)?;
        connection.flush()?;
        Ok(())
    }
}

fn make(connection: &RustConnection, shape: u16) -> Result<Cursor, ServerError> {
    let (font, cursor) = (connection.generate_id()?, connection.generate_id()?);
    connection.open_font(font, b"cursor")?;
    // Black, and its mask, the next in the font, white.
    let (black, white) = (0, u16::MAX);
    connection.create_glyph_cursor(
        cursor,
        font,
        font,
        shape,
        shape + 1,
        black,
        black,
        black,
        white,
        white,
        white,
    )?;
    connection.close_font(font)?;
    Ok(cursor)
}

/// The number of a shape in the font, from X11's `cursorfont.h`.
fn shape(icon: CursorIcon) -> u16 {
    match icon {
        CursorIcon::Text | CursorIcon::VerticalText => 152,
        CursorIcon::PointingHand => 60,
        CursorIcon::ResizeHorizontal | CursorIcon::ResizeColumn => 108,
        CursorIcon::ResizeVertical | CursorIcon::ResizeRow => 116,
        CursorIcon::ResizeNeSw | CursorIcon::ResizeNorthEast => 136,
        CursorIcon::ResizeNwSe | CursorIcon::ResizeNorthWest => 134,
        CursorIcon::Help => 92,
        CursorIcon::Wait | CursorIcon::Progress => 150,
        CursorIcon::Crosshair => 34,
        CursorIcon::Move | CursorIcon::AllScroll | CursorIcon::Grabbing => 52,
        CursorIcon::NotAllowed | CursorIcon::NoDrop => 88,
        _ => 68,
    }
}
