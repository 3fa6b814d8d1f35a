//! A picture of letters: how much of each of its pixels is ink.

use egui::FontImage;

/// One byte a pixel, from 0 for none to 255.
#[derive(Debug)]
pub(super) struct Texture {
    width: usize,
    height: usize,
    ink: Vec<u8>,
}

impl Texture {
    pub(super) fn new(image: &FontImage) -> Self {
        let [width, height] = image.size;
        let ink = image.srgba_pixels(None).map(|pixel| pixel.a()).collect();
        Self { width, height, ink }
    }

    /// Puts `image` in at this place. What is outside is left out.
    pub(super) fn update(&mut self, image: &FontImage, [left, top]: [usize; 2]) {
        let part = Self::new(image);
        let columns = part.width.min(self.width.saturating_sub(left));
        for y in 0..part.height.min(self.height.saturating_sub(top)) {
            let to = (top + y) * self.width + left;
            let from = y * part.width;
            self.ink[to..to + columns].copy_from_slice(&part.ink[from..from + columns]);
        }
    }

    pub(super) fn size(&self) -> (f32, f32) {
        (self.width as f32, self.height as f32)
    }

    /// The ink of `count` pixels of a row, from `x` on, where all of them are inside.
    pub(super) fn row(&self, x: i32, y: i32, count: usize) -> Option<&[u8]> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        if x + count > self.width {
            return None;
        }
        let start = y * self.width + x;
        self.ink.get(start..start + count)
    }

    /// The ink at a place between pixels, from 0 to 1: of the four around it, the nearer the more. Beyond the edge it goes on as at the edge.
    pub(super) fn at(&self, u: f32, v: f32) -> f32 {
        let (u, v) = (u - 0.5, v - 0.5);
        let (left, top) = (u.floor(), v.floor());
        let (right_part, lower_part) = (u - left, v - top);
        let (x, y) = (left as i32, top as i32);
        let mix = |one: f32, other: f32, part: f32| one + (other - one) * part;
        let upper = mix(self.pixel(x, y), self.pixel(x.saturating_add(1), y), right_part);
        let y = y.saturating_add(1);
        let lower = mix(self.pixel(x, y), self.pixel(x.saturating_add(1), y), right_part);
        mix(upper, lower, lower_part) / 255.0
    }

    fn pixel(&self, x: i32, y: i32) -> f32 {
        let inside = |at: i32, size: usize| (at.max(0) as usize).min(size.saturating_sub(1));
        let at = inside(y, self.height) * self.width + inside(x, self.width);
        self.ink.get(at).copied().map_or(0.0, f32::from)
    }
}
