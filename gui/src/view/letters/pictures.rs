//! The pictures of letters between whole pixels, in the texture that egui has its own in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ab_glyph::{Font, FontArc, FontRef, GlyphId, ScaleFont, point};
use egui::FontFamily;
use egui::epaint::TextureAtlas;
use egui::epaint::text::{Fonts, Glyph, LayoutJob};
use egui::mutex::Mutex;

/// Pictures of a letter, each a fraction of a pixel further right. That at no fraction is egui's.
pub(super) const STEPS: i64 = 4;
/// From here on what is left of the texture is egui's: it begins anew when little is left, and whoever writes every letter there is would have it do so each frame.
const MOST_FILLED: f32 = 0.5;

/// See the module.
#[derive(Default)]
pub(super) struct Pictures {
    /// Where they are. egui takes another when its own is full, or letters have another size.
    atlas: Option<Arc<Mutex<TextureAtlas>>>,
    /// The first font of each family that was asked for.
    fonts: Vec<(FontFamily, Option<FontArc>)>,
    /// `None` for letters that egui draws otherwise than we would, and that there is no room for.
    pictures: HashMap<(Letter, i64), Option<Picture>>,
}

/// A letter of a font in a size.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Letter {
    /// Which of the fonts.
    font: usize,
    id: GlyphId,
    /// How high the font is, in pixels.
    size: u32,
}

/// A letter in the texture, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Picture {
    /// How far right of where the letter stands it begins.
    pub(super) left: f32,
    pub(super) min: [u16; 2],
    pub(super) max: [u16; 2],
}

impl Pictures {
    pub(super) fn new(atlas: Arc<Mutex<TextureAtlas>>) -> Self {
        Self { atlas: Some(atlas), ..Self::default() }
    }

    pub(super) fn are_in(&self, atlas: &Arc<Mutex<TextureAtlas>>) -> bool {
        self.atlas.as_ref().is_some_and(|known| Arc::ptr_eq(known, atlas))
    }

    /// Which letter of which font egui has drawn, where we can draw the same.
    pub(super) fn letter(
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
    pub(super) fn kerning(&self, one: Letter, other: Letter) -> f32 {
        let font = self.fonts[one.font].1.as_ref().filter(|_| one.font == other.font);
        font.map_or(0.0, |font| font.as_scaled(one.size as f32).kern(one.id, other.id))
    }

    /// The picture of a letter that stands so many steps right of a whole pixel.
    pub(super) fn picture(
        &mut self,
        letter: Letter,
        step: i64,
        like: &Glyph,
        scale: f32,
    ) -> Option<Picture> {
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
        if atlas.fill_ratio() > MOST_FILLED {
            return None;
        }
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
