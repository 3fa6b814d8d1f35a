//! Places on the canvas: in whole pixels, and finer for what is not a rectangle.

use std::ops::Range;

use egui::Rect;
use egui::epaint::Vertex;

use super::texture::Texture;

/// Steps between two pixels. As many as OpenGL has.
pub(super) const STEPS: i32 = 256;
/// From the corner of a pixel to its middle, which decides whether a shape covers it.
pub(super) const MIDDLE: i32 = STEPS / 2;
/// Nothing that is seen is further away, in pixels; beyond it calculation would overflow.
const FARTHEST: f32 = 1_000_000.0;

/// A corner of a triangle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// In steps from the left and upper edge.
    pub(super) x: i32,
    pub(super) y: i32,
    /// Where it lies in the texture, in pixels of that.
    pub(super) u: f32,
    pub(super) v: f32,
    pub(super) color: egui::Color32,
}

impl Point {
    /// `None` for what has no finite place.
    pub(super) fn new(vertex: &Vertex, scale: f32, texture: &Texture) -> Option<Self> {
        let (pos, uv) = (vertex.pos * scale, vertex.uv);
        if !pos.is_finite() || !uv.is_finite() {
            return None;
        }
        let steps =
            |at: f32| (at.clamp(-FARTHEST, FARTHEST) * STEPS as f32).round_ties_even() as i32;
        let (width, height) = texture.size();
        let (u, v) = (uv.x * width, uv.y * height);
        Some(Self { x: steps(pos.x), y: steps(pos.y), u, v, color: vertex.color })
    }
}

/// The first pixel whose middle is not before `steps`.
pub(super) fn pixel(steps: i32) -> i32 {
    (steps - MIDDLE + STEPS - 1).div_euclid(STEPS)
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) columns: Range<i32>,
    pub(super) rows: Range<i32>,
}

impl Area {
    /// What egui lets a shape be seen through, within `whole`.
    pub(super) fn of_clip(clip: Rect, scale: f32, whole: &Self) -> Self {
        // Saturates, and takes what is no number for 0.
        let whole_pixel = |points: f32| (points * scale).round() as i32;
        let (left, right) = (whole_pixel(clip.min.x), whole_pixel(clip.max.x));
        let (top, bottom) = (whole_pixel(clip.min.y), whole_pixel(clip.max.y));
        whole.and(left..right, top..bottom)
    }

    /// The part that these have in common with it.
    pub(super) fn and(&self, columns: Range<i32>, rows: Range<i32>) -> Self {
        let both = |one: &Range<i32>, other: Range<i32>| {
            one.start.max(other.start)..one.end.min(other.end)
        };
        Self { columns: both(&self.columns, columns), rows: both(&self.rows, rows) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty() || self.rows.is_empty()
    }
}
