//! How the X server has the pixels of our window.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ImageOrder, VisualClass, Visualid};

use crate::shell::server::{Server, ServerError};

/// A way to write colours as 32 bits, eight each for red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visual {
    pub(super) id: Visualid,
    pub(super) depth: u8,
    /// By how many bits red, green and blue are shifted.
    shifts: [u32; 3],
    /// The bytes of a pixel come the other way round than in this machine.
    swapped: bool,
}

impl Visual {
    /// The visual of the screen, or else any that has colours as we can write them.
    pub(super) fn of(server: &Server) -> Result<Self, ServerError> {
        let (setup, screen) = (server.connection.setup(), server.screen());
        let is_wide = |depth: u8| {
            setup
                .pixmap_formats
                .iter()
                .any(|format| format.depth == depth && format.bits_per_pixel == 32)
        };
        let swapped =
            (setup.image_byte_order == ImageOrder::MSB_FIRST) != cfg!(target_endian = "big");
        let mut usable: Vec<Self> = Vec::new();
        for depth in screen.allowed_depths.iter().filter(|depth| is_wide(depth.depth)) {
            for visual in &depth.visuals {
                let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
                let shifts = masks.map(u32::trailing_zeros);
                let has_bytes =
                    masks.iter().all(|mask| mask.checked_shr(mask.trailing_zeros()) == Some(0xff));
                if visual.class == VisualClass::TRUE_COLOR && has_bytes {
                    usable.push(Self { id: visual.visual_id, depth: depth.depth, shifts, swapped });
                }
            }
        }
        // One with an alpha channel would make the window translucent if our highest byte were not 255; it is.
        let preferred = usable.iter().find(|visual| visual.id == screen.root_visual);
        preferred.or(usable.first()).copied().ok_or(ServerError::Colours)
    }

    /// Whether the X server has pixels as the canvas has them.
    pub(super) fn is_ours(&self) -> bool {
        self.shifts == [16, 8, 0] && !self.swapped
    }

    /// A pixel of the canvas as the X server has it.
    pub(super) fn pixel(&self, pixel: u32) -> u32 {
        let [_, red, green, blue] = pixel.to_be_bytes().map(u32::from);
        let [to_red, to_green, to_blue] = self.shifts;
        let colors = red << to_red | green << to_green | blue << to_blue;
        let unused = !(0xff << to_red | 0xff << to_green | 0xff << to_blue);
        let pixel = colors | unused;
        if self.swapped { pixel.swap_bytes() } else { pixel }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visual(shifts: [u32; 3], swapped: bool) -> Visual {
        Visual { id: 1, depth: 24, shifts, swapped }
    }

    #[test]
    fn colours_are_put_where_the_x_server_has_them() {
        assert!(visual([16, 8, 0], false).is_ours());
        for (shifts, swapped, expected) in [
            ([16, 8, 0], false, 0xff11_2233_u32),
            ([0, 8, 16], false, 0xff33_2211),
            ([16, 8, 0], true, 0x3322_11ff),
            ([24, 16, 8], false, 0x1122_33ff),
        ] {
            assert_eq!(visual(shifts, swapped).pixel(0xff11_2233), expected, "{shifts:?}");
        }
    }
}
