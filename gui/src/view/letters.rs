//! Letters where they belong. egui has one picture of each letter, for whole pixels, and rounds what each takes to whole pixels, so that letters and words stand
//! now too near and now too far. Text that is laid out here has each letter at the sum of the widths before it, drawn from one of four pictures, to an eighth of a pixel.
//!
//! The pictures are put beside those of egui, into its texture, and drawn as egui draws its own. Letters of the fonts that stand in for the first of a family stay on whole pixels.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ab_glyph::{Font, FontArc, FontRef, GlyphId, ScaleFont, point};
use egui::emath::GuiRounding;
use egui::epaint::text::{Fonts, Glyph, LayoutJob, Row};
use egui::epaint::{TextureAtlas, Vertex};
use egui::mutex::Mutex;
use egui::{Context, FontFamily, Galley, Id, Rect, pos2};

/// Pictures of a letter, each a fraction of a pixel further right.
const STEPS: i64 = 4;
/// A text that is wider than egui has counted is laid out anew, narrower by that, so often at most.
const TRIES: usize = 4;
/// What egui rounds sizes to, in points, is less.
const TOLERANCE: f32 = 0.05;

/// Lays out a text as wide as the job says, at most.
pub(super) fn lay_out(context: &Context, job: LayoutJob) -> Arc<Galley> {
    let letters = context.data_mut(|data| data.get_temp_mut_or_default::<Shared>(Id::NULL).clone());
    let mut letters = letters.0.lock();
    let (pass, most) = (context.cumulative_pass_nr(), job.wrap.max_width);
    let (mut galley, atlas) = context.fonts(|fonts| (fonts.layout_job(job), fonts.texture_atlas()));
    letters.begin(pass, atlas);
    for _ in 1..TRIES {
        let placed = letters.placed(context, &galley);
        let over = placed.rect.width() - most;
        if over <= TOLERANCE {
            return placed;
        }
        let mut narrower = (*galley.job).clone();
        narrower.wrap.max_width = (narrower.wrap.max_width - over.ceil()).max(0.0);
        galley = context.fonts(|fonts| fonts.layout_job(narrower));
    }
    letters.placed(context, &galley)
}

/// What egui keeps for us between frames.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Letters>>);

/// The pictures that were made, and the texts that were laid out with them.
#[derive(Default)]
struct Letters {
    /// Where the pictures are. egui takes another when its own is full, or letters have another size.
    atlas: Option<Arc<Mutex<TextureAtlas>>>,
    /// The first font of each family that was asked for.
    fonts: Vec<(FontFamily, Option<FontArc>)>,
    /// `None` for letters that egui draws otherwise than we would.
    pictures: HashMap<(Letter, i64), Option<Picture>>,
    /// By the address of what egui has laid out, which is held, so that no other comes to have it.
    texts: HashMap<usize, Text>,
    pass: u64,
}

struct Text {
    _laid_out: Arc<Galley>,
    placed: Arc<Galley>,
    /// The run of egui in which it was last asked for.
    used: u64,
}

/// A letter of a font in a size.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Letter {
    /// Which of the fonts.
    font: usize,
    id: GlyphId,
    /// How high the font is, in pixels.
    size: u32,
}

/// A letter in the texture, in pixels.
#[derive(Clone, Copy)]
struct Picture {
    /// How far right of where the letter stands it begins.
    left: f32,
    min: [u16; 2],
    max: [u16; 2],
}

impl Letters {
    /// Forgets what is of no use any more.
    fn begin(&mut self, pass: u64, atlas: Arc<Mutex<TextureAtlas>>) {
        if !self.atlas.as_ref().is_some_and(|known| Arc::ptr_eq(known, &atlas)) {
            *self = Self { atlas: Some(atlas), ..Self::default() };
        }
        if self.pass != pass {
            let last = std::mem::replace(&mut self.pass, pass);
            self.texts.retain(|_, text| text.used >= last);
        }
    }

    /// What egui has laid out, with each letter where it belongs.
    fn placed(&mut self, context: &Context, laid_out: &Arc<Galley>) -> Arc<Galley> {
        let (address, used) = (Arc::as_ptr(laid_out) as usize, self.pass);
        if let Some(text) = self.texts.get_mut(&address) {
            text.used = used;
            return Arc::clone(&text.placed);
        }
        let placed = Arc::new(context.fonts(|fonts| self.place(fonts, laid_out)));
        let text = Text { _laid_out: Arc::clone(laid_out), placed: Arc::clone(&placed), used };
        self.texts.insert(address, text);
        placed
    }

