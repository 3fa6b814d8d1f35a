//! Menus that a click with the other button opens.

use egui::{Context, Id, Response, Ui};

fn id() -> Id {
    Id::new("a menu is open")
}

/// Gives something a menu, which closes when something in it was chosen, and at Escape.
pub(super) fn of(response: &Response, add: impl FnOnce(&mut Ui)) {
    response.context_menu(|ui| {
        // Esc is for the menu then, and for nothing behind it.
        ui.data_mut(|data| data.insert_temp(id(), true));
        ui.set_min_width(150.0);
        add(ui);
    });
}

/// Whether one was open in the last frame.
pub(super) fn was_open(context: &Context) -> bool {
    context.data_mut(|data| data.remove_temp::<bool>(id())).unwrap_or_default()
}

/// One thing that can be chosen; the menu closes then.
pub(super) fn item(ui: &mut Ui, text: &str) -> bool {
    let is_chosen = ui.button(text).clicked();
    if is_chosen {
        ui.close_menu();
    }
    is_chosen
}
