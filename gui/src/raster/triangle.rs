//! A triangle of any form, with a colour of its own at each corner: row by row, from its left edge to its right one.

use std::ops::Range;

use super::Canvas;
use super::blend::{over, pack, scale};
use super::grid::{Area, MIDDLE, Point, STEPS, pixel};
use super::rectangle::fill_row;
use super::texture::Texture;

pub(super) fn paint(canvas: &mut Canvas<'_>, area: &Area, corners: &[Point; 3], texture: &Texture) {
    let [a, b, c] = *corners;
    // Twice its size. egui goes round its triangles either way.
    let size = cross(&a, &b, &c);
    let [a, b, c] = match size {
        0 => return,
        1.. => [a, b, c],
        _ => [a, c, b],
    };
    let between = |axis: fn(&Point) -> i32| {
        let [one, two, three] = [axis(&a), axis(&b), axis(&c)];
        pixel(one.min(two).min(three))..pixel(one.max(two).max(three)) + 1
    };
    let seen = area.and(between(|point| point.x), between(|point| point.y));
    if seen.is_empty() {
        return;
    }
    let edges = [Edge::new(&a, &b), Edge::new(&b, &c), Edge::new(&c, &a)];
    let is_one_place = (a.u, a.v) == (b.u, b.v) && (a.u, a.v) == (c.u, c.v);
    let ink = is_one_place.then(|| texture.at(a.u, a.v));
    if let Some(ink) = ink
        && a.color == b.color
        && a.color == c.color
    {
        let color = scale(pack(a.color), (ink * 255.0).round() as u32);
        for y in seen.rows.clone() {
            let columns = span(&edges, y, &seen.columns);
            if !columns.is_empty() {
                fill_row(canvas.row(y, columns), color);
            }
        }
        return;
    }
    let course = Course::new(&a, &b, &c);
    for y in seen.rows.clone() {
        let columns = span(&edges, y, &seen.columns);
        if columns.is_empty() {
            continue;
        }
        let mut values = course.at(columns.start, y);
        for pixel in canvas.row(y, columns) {
            let part = ink.unwrap_or_else(|| texture.at(values[4], values[5]));
            let channel = |value: f32| (value * part + 0.5).clamp(0.0, 255.0) as u32;
            let [red, green, blue, alpha, ..] = values;
            let color =
                channel(alpha) << 24 | channel(red) << 16 | channel(green) << 8 | channel(blue);
            *pixel = over(*pixel, color);
            for (value, step) in values.iter_mut().zip(course.across) {
                *value += step;
            }
        }
    }
}

/// The columns of a row whose middles all edges have on their inner side.
fn span(edges: &[Edge; 3], y: i32, columns: &Range<i32>) -> Range<i32> {
    edges.iter().fold(columns.clone(), |columns, edge| edge.cut(y, columns))
}

/// Positive if it goes to the right from `a` over `b` to `c`, with y downwards.
fn cross(a: &Point, b: &Point, c: &Point) -> i64 {
    let (x1, y1) = (i64::from(b.x - a.x), i64::from(b.y - a.y));
    let (x2, y2) = (i64::from(c.x - a.x), i64::from(c.y - a.y));
    x1 * y2 - x2 * y1
}

/// An edge, as what `across · x + down · y + start` is not negative on the inner side of, in steps.
struct Edge {
    across: i64,
    down: i64,
    start: i64,
}

impl Edge {
    fn new(from: &Point, to: &Point) -> Self {
        let (x, y) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
        let (across, down) = (-y, x);
        let start = -(across * i64::from(from.x) + down * i64::from(from.y));
        // What lies on an edge belongs to the triangle to the right of it or below, and to one only.
        let is_ours = y < 0 || y == 0 && x > 0;
        Self { across, down, start: start - i64::from(!is_ours) }
    }

    /// The part of `columns` on the inner side.
    fn cut(&self, y: i32, columns: Range<i32>) -> Range<i32> {
        let (steps, middle) = (i64::from(STEPS), i64::from(MIDDLE));
        let at_left =
            self.start + self.down * (i64::from(y) * steps + middle) + self.across * middle;
        let step = self.across * steps;
        // Whole pixels to where it becomes zero; far outside of what an i32 holds it is outside of the columns, too.
        let clamp = |at: i64| at.clamp(columns.start.into(), columns.end.into()) as i32;
        match step {
            0 if at_left < 0 => columns.start..columns.start,
            0 => columns,
            // at_left + step · x >= 0
            1.. => clamp((-at_left + step - 1).div_euclid(step))..columns.end,
            _ => columns.start..clamp(at_left.div_euclid(-step) + 1),
        }
    }
}

/// Red, green, blue, alpha, and the place in the texture, over the whole plane.
struct Course {
    origin: [f32; 6],
    x: f32,
    y: f32,
    /// What a pixel to the right adds, and one below.
    across: [f32; 6],
    down: [f32; 6],
}

impl Course {
    fn new(a: &Point, b: &Point, c: &Point) -> Self {
        let values = |point: &Point| {
            let [red, green, blue, alpha] = point.color.to_array().map(f32::from);
            [red, green, blue, alpha, point.u, point.v]
        };
        let [origin, one, other] = [values(a), values(b), values(c)];
        let pixels = |steps: i32| steps as f32 / STEPS as f32;
        let (x1, y1) = (pixels(b.x - a.x), pixels(b.y - a.y));
        let (x2, y2) = (pixels(c.x - a.x), pixels(c.y - a.y));
        let size = x1 * y2 - x2 * y1;
        let change = |at: usize| (one[at] - origin[at], other[at] - origin[at]);
        let across = std::array::from_fn(|at| {
            let (d1, d2) = change(at);
            (d1 * y2 - d2 * y1) / size
        });
        let down = std::array::from_fn(|at| {
            let (d1, d2) = change(at);
            (d2 * x1 - d1 * x2) / size
        });
        Self { origin, x: pixels(a.x), y: pixels(a.y), across, down }
    }

    fn at(&self, column: i32, row: i32) -> [f32; 6] {
        let (x, y) = (column as f32 + 0.5 - self.x, row as f32 + 0.5 - self.y);
        std::array::from_fn(|at| self.origin[at] + self.across[at] * x + self.down[at] * y)
    }
}