    fn place(&mut self, fonts: &Fonts, laid_out: &Galley) -> Galley {
        let mut galley = laid_out.clone();
        galley.mesh_bounds = Rect::NOTHING;
        let mut right: f32 = 0.0;
        for row in &mut galley.rows {
            self.place_row(fonts, row, &laid_out.job, laid_out.pixels_per_point);
            row.visuals.mesh_bounds = row.visuals.mesh.calc_bounds();
            galley.mesh_bounds = galley.mesh_bounds.union(row.visuals.mesh_bounds);
            right = right.max(row.rect.right());
        }
        galley.rect.max.x = right.round_ui();
        galley
    }

    fn place_row(&mut self, fonts: &Fonts, row: &mut Row, job: &LayoutJob, scale: f32) {
        let Some(mut x) = row.glyphs.first().map(|glyph| glyph.pos.x) else { return };
        let drawn = row.visuals.glyph_vertex_range.clone();
        let (before, others) = row.visuals.mesh.vertices.split_at_mut(drawn.start);
        let (letters, after) = others.split_at_mut(drawn.len());
        let mut quads = letters.chunks_exact_mut(4);
        // Where letters begin and end, and how far that has moved.
        let mut moves = Vec::with_capacity(2 * row.glyphs.len());
        let mut last: Option<(u32, Letter)> = None;
        for glyph in &mut row.glyphs {
            let letter = self.letter(fonts, glyph, job, scale);
            if let (Some((section, one)), Some(other)) = (last, letter)
                && section == glyph.section_index
            {
                x += self.kerning(one, other) / scale;
            }
            last = letter.map(|letter| (glyph.section_index, letter));
            let old = std::mem::replace(&mut glyph.pos.x, x);
            x += glyph.advance_width;
            moves.push((old, glyph.pos.x - old));
            moves.push((old + glyph.advance_width, glyph.pos.x - old));
            if !glyph.uv_rect.is_nothing()
                && let Some(quad) = quads.next()
            {
                self.place_quad(quad, glyph, letter, scale);
            }
        }
        row.rect.max.x = x;
        // Lines below letters and grounds behind them go with the nearest.
        for vertex in before.iter_mut().chain(after) {
            let next = moves.partition_point(|(at, _)| *at < vertex.pos.x);
            let near = moves[next.saturating_sub(1)..].iter().take(2);
            let distance = |(at, _): &&(f32, f32)| (at - vertex.pos.x).abs();
            if let Some((_, by)) =
                near.min_by(|one, other| distance(one).total_cmp(&distance(other)))
            {
                vertex.pos.x += by;
            }
        }
    }

    /// Has four corners show a letter where it belongs.
    fn place_quad(
        &mut self,
        quad: &mut [Vertex],
        glyph: &Glyph,
        letter: Option<Letter>,
        scale: f32,
    ) {
        let steps = (glyph.pos.x * scale * STEPS as f32).round() as i64;
        let (pixel, step) = (steps.div_euclid(STEPS) as f32, steps.rem_euclid(STEPS));
        let picture = letter.filter(|_| step > 0);
        match picture.and_then(|letter| self.picture(letter, step, glyph, scale)) {
            Some(picture) => {
                let left = (pixel + picture.left) / scale;
                let right = left + f32::from(picture.max[0] - picture.min[0]) / scale;
                let [u, v] = picture.min.map(f32::from);
                let [far_u, far_v] = picture.max.map(f32::from);
                for (vertex, (x, uv)) in quad.iter_mut().zip([
                    (left, pos2(u, v)),
                    (right, pos2(far_u, v)),
                    (left, pos2(u, far_v)),
                    (right, pos2(far_u, far_v)),
                ]) {
                    vertex.pos.x = x;
                    vertex.uv = uv;
                }
            }
            None => {
                let whole = (glyph.pos.x * scale).round() / scale;
                let left = ((whole + glyph.uv_rect.offset.x) * scale).round() / scale;
                let by = left - quad[0].pos.x;
                quad.iter_mut().for_each(|vertex| vertex.pos.x += by);
            }
        }
    }

