//! What lies over the rest until it is answered.

use egui::{Context, Grid, RichText};

use super::View;
use super::dialog;
use super::shortcuts::KEYS;
use super::theme::{Palette, primary};
use crate::model::text::link_host;
use crate::model::{Action, Model};

impl View {
    pub(super) fn dialogs(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        if model.is_talking() {
            self.entry.ask_about_paste(context, palette, actions);
            self.confirm_link(context, palette, actions);
            self.room_list(context, model, palette, actions);
            self.moderation(context, palette, actions);
            let is_done = self
                .switcher
                .as_mut()
                .is_some_and(|switcher| switcher.show(context, model, palette, actions));
            if is_done {
                self.switcher = None;
            }
        }
        self.settings(context, model, palette, actions);
        self.keys(context, palette);
        self.explain_privacy(context, model, palette, actions);
        self.ask_whom_to_believe(context, model, palette, actions);
    }

    /// Shows where a link really leads before it is opened.
    fn confirm_link(&mut self, context: &Context, palette: &Palette, actions: &mut Vec<Action>) {
        let Some(link) = self.link.clone() else { return };
        let (beside, done) = dialog::show(context, "link", 460.0, |ui, is_new| {
            ui.label(format!("Open a page of {}?", link_host(&link)));
            ui.add(egui::Label::new(RichText::new(&link).monospace().color(palette.dim)).wrap());
            if link_host(&link).contains('%') {
                let text = "The name of the site has letters that look like others. Be careful.";
                ui.label(RichText::new(text).color(palette.error));
            }
            if link.split('/').nth(2).is_some_and(|authority| authority.contains('@')) {
                let text = "The part before the @ is not the site. Be careful.";
                ui.label(RichText::new(text).color(palette.error));
            }
            dialog::buttons(ui, |ui| {
                let open = ui.add(primary(palette, "Open"));
                if is_new {
                    open.request_focus();
                }
                if open.clicked() {
                    actions.push(Action::OpenLink(link.clone()));
                }
                let copy = ui.button("Copy").clicked();
                if copy {
                    actions.push(Action::Copy(link.clone()));
                }
                open.clicked() | copy | ui.button("Cancel").clicked()
            })
        });
        if beside || done {
            self.link = None;
        }
    }

    fn keys(&mut self, context: &Context, palette: &Palette) {
        if !self.help {
            return;
        }
        let (beside, done) = dialog::show(context, "keys", 520.0, |ui, is_new| {
            ui.heading("Keys");
            Grid::new("all keys").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| {
                for (key, what) in KEYS {
                    ui.label(*key);
                    ui.add(egui::Label::new(RichText::new(*what).color(palette.dim)).wrap());
                    ui.end_row();
                }
            });
            dialog::buttons(ui, |ui| {
                let close = ui.button("Close");
                if is_new {
                    close.request_focus();
                }
                close.clicked()
            })
        });
        if beside || done {
            self.help = false;
        }
    }
}
