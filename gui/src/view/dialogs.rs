//! What lies over the rest until it is answered.

use egui::{Context, Grid, Id, Key, Modifiers, RichText};

use super::View;
use super::shortcuts::KEYS;
use super::talk::other_theme;
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
            let is_done = self
                .switcher
                .as_mut()
                .is_some_and(|switcher| switcher.show(context, model, palette, actions));
            if is_done {
                self.switcher = None;
            }
        }
        self.keys(context, model, palette, actions);
    }

    /// Shows where a link really leads before it is opened.
    fn confirm_link(&mut self, context: &Context, palette: &Palette, actions: &mut Vec<Action>) {
        let Some(link) = self.link.clone() else { return };
        let mut done = context.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        let response = egui::Modal::new(Id::new("link")).show(context, |ui| {
            ui.set_max_width(460.0);
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
            ui.horizontal(|ui| {
                if ui.add(primary(palette, "Open")).clicked() {
                    actions.push(Action::OpenLink(link.clone()));
                    done = true;
                }
                if ui.button("Copy").clicked() {
                    actions.push(Action::Copy(link.clone()));
                    done = true;
                }
                done |= ui.button("Cancel").clicked();
            });
        });
        if done || response.backdrop_response.clicked() {
            self.link = None;
        }
    }

    fn keys(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        if !self.help {
            return;
        }
        let response = egui::Modal::new(Id::new("keys")).show(context, |ui| {
            ui.heading("Keys");
            Grid::new("all keys").num_columns(2).spacing([16.0, 4.0]).show(ui, |ui| {
                for (key, what) in KEYS {
                    ui.label(*key);
                    ui.label(RichText::new(*what).color(palette.dim));
                    ui.end_row();
                }
            });
            // In a narrow window, and before one is connected, this is the place for it.
            let (label, other) = other_theme(model);
            ui.horizontal(|ui| {
                if ui.button(format!("{label} colours")).clicked() {
                    actions.push(Action::Theme(other));
                }
                ui.button("Close").clicked()
            })
            .inner
        });
        if response.inner || response.backdrop_response.clicked() {
            self.help = false;
        }
    }
}
