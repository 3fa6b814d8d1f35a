//! How rows look.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, Galley, Pos2, Rect, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2,
};

use super::scene::{Drawn, Scene};
use super::selection::Selection;
use crate::model::log::{Line, LineKind};
use crate::model::text::fold;
use crate::model::time::{clock, date};
use crate::view::bidi::{self, Order};
use crate::view::row::{Columns, MARGIN};
use crate::view::{letters, row, theme};

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
    let job = row::job(&line.what, text, scene.palette, scene.words, width, &found);
    bidi::lay_out(ui.ctx(), job, name)
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
pub(super) fn rows(
    ui: &Ui,
    scene: &Scene<'_>,
    view: Rect,
    columns: Columns,
    drawn: &[Drawn],
    selection: &Selection,
) {
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
            painter.text(corner, Align2::RIGHT_TOP, "–", theme::small(), palette.dim);
        }
        let small = theme::small();
        if !line.what.kind.is_edge() && !line.follows {
            let time = clock(line.what.time, scene.zone);
            let corner = pos2(view.left() + MARGIN, row.text.y + 2.0);
            painter.text(corner, Align2::LEFT_TOP, &time, small, palette.dim);
        }
        if line.what.kind == LineKind::Say && !line.follows {
            let name = line.what.author;
            author(&painter, columns, pos2(view.left(), row.text.y), name, palette.name(name));
        }
        painter.galley(row.text, row.galley.clone(), palette.text);
        ui.interact(row.rect.intersect(view), ui.id().with(row.seq), Sense::hover()).widget_info(
            || {
                let text = row::spoken(&line.what, row.stored());
                WidgetInfo::labeled(WidgetType::Label, true, text)
            },
        );
    }
}

/// By how much of a point the strokes of a name are wider than those of a text.
const BOLDER: f32 = 0.45;

/// The name of who speaks, up to the text. `corner` is where the row begins.
pub(super) fn author(
    painter: &egui::Painter,
    columns: Columns,
    corner: Pos2,
    name: &str,
    color: Color32,
) {
    let mut job = LayoutJob::simple_singleline(bidi::line(name).into(), theme::name(), color);
    job.wrap = TextWrapping::truncate_at_width(columns.name);
    let galley = letters::lay_out(painter.ctx(), job);
    let left = columns.text - row::BEHIND_NAME - galley.size().x;
    let corner = corner + vec2(left, 0.0);
    // There is no bolder font: the same letters a pixel further, as much of them as makes the strokes so much wider.
    let scale = painter.ctx().pixels_per_point();
    let further = corner + vec2(1.0 / scale, 0.0);
    let faint = color.gamma_multiply((BOLDER * scale).min(1.0));
    painter.galley_with_override_text_color(further, Arc::clone(&galley), faint);
    painter.galley(corner, galley, color);
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
