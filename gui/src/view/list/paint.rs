//! How rows look.

use std::ops::Range;
use std::sync::Arc;

use egui::{Align2, Color32, Galley, Rect, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2};

use super::scene::{Clicked, Drawn, MARGIN, Scene};
use super::selection::Selection;
use crate::model::log::{Line, LineKind, NewLine};
use crate::model::text::fold;
use crate::model::time::{clock, date};
use crate::model::{Action, Pending};
use crate::view::bidi::{self, Order};
use crate::view::{row, theme};

/// Lays out one row, or what stands for a fold.
pub(super) fn galley(
    ui: &Ui,
    scene: &mut Scene<'_>,
    line: &Line<'_>,
    folded: Option<(u64, u64)>,
    width: f32,
) -> (Arc<Galley>, Option<Arc<Order>>) {
    let text = match folded {
        Some(range) => row::fold_text(scene.conversation.log(), range),
        None => row::plain(&line.what),
    };
    scene.glyphs.look_at(ui.ctx(), &text);
    let found = match scene.query {
        "" => Vec::new(),
        query => find_all(&text, query),
    };
    let name = row::name_end(&line.what);
    let job = row::job(&line.what, text, scene.palette, scene.own_name, width, &found);
    ui.fonts(|fonts| bidi::lay_out(fonts, job, name))
}

/// Where `query`, which is folded, stands in `text`.
fn find_all(text: &str, query: &str) -> Vec<Range<usize>> {
    // Folding may change lengths; only where it does not are the positions known.
    let folded = fold(text);
    if folded.len() != text.len() {
        return Vec::new();
    }
    folded
        .match_indices(query)
        .map(|(start, part)| start..start + part.len())
        .filter(|range| text.is_char_boundary(range.start) && text.is_char_boundary(range.end))
        .collect()
}

/// Paints the rows that are seen.
pub(super) fn rows(ui: &Ui, scene: &Scene<'_>, view: Rect, drawn: &[Drawn], selection: &Selection) {
    let (palette, log) = (scene.palette, scene.conversation.log());
    let painter = ui.painter_at(view);
    for row in drawn {
        let Some(line) = log.get(row.seq) else { continue };
        let mut body = row.rect;
        body.min.y = row.text.y - row::PADDING / 2.0;
        if row.day {
            let y = row.rect.top() + row::DAY_HEIGHT / 2.0;
            let text = date(line.what.time, scene.zone);
            separator(&painter, view, y, &text, palette.line, palette.dim);
        }
        if scene.conversation.first_unread() == Some(row.seq) {
            let y = body.top();
            let stroke = Stroke::new(1.5, palette.error);
            painter.hline(view.left()..=view.right(), y, stroke);
            let corner = pos2(view.right() - 6.0, y + 1.0);
            painter.text(corner, Align2::RIGHT_TOP, "new", theme::small(), palette.error);
        }
        if line.what.mention {
            painter.rect_filled(body, 0.0, palette.mention);
        }
        if let Some(range) = selection.within(row.seq) {
            highlight(&painter, row, &range, palette.selection);
        }
        if row.fold.is_some_and(|fold| fold.is_open && fold.lines.0 == row.seq) {
            let corner = pos2(row.text.x - 4.0, row.text.y + 1.0);
            painter.text(corner, Align2::RIGHT_TOP, "⏷", theme::small(), palette.dim);
        }
        if !line.what.kind.is_edge() {
            let time = clock(line.what.time, scene.zone);
            let corner = pos2(view.left() + MARGIN, row.text.y + 2.0);
            painter.text(corner, Align2::LEFT_TOP, &time, theme::small(), palette.dim);
        }
        painter.galley(row.text, row.galley.clone(), palette.text);
        ui.interact(row.rect.intersect(view), ui.id().with(row.seq), Sense::hover())
            .widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, row.stored()));
    }
}

fn separator(
    painter: &egui::Painter,
    view: Rect,
    y: f32,
    text: &str,
    line: Color32,
    color: Color32,
) {
    let center = pos2(view.center().x, y);
    let galley = painter.layout_no_wrap(text.to_owned(), theme::small(), color);
    let half = galley.size().x / 2.0 + 10.0;
    let stroke = Stroke::new(1.0, line);
    painter.hline(view.left() + MARGIN..=center.x - half, y, stroke);
    painter.hline(center.x + half..=view.right() - MARGIN, y, stroke);
    painter.galley(center - galley.size() / 2.0, galley, color);
}

