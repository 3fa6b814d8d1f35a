//! Where in the window the person writes, for whoever else has to do with it.

use egui::{Context, Id, PlatformOutput};

/// The text field that has the keyboard within the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Writing {
    pub(super) field: Id,
    /// The lower end of its cursor, in pixels.
    pub(super) spot: (i16, i16),
}

impl Writing {
    /// As egui says after a run; `None` where nothing is written that way.
    pub(super) fn of(context: &Context, output: &PlatformOutput) -> Option<Self> {
        let field = context.memory(|memory| memory.focused())?;
        let spot = output.ime?.cursor_rect.left_bottom() * context.pixels_per_point();
        Some(Self { field, spot: (spot.x as i16, spot.y as i16) })
    }
}
