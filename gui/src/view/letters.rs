//! Letters where they belong. egui has one picture of each letter, for whole pixels, and rounds what each takes to whole pixels, so that letters and words stand
//! now too near and now too far. Text that is laid out here has each letter at the sum of the widths before it, drawn from one of four pictures, to an eighth of a pixel.
//!
//! What egui has laid out by itself, on buttons and in questions, keeps its width, over which its letters are spread evenly.
//!
//! The pictures are put beside those of egui, into its texture, and drawn as egui draws its own. Letters of the fonts that stand in for the first of a family stay on whole pixels.

mod pictures;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use egui::emath::GuiRounding;
use egui::epaint::text::{Fonts, Glyph, LayoutJob, Row};
use egui::epaint::{ClippedShape, Vertex};
use egui::mutex::Mutex;
use egui::{Context, Galley, Id, Rect, Shape, TextureId, TexturesDelta, pos2};

use pictures::{Letter, Pictures, STEPS};

/// A text that is wider than egui has counted is laid out anew, narrower by that, so often at most.
const TRIES: usize = 4;
/// What egui rounds sizes to, in points, is less.
const TOLERANCE: f32 = 0.05;
/// A text that was not laid out for so many runs of egui is forgotten, whether they are drawn or not.
const KEPT: u64 = 8;

/// Lays out a text as wide as the job says, at most.
pub(super) fn lay_out(context: &Context, job: LayoutJob) -> Arc<Galley> {
    let shared = Shared::of(context);
    let mut letters = shared.0.lock();
    letters.begin(context);
    let most = job.wrap.max_width;
    let mut galley = context.fonts(|fonts| fonts.layout_job(job));
    for _ in 1..TRIES {
        let placed = letters.placed(context, &galley, Width::OfLetters);
        let over = placed.rect.width() - most;
        if over <= TOLERANCE {
            return placed;
        }
        let mut narrower = (*galley.job).clone();
        narrower.wrap.max_width = (narrower.wrap.max_width - over.ceil()).max(0.0);
        galley = context.fonts(|fonts| fonts.layout_job(narrower));
    }
    letters.placed(context, &galley, Width::OfLetters)
}

/// Spreads the letters of all other texts evenly, too. Between a run of egui and the drawing of what it has made: new pictures are added to `textures`.
pub fn spread(context: &Context, shapes: &mut [ClippedShape], textures: &mut TexturesDelta) {
    let shared = Shared::of(context);
    let mut letters = shared.0.lock();
    letters.begin(context);
    for shape in shapes {
        letters.spread(context, &mut shape.shape);
    }
    letters.end();
    if let Some(delta) = context.fonts(Fonts::font_image_delta) {
        textures.set.push((TextureId::default(), delta));
    }
}

/// What egui keeps for us between frames.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Letters>>);

impl Shared {
    fn of(context: &Context) -> Self {
        context.data_mut(|data| data.get_temp_mut_or_default::<Self>(Id::NULL).clone())
    }
}

/// The texts that were laid out, and what they are drawn with.
#[derive(Default)]
struct Letters {
    pictures: Pictures,
    /// By the address of what egui has laid out, which no other comes to have as long as it is known here.
    texts: HashMap<(usize, Width), Text>,
    /// The run of egui, and what it was when a frame was last drawn.
    pass: u64,
    drawn: u64,
}

/// How wide a text becomes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Width {
    /// What its letters take.
    OfLetters,
    /// What egui has counted with.
    OfEgui,
}

struct Text {
    laid_out: Weak<Galley>,
    placed: Arc<Galley>,
    /// The run of egui in which it was last asked for.
    used: u64,
}

impl Letters {
    /// Forgets what is of no use any more.
    fn begin(&mut self, context: &Context) {
        let (pass, atlas) = (context.cumulative_pass_nr(), context.fonts(Fonts::texture_atlas));
        if !self.pictures.are_in(&atlas) {
            *self = Self { pictures: Pictures::new(atlas), ..Self::default() };
        }
        if std::mem::replace(&mut self.pass, pass) != pass {
            self.texts.retain(|_, text| text.used + KEPT >= pass);
        }
    }

    /// Forgets what is neither in this frame nor in the one before: in a flood of lines, one frame after the other shows others.
    fn end(&mut self) {
        let before = std::mem::replace(&mut self.drawn, self.pass);
        self.texts.retain(|_, text| text.used >= before && text.laid_out.strong_count() > 0);
    }

    fn spread(&mut self, context: &Context, shape: &mut Shape) {
        match shape {
            Shape::Text(text) => {
                text.galley = self.placed(context, &text.galley, Width::OfEgui);
            }
            Shape::Vec(shapes) => {
                shapes.iter_mut().for_each(|shape| self.spread(context, shape));
            }
            _ => {}
        }
    }

    /// What egui has laid out, with each letter where it belongs.
    fn placed(&mut self, context: &Context, laid_out: &Arc<Galley>, width: Width) -> Arc<Galley> {
        let address = |galley: &Arc<Galley>| Arc::as_ptr(galley) as usize;
        let used = self.pass;
        if let Some(text) = self.texts.get_mut(&(address(laid_out), width)) {
            text.used = used;
            return Arc::clone(&text.placed);
        }
        let placed = Arc::new(context.fonts(|fonts| self.place(fonts, laid_out, width)));
        let mut keep = |laid_out: &Arc<Galley>, width| {
            let (key, laid_out) = ((address(laid_out), width), Arc::downgrade(laid_out));
            self.texts.insert(key, Text { laid_out, placed: Arc::clone(&placed), used });
        };
        keep(laid_out, width);
        // There is nothing left to be spread.
        keep(&placed, Width::OfEgui);
        placed
    }

