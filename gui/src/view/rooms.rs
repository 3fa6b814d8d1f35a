//! The list of servers and their conversations, with what is unread.

use egui::style::ScrollAnimation;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Rect, Response, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::View;
use super::bidi;
use super::letters;
use super::lock;
use super::menu;
use super::switcher::Switcher;
use super::theme::{self, Palette};
use crate::model::{
    Action, Connection, Conversation, ConversationId, Kind, Model, ServerId, Servers,
};

/// How high a row is.
const HEIGHT: f32 = 28.0;

impl View {
    /// Returns whether one was chosen.
    pub(super) fn rooms(
        &mut self,
        ui: &mut Ui,
        servers: &Servers,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) -> bool {
        let mut chosen = false;
        egui::TopBottomPanel::bottom("rooms below")
            .frame(egui::Frame::new())
            .show_separator_line(false)
            .show_inside(ui, |ui| {
                if ui.button("Join or talk …").on_hover_text("Ctrl+K").clicked() {
                    actions.push(Action::AskRooms);
                    self.switcher = Some(Switcher::default());
                }
            });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.visuals_mut().widgets.inactive.fg_stroke.color = palette.dim.gamma_multiply(0.6);
            for (id, model) in servers.iter() {
                chosen |= self.server(ui, (id, model), servers, palette, actions);
            }
        });
        chosen
    }

    fn server(
        &mut self,
        ui: &mut Ui,
        (id, model): (ServerId, &Model),
        servers: &Servers,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) -> bool {
        let mut chosen = false;
        let is_front = servers.active_id() == id;
        let (heading, lock) = heading(ui, id, model, palette);
        if heading.clicked() {
            actions.push(Action::ShowServer(id));
        }
        if lock.is_some_and(|lock| lock.clicked()) {
            actions.push(Action::ShowServer(id));
            self.privacy = true;
        }
        menu::of(&heading, |ui| {
            if model.is_talking() && is_front && menu::item(ui, "List of rooms …") {
                self.open_room_list(actions);
            }
            if servers.can_open() && menu::item(ui, "Another server …") {
                actions.push(Action::AddServer);
            }
            let label = if servers.iter().len() > 1 { "Leave and close" } else { "Leave" };
            if menu::item(ui, label) {
                actions.push(Action::CloseServer(id));
            }
        });
        let active = model.active().map(Conversation::id).filter(|_| is_front);
        for conversation in model.conversations() {
            let shown = conversation.id();
            let (response, closes) = entry(ui, conversation, active == Some(shown), palette);
            if active == Some(shown) && self.shown != active {
                // The one in front is seen, also where it was not chosen here.
                response.scroll_to_me_animation(None, ScrollAnimation::none());
                self.shown = active;
            }
            let mut acts = |action| {
                actions.push(Action::ShowServer(id));
                actions.push(action);
            };
            if closes || response.middle_clicked() {
                acts(Action::Close(shown));
            } else if response.clicked() {
                acts(Action::Show(shown));
                chosen = true;
            }
            menu::of(&response, |ui| {
                if menu::item(ui, closing(conversation)) {
                    acts(Action::Close(shown));
                }
            });
        }
        ui.add_space(6.0);
        chosen
    }
}

/// What it is called to close a conversation.
fn closing(conversation: &Conversation) -> &'static str {
    match conversation.kind() {
        Kind::Room(_) if conversation.is_open() => "Leave this room",
        _ => "Close",
    }
}

/// The name of a server, whether it is connected, and who can read along.
fn heading(
    ui: &mut Ui,
    id: ServerId,
    model: &Model,
    palette: &Palette,
) -> (Response, Option<Response>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
    let name = match model.server() {
        "" => "new server",
        name => name,
    };
    let is_online = *model.connection() == Connection::Online;
    let text = if is_online { name.to_owned() } else { format!("{name} (not connected)") };
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &text));
    let color = if response.hovered() { palette.text } else { palette.dim };
    let mut job = LayoutJob::simple_singleline(bidi::line(&text).into(), theme::small(), color);
    let lock = if lock::is_shown(model) { lock::SIDE } else { 0.0 };
    job.wrap = TextWrapping::truncate_at_width(rect.width() - 12.0 - lock);
    let galley = letters::lay_out(ui.ctx(), job);
    let position = pos2(rect.left() + 6.0, rect.center().y - galley.size().y / 2.0);
    let beside = pos2(position.x + galley.size().x + 2.0 + lock::SIDE / 2.0, rect.center().y);
    ui.painter().galley(position, galley, color);
    (response, lock::show(ui, ui.id().with(("lock", id)), beside, model, palette))
}

/// Returns whether it is to be closed, beside what was done with it.
fn entry(
    ui: &mut Ui,
    conversation: &Conversation,
    is_active: bool,
    palette: &Palette,
) -> (Response, bool) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let unread = conversation.unread();
    response.widget_info(|| {
        let unread = if unread > 0 { format!(", {unread} unread") } else { String::new() };
        let label = format!("{}{unread}", conversation.title());
        WidgetInfo::selected(WidgetType::SelectableLabel, true, is_active, label)
    });
    if !ui.is_rect_visible(rect) {
        return (response, false);
    }
    let is_pointed_at = ui.rect_contains_pointer(rect);
    let fill = match (is_active, is_pointed_at) {
        (true, _) => palette.selection,
        (false, true) => palette.field,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 6.0, fill);
    let (mut right, mut closes) = (rect.right() - 8.0, false);
    if is_active || is_pointed_at {
        (right, closes) = close_button(ui, rect, conversation, palette);
    } else if unread > 0 {
        right = badge(ui, rect, conversation, palette);
    }
    let color = match conversation.kind() {
        _ if is_active => palette.on_selection,
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
    let galley = letters::lay_out(ui.ctx(), job);
    let position = pos2(text.left(), text.center().y - galley.size().y / 2.0);
    ui.painter_at(text).galley(position, galley, color);
    (response, closes)
}

/// Returns where it begins, and whether it was clicked.
fn close_button(ui: &Ui, row: Rect, conversation: &Conversation, palette: &Palette) -> (f32, bool) {
    let center = pos2(row.right() - 14.0, row.center().y);
    let rect = Rect::from_center_size(center, vec2(20.0, 20.0));
    let close = |id: ConversationId| ui.id().with(("close", id));
    let response = ui.interact(rect, close(conversation.id()), Sense::click());
    let label = format!("{}: {}", closing(conversation), conversation.title());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &label));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, palette.field);
    }
    let color = if response.hovered() { palette.text } else { palette.on_selection };
    ui.painter().text(center, Align2::CENTER_CENTER, "×", theme::body(), color);
    (rect.left() - 2.0, response.clicked())
}

/// How much is unread. Returns where it begins.
fn badge(ui: &Ui, row: Rect, conversation: &Conversation, palette: &Palette) -> f32 {
    let (unread, mentions) = (conversation.unread(), conversation.mentions());
    let (ground, color) = match mentions {
        0 => (palette.line, palette.text),
        _ => (palette.accent, palette.on_accent),
    };
    let count = if unread > 999 { "999+".to_owned() } else { unread.to_string() };
    let galley = ui.painter().layout_no_wrap(count, theme::small(), color);
    let size = vec2(galley.size().x + 12.0, 18.0);
    let center = pos2(row.right() - 8.0 - size.x / 2.0, row.center().y);
    let badge = Rect::from_center_size(center, size);
    ui.painter().rect_filled(badge, 9.0, ground);
    ui.painter().galley(badge.center() - galley.size() / 2.0, galley, color);
    badge.left() - 6.0
}
