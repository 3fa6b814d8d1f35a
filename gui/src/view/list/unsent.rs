//! What the person said and the others have not: what is on its way stands below the last line, and what failed where it was said, with one quiet line however
//! much it is.

use std::ops::RangeInclusive;
use std::sync::Arc;

use egui::{
    Align, Galley, Label, Layout, Rect, RichText, Sense, Ui, UiBuilder, WidgetInfo, WidgetType,
    pos2, vec2,
};

use super::paint::author;
use super::scene::{Clicked, Scene};
use crate::model::log::{LineKind, NewLine};
use crate::model::{Action, Pending, Ticket};
use crate::view::row::{self, Columns};
use crate::view::{bidi, theme};

/// Height of the line that says why something failed, with what can be done about it.
const FAILED_HEIGHT: f32 = 26.0;

/// One row of it.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// A message that is not confirmed yet, or was not sent.
    Message { pending: Pending, galley: Arc<Galley>, height: f32 },
    /// What can be done about messages that were not sent, and why the last was not.
    Failed { tickets: Vec<Ticket>, last: Pending },
}

impl Row {
    fn height(&self) -> f32 {
        match self {
            Self::Message { height, .. } => *height,
            Self::Failed { .. } => FAILED_HEIGHT,
        }
    }
}

/// What rows take together.
pub(super) fn height(rows: &[Row]) -> f32 {
    rows.iter().map(Row::height).sum()
}

/// What failed before one of these lines.
pub(super) fn before(
    ui: &Ui,
    scene: &Scene<'_>,
    lines: RangeInclusive<u64>,
    width: f32,
) -> Vec<Row> {
    if scene.conversation.pending().is_empty() {
        return Vec::new();
    }
    failed(ui, scene, &scene.conversation.failed_before(Some(lines)), width)
}

/// What stands below the last line.
pub(super) fn tail(ui: &Ui, scene: &Scene<'_>, width: f32) -> Vec<Row> {
    let mut rows = failed(ui, scene, &scene.conversation.failed_before(None), width);
    let on_its_way = scene.conversation.pending().iter().filter(|one| one.failed.is_none());
    rows.extend(on_its_way.map(|one| message(ui, scene, one, width)));
    rows
}

/// What failed at one place.
fn failed(ui: &Ui, scene: &Scene<'_>, failed: &[&Pending], width: f32) -> Vec<Row> {
    let Some(last) = failed.last() else { return Vec::new() };
    let tickets = failed.iter().map(|one| one.ticket).collect();
    let offer = Row::Failed { tickets, last: (*last).clone() };
    match failed.len() {
        1 => vec![message(ui, scene, last, width), offer],
        // Several are only counted: they would hide what the others say.
        _ => vec![offer],
    }
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
    let (galley, _) = bidi::lay_out(ui.ctx(), job, 0);
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
            Row::Failed { tickets, last } => {
                let left = view.left() + columns.text;
                let line = Rect::from_min_max(pos2(left, rect.top()), rect.max);
                let layout = Layout::left_to_right(Align::Center);
                let mut ui = ui.new_child(UiBuilder::new().max_rect(line).layout(layout));
                ui.shrink_clip_rect(view);
                offer(&mut ui, scene, tickets, last, clicked);
            }
        }
    }
}

/// `not sent · Retry`, and why.
fn offer(
    ui: &mut Ui,
    scene: &Scene<'_>,
    tickets: &[Ticket],
    last: &Pending,
    clicked: &mut Clicked,
) {
    let palette = scene.palette;
    ui.spacing_mut().item_spacing.x = 6.0;
    let small = |text: &str| RichText::new(text).font(theme::small());
    let is_one = tickets.len() == 1;
    let said =
        if is_one { "not sent".into() } else { format!("{} messages not sent", tickets.len()) };
    ui.label(small(&said).color(palette.error));
    let choice = |ui: &mut Ui, text: &str| {
        ui.label(small("·").color(palette.dim));
        ui.add(egui::Button::new(small(text).color(palette.link)).frame(false).small()).clicked()
    };
    if choice(ui, "Retry") {
        clicked.actions.push(Action::Resend(tickets.to_vec()));
    }
    if is_one && choice(ui, "Edit") {
        clicked.actions.push(Action::Discard(tickets.to_vec()));
        clicked.edit = Some(last.text.clone());
    }
    if choice(ui, if is_one { "Discard" } else { "Discard all" }) {
        clicked.actions.push(Action::Discard(tickets.to_vec()));
    }
    let why = last.failed.as_deref().unwrap_or_default();
    ui.label(small("·").color(palette.dim));
    ui.add(Label::new(small(why).color(palette.dim)).truncate());
}
