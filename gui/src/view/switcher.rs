//! Ctrl+K: to a conversation, to a person, into a room, by typing a part of its name.

use egui::{Align, Context, Key, Layout, Modifiers, RichText, TextEdit};

use super::dialog;
use super::theme::Palette;
use crate::model::text::fold;
use crate::model::{Action, Model};

/// How many are offered.
const OFFERED: usize = 10;

/// What is typed into it.
#[derive(Debug, Default)]
pub(super) struct Switcher {
    typed: String,
    chosen: usize,
}

impl Switcher {
    /// Shows it. Returns whether the person is done with it.
    pub(super) fn show(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) -> bool {
        let pressed = |key| context.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = self.typed.clone();
        let (down, up, enter) =
            (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter));
        let mut done = None;
        let (beside, ()) = dialog::show(context, "switcher", 340.0, |ui, _| {
            let label = ui.label(RichText::new("Go to").small().color(palette.dim));
            let edit = TextEdit::singleline(&mut self.typed)
                .hint_text("room or person")
                .desired_width(f32::INFINITY);
            ui.add(edit).labelled_by(label.id).request_focus();
            let offers = self.offers(model);
            let count = offers.len().max(1);
            if self.typed != before {
                self.chosen = 0;
            }
            self.chosen =
                (self.chosen + usize::from(down) + if up { count - 1 } else { 0 }) % count;
            for (index, (text, action)) in offers.into_iter().enumerate() {
                let is_chosen = index == self.chosen;
                let color = if is_chosen { palette.on_selection } else { palette.text };
                let text = RichText::new(text).color(color);
                let row = Layout::top_down_justified(Align::LEFT);
                let button = ui
                    .with_layout(row, |ui| ui.add(egui::SelectableLabel::new(is_chosen, text)))
                    .inner;
                if button.clicked() || enter && is_chosen {
                    done = Some(action);
                }
            }
        });
        let is_done = done.is_some() || beside;
        actions.extend(done);
        is_done
    }

    fn offers(&self, model: &Model) -> Vec<(String, Action)> {
        let wanted = fold(self.typed.trim().trim_start_matches('#'));
        let mut offers = Vec::new();
        for conversation in model.conversations() {
            if fold(conversation.title()).contains(&wanted) {
                let sign = if conversation.room().is_some() { "# " } else { "" };
                let text = format!("{sign}{}", conversation.title());
                offers.push((text, Action::Show(conversation.id())));
            }
        }
        if wanted.is_empty() {
            offers.truncate(OFFERED);
            return offers;
        }
        if let Some(active) = model.active() {
            let people = active.members().filter(|name| {
                Some(*name) != model.name() && fold(name.as_str()).contains(&wanted)
            });
            let people = people.take(OFFERED);
            offers.extend(
                people.map(|name| (format!("Talk to {name}"), Action::Talk(name.to_string()))),
            );
        }
        offers.truncate(OFFERED);
        let is_known = model
            .conversations()
            .iter()
            .filter_map(|conversation| conversation.room())
            .any(|room| fold(room.as_str()) == wanted);
        if !is_known {
            let room = self.typed.trim().trim_start_matches('#').to_owned();
            offers.push((format!("Join room {room}"), Action::Join(room)));
        }
        // Those that there are, where the server was asked.
        let is_open = |room: &str| model.conversations().iter().any(|open| open.title() == room);
        let rooms = model.rooms().unwrap_or_default().iter().map(|room| room.room.as_str());
        let rooms = rooms
            .filter(|room| fold(room).contains(&wanted) && fold(room) != wanted && !is_open(room));
        offers.extend(
            rooms
                .take(OFFERED / 2)
                .map(|room| (format!("Join room {room}"), Action::Join(room.to_owned()))),
        );
        offers
    }
}
