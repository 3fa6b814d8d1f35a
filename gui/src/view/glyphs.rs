//! Which of the characters that are drawn no font has a picture for.

use std::collections::HashSet;

use egui::Context;

use super::theme::body;

/// Which characters were met, and for which of them there is no picture.
#[derive(Debug, Default)]
pub(super) struct Glyphs {
    known: HashSet<char>,
    missing: Vec<char>,
}

impl Glyphs {
    /// Looks at what is about to be drawn.
    pub(super) fn look_at(&mut self, context: &Context, text: &str) {
        for c in text.chars().filter(|c| !c.is_ascii()) {
            if self.known.insert(c) && !context.fonts(|fonts| fonts.has_glyph(&body(), c)) {
                self.missing.push(c);
            }
        }
    }

    /// Those without a picture that were met since this was last called.
    pub(super) fn take_missing(&mut self) -> Vec<char> {
        std::mem::take(&mut self.missing)
    }
}