fn highlight(painter: &egui::Painter, drawn: &Drawn, range: &Range<usize>, color: Color32) {
    let corner = drawn.text.to_vec2();
    let mut at = 0;
    for row in &drawn.galley.rows {
        let count = row.char_count_excluding_newline();
        let is_selected = |column: &usize| {
            let seen = at + column;
            range.contains(&drawn.order.as_ref().map_or(seen, |order| order.letter(seen)))
        };
        let selected: Vec<usize> = (0..count).filter(is_selected).collect();
        // Text of both directions is selected in pieces.
        for piece in selected.chunk_by(|one, next| one + 1 == *next) {
            let (start, end) = (piece[0], piece[piece.len() - 1] + 1);
            let rect = Rect::from_min_max(
                pos2(row.x_offset(start), row.min_y()),
                pos2(row.x_offset(end), row.max_y()),
            );
            painter.rect_filled(rect.translate(corner), 0.0, color);
        }
        at += row.char_count_including_newline();
    }
}

/// A message that is not confirmed yet.
pub(super) struct Tail {
    pending: Pending,
    galley: Arc<Galley>,
    pub(super) height: f32,
}

/// Height of the line that says why a message failed, with its buttons.
const FAILED_HEIGHT: f32 = 30.0;

pub(super) fn tail(ui: &Ui, scene: &mut Scene<'_>, width: f32) -> Vec<Tail> {
    let pending = scene.conversation.pending();
    pending
        .iter()
        .map(|pending| {
            let line = NewLine {
                kind: LineKind::Say,
                author: scene.own_name,
                text: &pending.text,
                time: 0,
                mention: false,
                own: true,
            };
            let mut job =
                row::job(&line, row::plain(&line), scene.palette, scene.own_name, width, &[]);
            for section in &mut job.sections {
                section.format.color = scene.palette.dim;
            }
            let name = row::name_end(&line);
            let (galley, _) = ui.fonts(|fonts| bidi::lay_out(fonts, job, name));
            let extra = if pending.failed.is_some() { FAILED_HEIGHT } else { 0.0 };
            let height = (galley.rect.height() + row::PADDING + extra).ceil();
            Tail { pending: pending.clone(), galley, height }
        })
        .collect()
}

pub(super) fn paint_tail(
    ui: &mut Ui,
    scene: &Scene<'_>,
    view: Rect,
    mut y: f32,
    tail: &[Tail],
    clicked: &mut Clicked,
) {
    let palette = scene.palette;
    let painter = ui.painter_at(view);
    for Tail { pending, galley, height } in tail {
        let rect = Rect::from_min_size(pos2(view.left(), y), vec2(view.width(), *height));
        let left = view.left() + MARGIN + row::TIME_WIDTH;
        let text = pos2(left, y + row::PADDING / 2.0);
        y += height;
        if !rect.intersects(view) {
            continue;
        }
        painter.galley(text, galley.clone(), palette.dim);
        let state = if pending.failed.is_some() { "not sent" } else { "being sent" };
        ui.interact(rect.intersect(view), ui.id().with(("tail", pending.ticket)), Sense::hover())
            .widget_info(|| {
                let label = format!("{}: {} ({state})", scene.own_name, pending.text);
                WidgetInfo::labeled(WidgetType::Label, true, label)
            });
        let Some(why) = &pending.failed else { continue };
        let below = Rect::from_min_max(
            pos2(left, text.y + galley.rect.height()),
            pos2(rect.right() - MARGIN, rect.bottom()),
        );
        let mut line = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(below)
                .layout(egui::Layout::right_to_left(egui::Align::Center)),
        );
        line.shrink_clip_rect(view);
        if line.small_button("Discard").clicked() {
            clicked.actions.push(Action::Discard(pending.ticket));
        }
        if line.small_button("Edit").clicked() {
            clicked.actions.push(Action::Discard(pending.ticket));
            clicked.edit = Some(pending.text.clone());
        }
        if line.small_button("Send again").clicked() {
            clicked.actions.push(Action::Resend(pending.ticket));
        }
        line.with_layout(egui::Layout::left_to_right(egui::Align::Center), |line| {
            let text = egui::RichText::new(format!("Not sent: {why}")).small().color(palette.error);
            line.add(egui::Label::new(text).truncate());
        });
    }
}