    fn place(&mut self, fonts: &Fonts, laid_out: &Galley, width: Width) -> Galley {
        let mut galley = laid_out.clone();
        galley.mesh_bounds = Rect::NOTHING;
        let mut right: f32 = 0.0;
        for row in &mut galley.rows {
            self.place_row(fonts, row, laid_out, width);
            row.visuals.mesh_bounds = row.visuals.mesh.calc_bounds();
            galley.mesh_bounds = galley.mesh_bounds.union(row.visuals.mesh_bounds);
            right = right.max(row.rect.right());
        }
        if width == Width::OfLetters {
            galley.rect.max.x = right.round_ui();
        }
        galley
    }

    fn place_row(&mut self, fonts: &Fonts, row: &mut Row, galley: &Galley, width: Width) {
        let (Some(first), Some(last)) = (row.glyphs.first(), row.glyphs.last()) else { return };
        let (start, scale) = (first.pos.x, galley.pixels_per_point);
        let (letters, taken) = self.letters(fonts, row, &galley.job, scale);
        let factor = match width {
            Width::OfEgui if taken > 0.0 => (last.max_x() - start) / taken,
            _ => 1.0,
        };
        let drawn = row.visuals.glyph_vertex_range.clone();
        let (before, others) = row.visuals.mesh.vertices.split_at_mut(drawn.start);
        let (quads, after) = others.split_at_mut(drawn.len());
        let mut quads = quads.chunks_exact_mut(4);
        // Where letters begin and end, and how far that has moved.
        let mut moves = Vec::with_capacity(2 * row.glyphs.len());
        for (glyph, (offset, letter)) in row.glyphs.iter_mut().zip(letters) {
            let old = std::mem::replace(&mut glyph.pos.x, start + offset * factor);
            moves.push((old, glyph.pos.x - old));
            moves.push((old + glyph.advance_width, glyph.pos.x - old));
            if !glyph.uv_rect.is_nothing()
                && let Some(quad) = quads.next()
            {
                self.place_quad(quad, glyph, letter, scale);
            }
        }
        if width == Width::OfLetters {
            row.rect.max.x = start + taken;
        }
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

    /// How far behind the first each letter of a row belongs, and what all of them take.
    fn letters(
        &mut self,
        fonts: &Fonts,
        row: &Row,
        job: &LayoutJob,
        scale: f32,
    ) -> (Vec<(f32, Option<Letter>)>, f32) {
        let mut x = 0.0;
        let mut last: Option<(u32, Option<Letter>)> = None;
        let letters = row.glyphs.iter().map(|glyph| {
            let letter = self.pictures.letter(fonts, glyph, job, scale);
            let section = &job.sections[glyph.section_index as usize];
            x += match last {
                None => 0.0,
                Some((number, _)) if number != glyph.section_index => section.leading_space,
                Some((_, last)) => {
                    let kerning =
                        last.zip(letter).map_or(0.0, |(one, two)| self.pictures.kerning(one, two));
                    section.format.extra_letter_spacing + kerning / scale
                }
            };
            last = Some((glyph.section_index, letter));
            let offset = x;
            x += glyph.advance_width;
            (offset, letter)
        });
        let letters = letters.collect();
        (letters, x)
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
        match picture.and_then(|letter| self.pictures.picture(letter, step, glyph, scale)) {
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
    fn what_egui_has_laid_out_keeps_its_width_and_is_spread_evenly_once() {
        let context = context();
        let (text, mut textures) = ("till it is illicit", TexturesDelta::default());
        let mut output = context.run(RawInput::default(), |context| {
            egui::CentralPanel::default().show(context, |ui| ui.label(text));
        });
        let shown = |shapes: &[ClippedShape]| {
            let mut texts = shapes.iter().filter_map(|shape| match &shape.shape {
                Shape::Text(text) => Some(Arc::clone(&text.galley)),
                _ => None,
            });
            texts.next_back().unwrap()
        };
        let before = shown(&output.shapes);
        spread(&context, &mut output.shapes, &mut textures);
        let after = shown(&output.shapes);
        assert!(!Arc::ptr_eq(&before, &after) && textures.set.len() == 1);
        assert_eq!(before.rect, after.rect);
        let glyphs = &after.rows[0].glyphs;
        let taken = glyphs.iter().map(|glyph| glyph.advance_width).sum::<f32>();
        let factor = after.rows[0].rect.width() / taken;
        for pair in glyphs.windows(2) {
            let step = pair[1].pos.x - pair[0].pos.x;
            assert!((step - factor * pair[0].advance_width).abs() < 0.06, "{step}");
        }
        spread(&context, &mut output.shapes, &mut textures);
        assert!(Arc::ptr_eq(&after, &shown(&output.shapes)) && textures.set.len() == 1);
    }

    #[test]
    fn what_is_shown_again_is_not_laid_out_again_and_what_is_not_is_forgotten() {
        let context = context();
        let galley = lay_out(&context, job("tea", f32::INFINITY));
        assert!(Arc::ptr_eq(&galley, &lay_out(&context, job("tea", f32::INFINITY))));
        let held = Arc::downgrade(&galley);
        drop(galley);
        for _ in 0..2 * KEPT {
            let _ =
                context.run(RawInput::default(), |_| drop(lay_out(&context, job("cake", 90.0))));
        }
        assert!(held.upgrade().is_none());
    }
}
