//! Draws what egui has tessellated without a graphics card: triangles into rows of pixels.
//!
//! A shell runs egui, asks [`Damage`] which rows look different from before, and has [`Raster`] draw those into memory that it then shows. Nearly
//! everything that a window of text consists of are rectangles: grounds of one colour, and glyphs that lie on whole pixels. Pairs of triangles that
//! make such a rectangle are filled or copied (`rectangle`); all others, the round corners and soft edges, go row by row through
//! `triangle`. Which pixels belong to a shape, and how they are blended, follows what OpenGL does, so that both shells show the same.

mod blend;
mod damage;
mod grid;
mod rectangle;
mod texture;
mod triangle;

use std::collections::HashMap;
use std::ops::Range;

use egui::epaint::{ClippedPrimitive, Mesh, Primitive};
use egui::{Color32, TextureId, TexturesDelta};

pub use damage::Damage;
use grid::{Area, Point};
use texture::Texture;

/// The pixels of a window, by rows: blue in the lowest byte, then green and red. The highest byte is 255.
#[derive(Debug)]
pub struct Canvas<'a> {
    pixels: &'a mut [u32],
    width: usize,
}

impl<'a> Canvas<'a> {
    /// Takes `pixels` as rows of `width`; what is left over behind the last whole row is not touched.
    pub fn new(pixels: &'a mut [u32], width: usize) -> Self {
        Self { pixels, width }
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.pixels.len().checked_div(self.width).unwrap_or(0)
    }

    /// The pixels of a row from `columns.start` to before `columns.end`. Both have to be inside.
    fn row(&mut self, y: i32, columns: Range<i32>) -> &mut [u32] {
        let row = y as usize * self.width;
        &mut self.pixels[row + columns.start as usize..row + columns.end as usize]
    }
}

/// What is drawn with: the pictures that egui has given, which are those of its letters.
#[derive(Debug, Default)]
pub struct Raster {
    textures: HashMap<TextureId, Texture>,
}

impl Raster {
    /// Takes in what egui has changed about its pictures. Before [`paint`](Self::paint), with every change there was, in order.
    /// Returns whether what was drawn before may look different now.
    ///
    /// egui calls a picture of letters a font image. The view shows no other kind, so pictures in colour are not kept, and shapes filled with them
    /// are left out.
    pub fn update(&mut self, delta: &TexturesDelta) -> bool {
        let mut replaced = false;
        for (id, change) in &delta.set {
            match (&change.image, change.pos) {
                (egui::ImageData::Color(_), _) => {
                    tracing::debug!(?id, "pictures in colour are not shown");
                }
                (egui::ImageData::Font(image), None) => {
                    self.textures.insert(*id, Texture::new(image));
                    replaced = true;
                }
                // Letters are added where nothing was.
                (egui::ImageData::Font(image), Some(at)) => {
                    if let Some(texture) = self.textures.get_mut(id) {
                        texture.update(image, at);
                    }
                }
            }
        }
        for id in &delta.free {
            self.textures.remove(id);
        }
        replaced
    }

    /// Draws the part of `primitives` that falls into `rows`, on `ground`. What is outside of the canvas, or has no finite place, is left out.
    pub fn paint(
        &self,
        canvas: &mut Canvas<'_>,
        rows: Range<usize>,
        ground: Color32,
        primitives: &[ClippedPrimitive],
        pixels_per_point: f32,
    ) {
        let rows = rows.start as i32..rows.end.min(canvas.height()) as i32;
        let whole = Area { columns: 0..canvas.width as i32, rows };
        for y in whole.rows.clone() {
            canvas.row(y, whole.columns.clone()).fill(blend::opaque(ground));
        }
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let area = Area::of_clip(*clip_rect, pixels_per_point, &whole);
            let Primitive::Mesh(mesh) = primitive else { continue };
            if let Some(texture) = self.textures.get(&mesh.texture_id).filter(|_| !area.is_empty())
            {
                paint_mesh(canvas, &area, mesh, texture, pixels_per_point);
            }
        }
    }
}

fn paint_mesh(canvas: &mut Canvas<'_>, area: &Area, mesh: &Mesh, texture: &Texture, scale: f32) {
    let mut rest = mesh.indices.as_slice();
    let corner = |index: u32| {
        let vertex = mesh.vertices.get(index as usize)?;
        Point::new(vertex, scale, texture)
    };
    let triangle = |indices: &[u32]| match *indices {
        [one, two, three, ..] => Some([corner(one)?, corner(two)?, corner(three)?]),
        _ => None,
    };
    while rest.len() >= 3 {
        let first = triangle(rest);
        let second = triangle(&rest[3..]);
        if let (Some(first), Some(second)) = (&first, &second)
            && let Some(rectangle) = rectangle::Rectangle::of(first, second)
        {
            rectangle.paint(canvas, area, texture);
            rest = &rest[6..];
            continue;
        }
        if let Some(first) = &first {
            triangle::paint(canvas, area, first, texture);
        }
        rest = &rest[3..];
    }
}

#[cfg(test)]
mod tests;
