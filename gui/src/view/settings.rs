//! The settings, in a dialog; each holds at once.

use egui::{Context, CornerRadius, RichText, TextEdit, Ui};

use super::View;
use super::dialog;
use super::theme::Palette;
use crate::model::{Action, ConnectionSettings, Model, Preferences, Renderer, Theme};

/// What is being typed; the rest is in the preferences.
#[derive(Debug)]
pub(super) struct Settings {
    keywords: String,
    font: String,
    log_folder: String,
}

impl Settings {
    fn of(preferences: &Preferences) -> Self {
        Self {
            keywords: preferences.keywords.join(", "),
            font: preferences.font.clone(),
            log_folder: preferences.log_folder.clone(),
        }
    }

    /// Shows them. Returns whether the person is done with them.
    fn show(
        &mut self,
        ui: &mut Ui,
        wanted: &mut Preferences,
        at: &ConnectionSettings,
        palette: &Palette,
    ) -> bool {
        // A box that is ticked is not to be taken for a choice.
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            widget.corner_radius = CornerRadius::same(3);
        }
        ui.heading("Settings");
        ui.horizontal(|ui| {
            ui.label("Colours");
            ui.radio_value(&mut wanted.theme, Theme::Dark, "Dark");
            ui.radio_value(&mut wanted.theme, Theme::Light, "Light");
        });
        ui.horizontal(|ui| {
            ui.label("Size");
            for (label, size) in [
                ("Smaller", wanted.zoom - 0.1),
                ("Larger", wanted.zoom + 0.1),
                ("As at first", 1.0),
            ] {
                if ui.button(label).clicked() {
                    wanted.zoom = (size * 10.0).round() / 10.0;
                }
            }
            let percent = (wanted.zoom * 100.0).round();
            ui.label(RichText::new(format!("{percent} %")).color(palette.dim));
        });
        let typed = |ui: &mut Ui, label: &str, value: &mut String, hint: &str| {
            let label = ui.label(RichText::new(label).small().color(palette.dim));
            let edit = TextEdit::singleline(value).hint_text(hint).desired_width(f32::INFINITY);
            ui.add(edit).labelled_by(label.id)
        };
        let hint = "built in; or a family, e.g. DejaVu Sans";
        let is_named = typed(ui, "Font", &mut self.font, hint).lost_focus();
        let hint = "words beside your name, with commas between";
        if typed(ui, "Keywords that call you", &mut self.keywords, hint).changed() {
            let words = self.keywords.split(',').map(|word| word.trim().to_owned());
            wanted.keywords = words.filter(|word| !word.is_empty()).collect();
        }
        ui.separator();
        ui.label(
            RichText::new("When somebody calls you and you look elsewhere")
                .small()
                .color(palette.dim),
        );
        ui.checkbox(&mut wanted.notify, "Show a notification");
        ui.checkbox(&mut wanted.sound, "Play a sound");
        ui.separator();
        ui.checkbox(&mut wanted.log, "Write what is said to files");
        let hint = "~/.local/share/salotto/logs";
        if wanted.log && typed(ui, "Folder", &mut self.log_folder, hint).changed() {
            wanted.log_folder = self.log_folder.trim().to_owned();
        }
        ui.separator();
        ui.label(RichText::new("Drawn by, from the next start on").small().color(palette.dim));
        ui.horizontal_wrapped(|ui| {
            for (renderer, label) in [
                (Renderer::Auto, "what is best here"),
                (Renderer::Cpu, "the processor"),
                (Renderer::Gl, "the graphics card"),
            ] {
                ui.radio_value(&mut wanted.renderer, renderer, label);
            }
        });
        let ignored: Vec<String> = wanted.ignored(at).map(str::to_owned).collect();
        if !ignored.is_empty() {
            ui.separator();
            ui.label(RichText::new("Ignored at this server").small().color(palette.dim));
            for name in ignored {
                ui.horizontal(|ui| {
                    ui.label(&name);
                    if ui.small_button("Stop ignoring").clicked() {
                        wanted.ignore(at, &name, false);
                    }
                });
            }
        }
        let is_done = dialog::buttons(ui, |ui| ui.button("Close").clicked());
        // A font is looked for when its name is whole.
        if is_named || is_done {
            wanted.font = self.font.trim().to_owned();
        }
        is_done
    }
}

impl View {
    pub(super) fn open_settings(&mut self, model: &Model) {
        self.settings = Some(Settings::of(model.preferences()));
    }

    pub(super) fn settings(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some(settings) = &mut self.settings else { return };
        let mut wanted = model.preferences().clone();
        let at = model.connection_settings();
        let (beside, done) = dialog::show(context, "settings", 420.0, |ui, _| {
            settings.show(ui, &mut wanted, at, palette)
        });
        if wanted != *model.preferences() {
            actions.push(Action::Prefer(Box::new(wanted)));
        }
        if beside || done {
            self.settings = None;
        }
    }
}
