//! The rooms of the server, to be joined by a click.

use egui::{Align, Context, Label, Layout, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use super::View;
use super::bidi;
use super::dialog;
use super::theme::Palette;
use crate::model::text::fold;
use crate::model::{Action, Conversation, Model};

impl View {
    pub(super) fn open_room_list(&mut self, actions: &mut Vec<Action>) {
        self.room_list = Some(String::new());
        actions.push(Action::AskRooms);
    }

    pub(super) fn room_list(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some(filter) = &mut self.room_list else { return };
        let (beside, done) = dialog::show(context, "rooms", 460.0, |ui, is_new| {
            ui.heading("Rooms");
            let label = ui.label(RichText::new("Filter").small().color(palette.dim));
            let edit = TextEdit::singleline(filter).hint_text("a part of a name or topic");
            let edit = ui.add(edit.desired_width(f32::INFINITY)).labelled_by(label.id);
            if is_new {
                edit.request_focus();
            }
            let chosen = offers(ui, model, filter, palette);
            let is_chosen = chosen.is_some();
            actions.extend(chosen);
            dialog::buttons(ui, |ui| {
                if ui.button("Ask again").clicked() {
                    actions.push(Action::AskRooms);
                }
                is_chosen | ui.button("Close").clicked()
            })
        });
        if beside || done {
            self.room_list = None;
        }
    }
}

fn offers(ui: &mut Ui, model: &Model, filter: &str, palette: &Palette) -> Option<Action> {
    let Some(rooms) = model.rooms() else {
        ui.label(RichText::new("Asking the server …").color(palette.dim));
        return None;
    };
    let wanted = fold(filter.trim().trim_start_matches('#'));
    let fits = |text: &str| fold(text).contains(&wanted);
    let rooms: Vec<_> =
        rooms.iter().filter(|room| fits(room.room.as_str()) || fits(&room.topic)).collect();
    if rooms.is_empty() {
        ui.label(RichText::new("No room fits").color(palette.dim));
    }
    let mut chosen = None;
    let height = (ui.ctx().screen_rect().height() - 260.0).clamp(60.0, 320.0);
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show_rows(
        ui,
        30.0,
        rooms.len(),
        |ui, range| {
            for room in &rooms[range] {
                let name = room.room.as_str();
                let size = vec2(ui.available_width(), 30.0);
                let (rect, response) = ui.allocate_exact_size(size, Sense::click());
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(
                        egui::WidgetType::Button,
                        true,
                        format!("Join {name}"),
                    )
                });
                if response.hovered() || response.has_focus() {
                    ui.painter().rect_filled(rect, 6.0, palette.field);
                }
                let inside = rect.shrink2(vec2(8.0, 0.0));
                let layout = Layout::right_to_left(Align::Center);
                let mut row = ui.new_child(egui::UiBuilder::new().max_rect(inside).layout(layout));
                let people = RichText::new(room.members.to_string()).small().color(palette.dim);
                row.label(people);
                row.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(format!("# {}", bidi::line(name)));
                    ui.add(Label::new(title.color(palette.text)).truncate());
                    let topic = RichText::new(bidi::line(&room.topic)).small().color(palette.dim);
                    ui.add(Label::new(topic).truncate());
                });
                if response.clicked() {
                    let is_it = |open: &&Conversation| {
                        open.is_open() && open.room().is_some_and(|room| room.as_str() == name)
                    };
                    let open = model.conversations().iter().find(is_it);
                    chosen = Some(match open {
                        Some(open) => Action::Show(open.id()),
                        None => Action::Join(name.to_owned()),
                    });
                }
            }
        },
    );
    chosen
}
