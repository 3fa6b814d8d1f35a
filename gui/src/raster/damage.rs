//! Which rows of the window look different from the frame before.

use std::ops::Range;

use egui::epaint::{ClippedPrimitive, Mesh, Primitive, Vertex};

use super::grid::Area;

/// So many rows are told apart together.
const BAND: usize = 8;
/// Bands this near to each other are drawn in one go.
const NEAR: usize = 2;

/// What the last frame was made of, band by band: a digest of every shape that reaches into it, in order.
#[derive(Debug, Default)]
pub struct Damage {
    size: (usize, usize),
    bands: Vec<u64>,
    /// Work space: the digests of the frame that is looked at, and of the corners of a mesh.
    next: Vec<u64>,
    corners: Vec<u64>,
}

impl Damage {
    /// Forgets the last frame: all of the next one counts as changed.
    pub fn forget(&mut self) {
        self.bands.clear();
    }

    /// The rows of a frame of `size` pixels that are not as they were in the frame before, from above, with unchanged ones between. Called once a frame.
    pub fn changed(
        &mut self,
        primitives: &[ClippedPrimitive],
        pixels_per_point: f32,
        size: (usize, usize),
    ) -> Vec<Range<usize>> {
        let (width, height) = size;
        self.next.clear();
        self.next.resize(height.div_ceil(BAND), 0);
        let whole = Area { columns: 0..width as i32, rows: 0..height as i32 };
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let area = Area::of_clip(*clip_rect, pixels_per_point, &whole);
            if !area.is_empty() {
                self.digest(mesh, &area, pixels_per_point);
            }
        }
        if self.size != size || self.bands.len() != self.next.len() {
            self.size = size;
            self.bands.clear();
        }
        let mut rows: Vec<Range<usize>> = Vec::new();
        for (band, digest) in self.next.iter().enumerate() {
            if self.bands.get(band) == Some(digest) {
                continue;
            }
            let (start, end) = (band * BAND, ((band + 1) * BAND).min(height));
            match rows.last_mut() {
                Some(last) if start <= last.end + NEAR * BAND => last.end = end,
                _ => rows.push(start..end),
            }
        }
        std::mem::swap(&mut self.bands, &mut self.next);
        rows
    }

    fn digest(&mut self, mesh: &Mesh, area: &Area, scale: f32) {
        let mut seed = mix(0, (area.columns.start as u64) << 32 | area.columns.end as u64);
        seed = mix(seed, (area.rows.start as u64) << 32 | area.rows.end as u64);
        self.corners.clear();
        self.corners.extend(mesh.vertices.iter().map(|vertex| mix(seed, of_vertex(vertex))));
        for triangle in mesh.indices.chunks_exact(3) {
            let (mut digest, mut top, mut bottom) = (seed, f32::INFINITY, f32::NEG_INFINITY);
            for &index in triangle {
                let Some(vertex) = mesh.vertices.get(index as usize) else { continue };
                digest = mix(digest, self.corners[index as usize]);
                top = top.min(vertex.pos.y);
                bottom = bottom.max(vertex.pos.y);
            }
            // Saturates. A soft edge is part of the mesh.
            let first = ((top * scale).floor() as i32).max(area.rows.start);
            let last = ((bottom * scale).ceil() as i32).min(area.rows.end - 1);
            if first <= last {
                for band in &mut self.next[first as usize / BAND..=last as usize / BAND] {
                    *band = mix(*band, digest);
                }
            }
        }
    }
}

fn of_vertex(vertex: &Vertex) -> u64 {
    let pair = |x: f32, y: f32| u64::from(x.to_bits()) << 32 | u64::from(y.to_bits());
    let color = u32::from_le_bytes(vertex.color.to_array());
    let place = mix(color.into(), pair(vertex.pos.x, vertex.pos.y));
    mix(place, pair(vertex.uv.x, vertex.uv.y))
}

/// One word more in a digest. Not for those who mean harm: they would only keep their own words from being drawn.
fn mix(digest: u64, word: u64) -> u64 {
    let product = u128::from(digest.rotate_left(23) ^ word) * u128::from(0x9e37_79b9_7f4a_7c15_u64);
    (product >> 64) as u64 ^ product as u64 ^ 0x5ced_c835
}
