//! Who is in the room.

use egui::text::{LayoutJob, TextWrapping};
use egui::{RichText, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::bidi;
use super::letters;
use super::menu;
use super::moderation::{self, Moderation};
use super::theme::{self, Palette};
use crate::model::{Action, Conversation, Model};

/// Returns what is about to be done to somebody, and has to be asked first.
pub(super) fn show(
    ui: &mut Ui,
    model: &Model,
    conversation: &Conversation,
    palette: &Palette,
    actions: &mut Vec<Action>,
) -> Option<Moderation> {
    let mut asked = None;
    let (known, count) = (conversation.members().len(), conversation.member_count());
    let text = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    ui.label(RichText::new(text).small().color(palette.dim));
    ui.spacing_mut().item_spacing.y = 0.0;
    // The handle of the bar; nothing else here has this colour.
    ui.visuals_mut().widgets.inactive.fg_stroke.color = palette.dim.gamma_multiply(0.6);
    let height = 24.0;
    // One row more says how many there are beside those that are known.
    let rows = known + usize::from(count > known);
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(ui, height, rows, |ui, range| {
        for name in conversation.members().skip(range.start).take(range.len()) {
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
            let is_ignored = model.ignores(name.as_str());
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, name.as_str()));
            if response.hovered() {
                ui.painter().rect_filled(rect, 6.0, palette.field);
            }
            let color = if is_ignored { palette.dim } else { palette.name(name.as_str()) };
            let ignored = if is_ignored { " (ignored)" } else { "" };
            let text = format!("{}{ignored}", bidi::line(name.as_str()));
            let mut job = LayoutJob::simple_singleline(text, theme::body(), color);
            job.wrap = TextWrapping::truncate_at_width(rect.width() - 12.0);
            let galley = letters::lay_out(ui.ctx(), job);
            let is_cut = galley.elided;
            let position = pos2(rect.left() + 6.0, rect.center().y - galley.size().y / 2.0);
            ui.painter_at(rect).galley(position, galley, color);
            if is_cut {
                response.clone().on_hover_text(name.as_str());
            }
            if Some(name) == model.name() {
                continue;
            }
            if response.double_clicked() {
                actions.push(Action::Talk(name.to_string()));
            }
            menu::of(&response, |ui| {
                let chosen =
                    moderation::offer(ui, model, conversation.id(), name.as_str(), actions);
                asked = chosen.or(asked.take());
            });
        }
        if range.end > known {
            let text = format!("and {} more", count - known);
            ui.label(RichText::new(text).small().color(palette.dim));
        }
    });
    asked
}