    /// Which letter of which font egui has drawn, where we can draw the same.
    fn letter(
        &mut self,
        fonts: &Fonts,
        glyph: &Glyph,
        job: &LayoutJob,
        scale: f32,
    ) -> Option<Letter> {
        let family = &job.sections[glyph.section_index as usize].format.font_id.family;
        let known = self.fonts.iter().position(|(other, _)| other == family);
        let number = known.unwrap_or_else(|| {
            self.fonts.push((family.clone(), first_font(fonts, family)));
            self.fonts.len() - 1
        });
        let font = self.fonts[number].1.as_ref()?;
        let id = font.glyph_id(glyph.chr);
        let advance = font.h_advance_unscaled(id);
        if id.0 == 0 || advance <= 0.0 {
            return None;
        }
        // egui draws fonts in whole sizes.
        let size = glyph.advance_width * scale * font.height_unscaled() / advance;
        let is_whole = (size - size.round()).abs() < 0.01;
        is_whole.then_some(Letter { font: number, id, size: size.round() as u32 })
    }

    /// What the font has two letters stand nearer by, or further apart, in pixels.
    fn kerning(&self, one: Letter, other: Letter) -> f32 {
        let font = self.fonts[one.font].1.as_ref().filter(|_| one.font == other.font);
        font.map_or(0.0, |font| font.as_scaled(one.size as f32).kern(one.id, other.id))
    }

    /// The picture of a letter that stands so many steps right of a whole pixel.
    fn picture(&mut self, letter: Letter, step: i64, like: &Glyph, scale: f32) -> Option<Picture> {
        if let Some(picture) = self.pictures.get(&(letter, step)) {
            return *picture;
        }
        let picture = self.draw(letter, step, like, scale);
        self.pictures.insert((letter, step), picture);
        picture
    }

    fn draw(&self, letter: Letter, step: i64, like: &Glyph, scale: f32) -> Option<Picture> {
        let font = self.fonts[letter.font].1.as_ref()?;
        let outline = |x| {
            let at = letter.id.with_scale_and_position(letter.size as f32, point(x, 0.0));
            font.outline_glyph(at)
        };
        let (whole, shown) = (outline(0.0)?.px_bounds(), like.uv_rect);
        let is_alike = (whole.min.x - shown.offset.x * scale).abs() < 0.01
            && whole.width() == f32::from(shown.max[0] - shown.min[0])
            && whole.height() == f32::from(shown.max[1] - shown.min[1]);
        let outline = outline(step as f32 / STEPS as f32).filter(|_| is_alike)?;
        let bounds = outline.px_bounds();
        let (width, height) = (bounds.width() as usize, bounds.height() as usize);
        let mut atlas = self.atlas.as_ref()?.lock();
        let ((x, y), image) = atlas.allocate((width, height));
        outline.draw(|right, down, cover| {
            image[(x + right as usize, y + down as usize)] = cover;
        });
        let corner = |x: usize, y: usize| Some([u16::try_from(x).ok()?, u16::try_from(y).ok()?]);
        Some(Picture {
            left: bounds.min.x,
            min: corner(x, y)?,
            max: corner(x + width, y + height)?,
        })
    }
}

/// The font in which a family has its letters, where it is in memory for good.
fn first_font(fonts: &Fonts, family: &FontFamily) -> Option<FontArc> {
    let fonts = fonts.lock();
    let definitions = fonts.fonts.definitions();
    let data = definitions.font_data.get(definitions.families.get(family)?.first()?)?;
    let Cow::Borrowed(bytes) = data.font else { return None };
    FontRef::try_from_slice_and_index(bytes, data.index).ok().map(FontArc::from)
}

#[cfg(test)]
mod tests {
    use egui::text::TextFormat;
    use egui::{Color32, FontId, RawInput, Stroke};

    use super::*;

    fn context() -> Context {
        let context = Context::default();
        let _ = context.run(RawInput::default(), |_| {});
        context
    }

    fn job(text: &str, width: f32) -> LayoutJob {
        LayoutJob::simple(text.into(), FontId::proportional(15.0), Color32::WHITE, width)
    }

