//! How the window looks: draws the [`Model`] with egui and says what the person wants.

use crate::model::{Action, Model};

/// What the view keeps for itself between frames.
#[derive(Debug, Default)]
pub struct View {
    scale: f32,
}

impl View {
    /// A view of nothing yet.
    pub fn new() -> Self {
        Self { scale: 1.0 }
    }

    /// What the screen wants everything to be multiplied with; the person's zoom comes on top.
    pub fn set_scale(&mut self, scale: f32) {
        self.scale = scale;
    }

    /// Draws one frame, and returns what the person did in it.
    pub fn show(&mut self, _context: &egui::Context, _model: &Model) -> Vec<Action> {
        Vec::new()
    }
}
