//! The lock beside the name of a server: closed where nobody can read along, open where others can.

use std::f32::consts::PI;

use egui::{
    CornerRadius, Id, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, WidgetInfo, WidgetType, pos2,
    vec2,
};

use super::theme::Palette;
use super::trust;
use crate::model::{Model, Privacy};

/// How wide and high it is, with room around.
pub(super) const SIDE: f32 = 20.0;

/// Whether there is something to say.
pub(super) fn is_shown(model: &Model) -> bool {
    model.privacy().is_some_and(|privacy| privacy != Privacy::Local)
}

/// Shows it in the middle of `place`, where there is something to say. Clicked, it is to be explained.
pub(super) fn show(
    ui: &Ui,
    id: Id,
    place: Pos2,
    model: &Model,
    palette: &Palette,
) -> Option<Response> {
    let privacy = model.privacy().filter(|privacy| *privacy != Privacy::Local)?;
    let rect = Rect::from_center_size(place, vec2(SIDE, SIDE));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, trust::name(privacy)));
    let is_closed = matches!(privacy, Privacy::Encrypted(..));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, palette.field);
    }
    let color = match (is_closed, response.hovered()) {
        (false, _) => palette.alert,
        (true, true) => palette.text,
        (true, false) => palette.dim,
    };
    // Drawn, because not every font has one.
    let body = Rect::from_min_max(place + vec2(-5.0, -1.0), place + vec2(5.0, 6.0));
    ui.painter().rect_filled(body, CornerRadius::same(1), color);
    ui.painter().add(Shape::line(shackle(place, is_closed), Stroke::new(1.5, color)));
    Some(response.on_hover_text(trust::in_short(privacy, model)))
}

/// The bow: over the body on both sides, or lifted and on one side alone.
fn shackle(place: Pos2, is_closed: bool) -> Vec<Pos2> {
    let (lift, foot) = if is_closed { (2.0, -1.0) } else { (4.0, -3.5) };
    let arc = (0..=8).map(|step| {
        let angle = PI + PI * step as f32 / 8.0;
        pos2(place.x + 3.0 * angle.cos(), place.y - lift + 3.0 * angle.sin())
    });
    let left = pos2(place.x - 3.0, place.y);
    let right = pos2(place.x + 3.0, place.y + foot);
    std::iter::once(left).chain(arc).chain([right]).collect()
}