    /// Where the ink of each letter has its middle, by what the texture shows.
    fn middles(context: &Context, galley: &Galley) -> Vec<f32> {
        let image = context.fonts(|fonts| fonts.image());
        let quads = galley.rows.iter().flat_map(|row| {
            row.visuals.mesh.vertices[row.visuals.glyph_vertex_range.clone()].chunks_exact(4)
        });
        quads
            .map(|quad| {
                let (min, max) = (quad[0].uv, quad[3].uv);
                let (mut weight, mut sum) = (0.0, 0.0);
                for y in min.y as usize..max.y as usize {
                    for x in min.x as usize..max.x as usize {
                        let cover = image[(x, y)];
                        weight += cover;
                        sum += cover * (x as f32 + 0.5 - min.x);
                    }
                }
                quad[0].pos.x + sum / weight
            })
            .collect()
    }

    #[test]
    fn words_begin_where_the_widths_of_their_letters_have_them_begin() {
        let context = context();
        let (text, font) = ("no no no no no no no no no no no no", FontId::proportional(15.0));
        let width = |text: &str| {
            let width = |c| context.fonts(|fonts| fonts.glyph_width(&font, c));
            text.chars().map(width).sum::<f32>()
        };
        let farthest_off = |galley: &Galley| {
            let starts: Vec<f32> = middles(&context, galley).into_iter().step_by(2).collect();
            assert_eq!(starts.len(), 12);
            let off =
                |(n, start): (usize, &f32)| (start - starts[0] - n as f32 * width("no ")).abs();
            starts.iter().enumerate().map(off).fold(0.0, f32::max)
        };
        let placed = lay_out(&context, job(text, f32::INFINITY));
        // An eighth of a pixel is what four pictures leave, for the first as for each other.
        assert!(farthest_off(&placed) < 0.26, "{}", farthest_off(&placed));
        assert!((placed.rect.width() - width(text)).abs() < 0.1, "{}", placed.rect.width());
        let plain = context.fonts(|fonts| fonts.layout_job(job(text, f32::INFINITY)));
        assert!(farthest_off(&plain) > 0.7, "{}", farthest_off(&plain));
    }

    #[test]
    fn no_row_is_wider_than_it_may_be() {
        let context = context();
        for text in ["l", "i", "m ", "word ", "fi-ll, ", "Ti "] {
            for width in [60.0, 133.0, 500.0] {
                let galley = lay_out(&context, job(&text.repeat(150), width));
                for row in &galley.rows {
                    // A space at the end of a row takes no room.
                    let seen = row.glyphs.iter().filter(|glyph| glyph.chr != ' ');
                    let right = seen.map(Glyph::max_x).fold(0.0, f32::max);
                    assert!(right <= width + 0.1, "{text:?}: {right} in {width}");
                }
            }
        }
    }

    #[test]
    fn letters_of_other_fonts_are_as_egui_draws_them() {
        let context = context();
        let placed = lay_out(&context, job("a 😀 b", f32::INFINITY));
        let row = &placed.rows[0];
        let face = row.glyphs[2].uv_rect;
        let quad = &row.visuals.mesh.vertices[4..8];
        assert_eq!([quad[0].uv.x, quad[0].uv.y], face.min.map(f32::from));
        assert_eq!(quad[0].pos.x.fract(), 0.0);
    }

    #[test]
    fn a_line_below_a_link_is_as_long_as_the_link() {
        let context = context();
        let mut job = job("see ", f32::INFINITY);
        let underline = Stroke::new(1.0, Color32::WHITE);
        let format = TextFormat {
            underline,
            ..TextFormat::simple(FontId::proportional(15.0), Color32::WHITE)
        };
        job.append("http://illicit.example/illicit", 0.0, format);
        let placed = lay_out(&context, job);
        let row = &placed.rows[0];
        let line = &row.visuals.mesh.vertices[row.visuals.glyph_vertex_range.end..];
        let ends = |ends: f32, vertex: &Vertex| ends.max(vertex.pos.x);
        let (right, end) = (line.iter().fold(0.0, ends), row.glyphs[33].max_x());
        assert!(!line.is_empty() && (right - end).abs() < 1.5, "{right} and {end}");
    }

    #[test]
    fn what_is_shown_again_is_not_laid_out_again_and_what_is_not_is_forgotten() {
        let context = context();
        let galley = lay_out(&context, job("tea", f32::INFINITY));
        assert!(Arc::ptr_eq(&galley, &lay_out(&context, job("tea", f32::INFINITY))));
        let held = Arc::downgrade(&galley);
        drop(galley);
        for _ in 0..4 {
            let _ =
                context.run(RawInput::default(), |_| drop(lay_out(&context, job("cake", 90.0))));
        }
        assert!(held.upgrade().is_none());
    }
}
