//! What lies over the rest until it is answered: all dialogs look alike, with room around, and no larger than the window.

use egui::{Context, Id, Margin, ScrollArea, Ui};

/// Room between the edge of a dialog and what stands in it.
const MARGIN: i8 = 18;

/// Shows a dialog, no wider than `width`. `add` is told whether this is its first frame, in which something in it takes the keyboard. Returns whether the person
/// clicked beside it, and what `add` returned.
pub(super) fn show<R>(
    context: &Context,
    name: &str,
    width: f32,
    add: impl FnOnce(&mut Ui, bool) -> R,
) -> (bool, R) {
    let id = Id::new(("dialog", name));
    let pass = context.cumulative_pass_nr();
    let last = context.data_mut(|data| {
        let last = data.get_temp::<u64>(id);
        data.insert_temp(id, pass);
        last
    });
    let is_new = last.is_none_or(|last| last + 1 < pass);
    if is_new {
        // What has the keyboard is seen from the next frame on.
        context.request_repaint();
    }
    let screen = context.screen_rect();
    let frame = egui::Frame::window(&context.style()).inner_margin(Margin::same(MARGIN));
    let around = 2.0 * f32::from(MARGIN) + 16.0;
    let modal = egui::Modal::new(id).frame(frame).show(context, |ui| {
        ui.set_width(width.min(screen.width() - around).max(60.0));
        ui.spacing_mut().item_spacing.y = 8.0;
        let height = (screen.height() - around).max(60.0);
        ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .show(ui, |ui| add(ui, is_new))
            .inner
    });
    (modal.backdrop_response.clicked(), modal.inner)
}

/// The buttons at the end of a dialog, the one for what is meant first.
pub(super) fn buttons<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(6.0);
    ui.horizontal_wrapped(add).inner
}
