//! Below the last line: what is on its way, and what was not sent, on one quiet line however much it is.

use std::sync::Arc;

use egui::{
    Align, Galley, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, WidgetInfo, WidgetType,
    pos2, vec2,
};

use super::paint::author;
use super::scene::{Clicked, Scene};
use crate::model::log::{LineKind, NewLine};
use crate::model::{Action, Pending};
use crate::view::row::{self, Columns};
use crate::view::{bidi, theme};

/// Height of the line that says why something failed, with what can be done about it.
const FAILED_HEIGHT: f32 = 26.0;

/// What stands below the last line.
pub(super) enum Row {
    /// A message that is not confirmed yet, or was not sent.
    Message { pending: Pending, galley: Arc<Galley>, height: f32 },
    /// Why what stands before was not sent. With how much it is where it is not shown.
    Failed { count: usize, last: Pending },
}

impl Row {
    pub(super) fn height(&self) -> f32 {
        match self {
            Self::Message { height, .. } => *height,
            Self::Failed { .. } => FAILED_HEIGHT,
        }
    }
}

pub(super) fn rows(ui: &Ui, scene: &mut Scene<'_>, width: f32) -> Vec<Row> {
    let pending = scene.conversation.pending();
    let failed: Vec<&Pending> = pending.iter().filter(|one| one.failed.is_some()).collect();
    let mut rows = Vec::new();
    if let Some(last) = failed.last() {
        // Several that failed are only counted: they would hide what the others say.
        if failed.len() == 1 {
            rows.push(message(ui, scene, last, width));
        }
        rows.push(Row::Failed { count: failed.len(), last: (*last).clone() });
    }
    let on_its_way = pending.iter().filter(|one| one.failed.is_none());
    rows.extend(on_its_way.map(|one| message(ui, scene, one, width)));
    rows
}

fn message(ui: &Ui, scene: &Scene<'_>, pending: &Pending, width: f32) -> Row {
    let line = NewLine {
        kind: LineKind::Say,
        author: scene.own_name,
        text: &pending.text,
        time: 0,
        mention: false,
        own: true,
    };
    let mut job = row::job(&line, row::plain(&line), scene.palette, &[], width, &[]);
    for section in &mut job.sections {
        section.format.color = scene.palette.dim;
    }
    let (galley, _) = ui.fonts(|fonts| bidi::lay_out(fonts, job, 0));
    let height = (galley.rect.height() + row::PADDING).ceil();
    Row::Message { pending: pending.clone(), galley, height }
}

pub(super) fn paint(
    ui: &mut Ui,
    scene: &Scene<'_>,
    view: Rect,
    columns: Columns,
    mut y: f32,
    rows: &[Row],
    clicked: &mut Clicked,
) {
    let palette = scene.palette;
    let painter = ui.painter_at(view);
    for row in rows {
        let rect = Rect::from_min_size(pos2(view.left(), y), vec2(view.width(), row.height()));
        y += row.height();
        if !rect.intersects(view) {
            continue;
        }
        match row {
            Row::Message { pending, galley, .. } => {
                let top = rect.top() + row::PADDING / 2.0;
                author(&painter, columns, pos2(view.left(), top), scene.own_name, palette.dim);
                painter.galley(pos2(view.left() + columns.text, top), galley.clone(), palette.dim);
                let state = if pending.failed.is_some() { "not sent" } else { "being sent" };
                let id = ui.id().with(("tail", pending.ticket));
                ui.interact(rect.intersect(view), id, Sense::hover()).widget_info(|| {
                    let label = format!("{}: {} ({state})", scene.own_name, pending.text);
                    WidgetInfo::labeled(WidgetType::Label, true, label)
                });
            }
            Row::Failed { count, last } => {
                let left = view.left() + columns.text;
                let line = Rect::from_min_max(pos2(left, rect.top()), rect.max);
                let layout = Layout::left_to_right(Align::Center);
                let mut ui = ui.new_child(UiBuilder::new().max_rect(line).layout(layout));
                ui.shrink_clip_rect(view);
                failed(&mut ui, scene, *count, last, clicked);
            }
        }
    }
}

/// `not sent · retry`, and why.
fn failed(ui: &mut Ui, scene: &Scene<'_>, count: usize, last: &Pending, clicked: &mut Clicked) {
    let (palette, id) = (scene.palette, scene.conversation.id());
    ui.spacing_mut().item_spacing.x = 6.0;
    let small = |text: &str| RichText::new(text).font(theme::small());
    let is_one = count == 1;
    let said = if is_one { "not sent".into() } else { format!("{count} messages not sent") };
    ui.label(small(&said).color(palette.error));
    let choice = |ui: &mut Ui, text: &str| {
        ui.label(small("·").color(palette.dim));
        ui.add(egui::Button::new(small(text).color(palette.link)).frame(false).small()).clicked()
    };
    if choice(ui, "Send again") {
        clicked.actions.push(match is_one {
            true => Action::Resend(last.ticket),
            false => Action::ResendAll(id),
        });
    }
    if is_one && choice(ui, "Edit") {
        clicked.actions.push(Action::Discard(last.ticket));
        clicked.edit = Some(last.text.clone());
    }
    if choice(ui, if is_one { "Discard" } else { "Discard all" }) {
        clicked.actions.push(Action::DiscardAll(id));
    }
    let why = last.failed.as_deref().unwrap_or_default();
    ui.label(small("·").color(palette.dim));
    ui.add(Label::new(small(why).color(palette.dim)).truncate());
}
