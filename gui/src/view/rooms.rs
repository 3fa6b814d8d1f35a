//! The list of conversations, with what is unread.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, Rect, RichText, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::View;
use super::bidi;
use super::menu;
use super::switcher::Switcher;
use super::theme::{self, Palette};
use crate::model::{Action, Conversation, Kind, Model};

impl View {
    /// Returns whether one was chosen.
    pub(super) fn rooms(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) -> bool {
        let mut chosen = false;
        let server = RichText::new(model.server()).small().color(palette.dim);
        ui.add(egui::Label::new(server).truncate());
        egui::TopBottomPanel::bottom("rooms below")
            .frame(egui::Frame::new())
            .show_separator_line(false)
            .show_inside(ui, |ui| {
                if ui.button("Join or talk …").on_hover_text("Ctrl+K").clicked() {
                    self.switcher = Some(Switcher::default());
                }
            });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let active = model.active().map(Conversation::id);
            for conversation in model.conversations() {
                let is_active = active == Some(conversation.id());
                let response = entry(ui, conversation, is_active, palette);
                if response.clicked() {
                    actions.push(Action::Show(conversation.id()));
                    chosen = true;
                }
                menu::of(&response, |ui| {
                    let label = match conversation.kind() {
                        Kind::Room(_) if conversation.is_open() => "Leave this room",
                        _ => "Close",
                    };
                    if ui.button(label).clicked() {
                        actions.push(Action::Close(conversation.id()));
                        ui.close_menu();
                    }
                });
            }
        });
        chosen
    }
}

fn entry(
    ui: &mut Ui,
    conversation: &Conversation,
    is_active: bool,
    palette: &Palette,
) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::click());
    let (unread, mentions) = (conversation.unread(), conversation.mentions());
    response.widget_info(|| {
        let unread = if unread > 0 { format!(", {unread} unread") } else { String::new() };
        let label = format!("{}{unread}", conversation.title());
        WidgetInfo::selected(WidgetType::SelectableLabel, true, is_active, label)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let fill = match (is_active, response.hovered()) {
        (true, _) => palette.selection,
        (false, true) => palette.field,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 6.0, fill);
    let mut right = rect.right() - 8.0;
    if unread > 0 {
        let (ground, color) = match mentions {
            0 => (palette.line, palette.text),
            _ => (palette.accent, palette.on_accent),
        };
        let count = if unread > 999 { "999+".to_owned() } else { unread.to_string() };
        let galley = ui.painter().layout_no_wrap(count, theme::small(), color);
        let size = vec2(galley.size().x + 12.0, 18.0);
        let badge = Rect::from_center_size(pos2(right - size.x / 2.0, rect.center().y), size);
        ui.painter().rect_filled(badge, 9.0, ground);
        ui.painter().galley(badge.center() - galley.size() / 2.0, galley, color);
        right = badge.left() - 6.0;
    }
    let color = match conversation.kind() {
        _ if !conversation.is_open() => palette.dim,
        Kind::Direct(name) => palette.name(name.as_str()),
        _ => palette.text,
    };
    let sign = if conversation.room().is_some() { "# " } else { "" };
    let mut text = rect.shrink2(vec2(8.0, 0.0));
    text.max.x = right;
    let title = format!("{sign}{}", bidi::line(conversation.title()));
    let mut job = LayoutJob::simple_singleline(title, theme::body(), color);
    job.wrap = TextWrapping::truncate_at_width(text.width());
    let galley = ui.fonts(|fonts| fonts.layout_job(job));
    let position = pos2(text.left(), text.center().y - galley.size().y / 2.0);
    ui.painter_at(text).galley(position, galley, color);
    response
}
