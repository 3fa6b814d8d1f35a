//! Colours as they lie in the canvas, and one laid over the other. Two of the four channels are calculated at a time.

use egui::Color32;

/// Red and blue of a pixel, or alpha and green of one that was shifted: two channels with space above each.
const PAIR: u32 = 0x00ff_00ff;

/// As in the canvas, but with the alpha of the colour in the highest byte. The other channels are multiplied with it already, as egui has them.
pub(super) fn pack(color: Color32) -> u32 {
    let [red, green, blue, alpha] = color.to_array();
    u32::from_be_bytes([alpha, red, green, blue])
}

/// As in the canvas.
pub(super) fn opaque(color: Color32) -> u32 {
    pack(color) | 0xff00_0000
}

/// Lays a colour over what is there.
pub(super) fn over(below: u32, color: u32) -> u32 {
    let left = 255 - (color >> 24);
    // The sum is 255 at most where no channel is larger than alpha; egui also has colours that glow, which are cut off there.
    let pair = |below: u32, color: u32| {
        let sum = scale_pair(below & PAIR, left) + (color & PAIR);
        let above = sum & 0x0100_0100;
        (sum | (above - (above >> 8))) & PAIR
    };
    pair(below, color) | pair(below >> 8, color >> 8) << 8 | 0xff00_0000
}

/// All channels times `part` of 255.
pub(super) fn scale(color: u32, part: u32) -> u32 {
    scale_pair(color & PAIR, part) | scale_pair(color >> 8 & PAIR, part) << 8
}

/// Rounded to the nearest.
fn scale_pair(pair: u32, part: u32) -> u32 {
    let product = pair * part + 0x0080_0080;
    ((product + (product >> 8 & PAIR)) >> 8) & PAIR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_scaled_to_the_nearest_whole() {
        for channel in 0..=255_u32 {
            for part in 0..=255_u32 {
                let exact = (f64::from(channel * part) / 255.0).round() as u32;
                assert_eq!(scale(channel * 0x0101_0101, part), exact * 0x0101_0101);
            }
        }
    }

    #[test]
    fn nothing_over_a_colour_leaves_it_and_an_opaque_one_replaces_it() {
        let below = 0xff12_3456;
        assert_eq!(over(below, 0), below);
        assert_eq!(over(below, 0xffab_cdef), 0xffab_cdef);
        let half = pack(Color32::from_rgba_premultiplied(128, 0, 0, 128));
        assert_eq!(over(0xff00_ff00, half), 0xff80_7f00);
    }

    #[test]
    fn a_colour_that_glows_stays_in_its_channel() {
        assert_eq!(over(0xffff_80ff, 0x0080_8080), 0xffff_ffff);
    }
}
