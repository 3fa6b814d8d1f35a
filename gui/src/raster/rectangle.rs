//! Two triangles that together are an upright rectangle of one colour: a ground, or a letter.

use super::Canvas;
use super::blend::{over, pack, scale};
use super::grid::{Area, MIDDLE, Point, STEPS, pixel};
use super::texture::Texture;

/// How far a letter may be from lying on whole pixels to be copied instead of mixed, in pixels.
const SLACK: f32 = 1.0 / 64.0;

/// The rectangle, by the corner at its left and top and the one opposite.
#[derive(Debug)]
pub(super) struct Rectangle {
    first: Point,
    last: Point,
}

impl Rectangle {
    /// `None` where the two make something else.
    pub(super) fn of(one: &[Point; 3], other: &[Point; 3]) -> Option<Self> {
        let corners = || one.iter().chain(other);
        let color = one[0].color;
        if corners().any(|corner| corner.color != color) {
            return None;
        }
        let (left, right) = (one.iter().map(|p| p.x).min()?, one.iter().map(|p| p.x).max()?);
        let (top, bottom) = (one.iter().map(|p| p.y).min()?, one.iter().map(|p| p.y).max()?);
        // One bit for right, one for below. A triangle has three of the four corners, and the other one has the opposite three.
        let corner = |point: &Point| {
            let side = |at: i32, low: i32, high: i32| {
                (at == low || at == high).then_some(u8::from(at == high))
            };
            Some(side(point.x, left, right)? | side(point.y, top, bottom)? << 1)
        };
        let missing = |triangle: &[Point; 3]| {
            let mut seen = 0_u8;
            for point in triangle {
                seen |= 1 << corner(point)?;
            }
            (seen.count_ones() == 3).then(|| (!seen).trailing_zeros() as u8)
        };
        if missing(one)? ^ missing(other)? != 0b11 {
            return None;
        }
        let at = |wanted: u8| corners().copied().find(|point| corner(point) == Some(wanted));
        let (first, last) = (at(0b00)?, at(0b11)?);
        // The texture has to lie as upright.
        let is_upright = |point: &Point| {
            let from = |right: bool, below: bool| {
                (if right { last.u } else { first.u }, if below { last.v } else { first.v })
            };
            corner(point)
                .is_some_and(|bits| from(bits & 1 != 0, bits & 2 != 0) == (point.u, point.v))
        };
        corners().all(is_upright).then_some(Self { first, last })
    }

    pub(super) fn paint(&self, canvas: &mut Canvas<'_>, area: &Area, texture: &Texture) {
        let Self { first, last } = self;
        let seen = area.and(pixel(first.x)..pixel(last.x), pixel(first.y)..pixel(last.y));
        if seen.is_empty() {
            return;
        }
        let color = pack(first.color);
        if (first.u, first.v) == (last.u, last.v) {
            let part = (texture.at(first.u, first.v) * 255.0).round() as u32;
            return fill(canvas, &seen, scale(color, part));
        }
        let across = Course::new((first.x, first.u), (last.x, last.u));
        let down = Course::new((first.y, first.v), (last.y, last.v));
        match (across.whole(seen.columns.start), down.whole(seen.rows.start)) {
            (Some(u), Some(v)) => copy(canvas, &seen, color, texture, (u, v)),
            _ => mix(canvas, &seen, color, texture, (&across, &down)),
        }
    }
}

/// How the place in the texture goes on with that on the canvas.
struct Course {
    /// At the middle of pixel 0.
    start: f32,
    step: f32,
}

impl Course {
    fn new(first: (i32, f32), last: (i32, f32)) -> Self {
        let step = (last.1 - first.1) / (last.0 - first.0) as f32 * STEPS as f32;
        let start = first.1 + (MIDDLE - first.0) as f32 / STEPS as f32 * step;
        Self { start, step }
    }

    fn at(&self, pixel: i32) -> f32 {
        self.start + pixel as f32 * self.step
    }

    /// Which pixel of the texture lies on this one, if they lie one on the other all along.
    fn whole(&self, pixel: i32) -> Option<i32> {
        let at = self.at(pixel) - 0.5;
        let is_whole = (at - at.round()).abs() < SLACK && (self.step - 1.0).abs() < SLACK / 16.0;
        is_whole.then_some(at.round() as i32)
    }
}

/// Puts one colour over an area.
fn fill(canvas: &mut Canvas<'_>, area: &Area, color: u32) {
    for y in area.rows.clone() {
        fill_row(canvas.row(y, area.columns.clone()), color);
    }
}

/// Puts one colour over pixels.
pub(super) fn fill_row(pixels: &mut [u32], color: u32) {
    match color >> 24 {
        _ if color == 0 => {}
        255 => pixels.fill(color),
        _ => {
            for pixel in pixels {
                *pixel = over(*pixel, color);
            }
        }
    }
}

/// Puts a colour where there is ink in the texture, of which `(u, v)` lies at the upper left.
fn copy(canvas: &mut Canvas<'_>, area: &Area, color: u32, texture: &Texture, (u, v): (i32, i32)) {
    let is_opaque = color >> 24 == 255;
    for (y, v) in area.rows.clone().zip(v..) {
        let Some(ink) = texture.row(u, v, area.columns.len()) else { continue };
        for (pixel, &part) in canvas.row(y, area.columns.clone()).iter_mut().zip(ink) {
            match part {
                0 => {}
                255 if is_opaque => *pixel = color,
                _ => *pixel = over(*pixel, scale(color, part.into())),
            }
        }
    }
}

/// The same where the pixels of the texture do not lie on those of the canvas.
fn mix(
    canvas: &mut Canvas<'_>,
    area: &Area,
    color: u32,
    texture: &Texture,
    (across, down): (&Course, &Course),
) {
    for y in area.rows.clone() {
        let v = down.at(y);
        let row = canvas.row(y, area.columns.clone());
        for (pixel, x) in row.iter_mut().zip(area.columns.clone()) {
            let part = (texture.at(across.at(x), v) * 255.0).round() as u32;
            if part > 0 {
                *pixel = over(*pixel, scale(color, part));
            }
        }
    }
}
