//! What the pointer does in the list: it selects text across messages, opens folds and follows links.

use egui::{CursorIcon, PointerButton, Pos2, Rect, Response, Ui};

use super::List;
use super::scene::{Clicked, Drawn, Scene};
use super::selection::TextPosition;
use crate::model::Action;
use crate::model::log::{LineKind, Log};
use crate::model::text::{links, plain_link};
use crate::model::time::{Zone, clock};
use crate::view::{menu, moderation, row};

impl List {
    /// The selected text. More than one message is copied with times and names.
    pub(in crate::view) fn selected_text(&self, log: &Log, zone: &Zone) -> Option<String> {
        let (start, end) = self.selection.range()?;
        let mut lines = Vec::new();
        for line in log.iter_from(start.0).take((end.0 - start.0 + 1) as usize) {
            let text = row::plain(&line.what);
            let from = if line.seq == start.0 { start.1 } else { 0 };
            let to = if line.seq == end.0 { end.1 } else { usize::MAX };
            let part: String = text.chars().skip(from).take(to.saturating_sub(from)).collect();
            if start.0 == end.0 {
                return Some(part);
            }
            // A message of which the name is not selected is still somebody's.
            let name = match line.what.kind {
                LineKind::Say => format!("{}: ", line.what.author),
                LineKind::Act if from > 0 => format!("{}: ", line.what.author),
                _ => String::new(),
            };
            if part.is_empty() && line.seq == end.0 {
                continue;
            }
            lines.push(format!("[{}] {name}{part}", clock(line.what.time, zone)));
        }
        Some(lines.join("\n"))
    }

    pub(super) fn take_pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        view: Rect,
        clicked: &mut Clicked,
    ) {
        let log = scene.conversation.log();
        if let Some(pos) = response.hover_pos().filter(|pos| view.contains(*pos)) {
            match self.drawn.iter().find(|row| row.rect.contains(pos)) {
                Some(row) if row.fold.is_some() || link_at(row, pos).is_some() => {
                    ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
                }
                Some(row) if pos.x >= row.text.x => ui.ctx().set_cursor_icon(CursorIcon::Text),
                _ => {}
            }
        }
        self.offer(response, scene, clicked);
        let Some(pos) = response.interact_pointer_pos() else { return };
        let extends = ui.input(|input| input.modifiers.shift);
        if response.clicked_by(PointerButton::Secondary) {
            return;
        }
        if extends && response.clicked() {
            // From where the selection began, or from where one clicked last.
            if let Some(position) = self.position_at(pos) {
                let start = self.selection.ends.map_or(self.clicked_at, |(start, _)| Some(start));
                self.selection.ends = Some((start.unwrap_or(position), position));
                clicked.actions.extend(self.selected_text(log, scene.zone).map(Action::Select));
            }
            return;
        }
        if response.drag_started() {
            // The pointer has moved a little when a drag is recognised.
            let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(pos);
            self.selection.ends = self.position_at(origin).map(|position| (position, position));
        }
        if response.dragged() {
            if let (Some(position), Some((_, end))) =
                (self.position_at(pos), self.selection.ends.as_mut())
            {
                *end = position;
            }
            let past = if pos.y < view.top() {
                pos.y - view.top()
            } else {
                (pos.y - view.bottom()).max(0.0)
            };
            if past != 0.0 {
                self.stick = false;
                self.offset += f64::from(past.clamp(-60.0, 60.0)) / 3.0;
                ui.ctx().request_repaint();
            }
        }
        if response.clicked() {
            self.selection.ends = None;
            self.clicked_at = self.position_at(pos);
            let Some(row) = self.drawn.iter().find(|row| row.rect.contains(pos)).cloned() else {
                return;
            };
            if let Some(fold) = row.fold {
                self.toggle(ui.ctx(), log, fold, row.text.y - view.top());
                ui.ctx().request_repaint();
            } else if let Some(link) = link_at(&row, pos) {
                clicked.link = Some(link);
            }
        }
        let (twice, thrice) = (response.double_clicked(), response.triple_clicked());
        if twice {
            self.select_word(pos);
        }
        if thrice {
            self.select_message(pos);
        }
        if response.drag_stopped() || twice || thrice {
            clicked.actions.extend(self.selected_text(log, scene.zone).map(Action::Select));
        }
    }

    /// The menu of a message, of what is selected, and of who said it.
    fn offer(&mut self, response: &Response, scene: &Scene<'_>, clicked: &mut Clicked) {
        let log = scene.conversation.log();
        if response.clicked_by(PointerButton::Secondary) {
            let pos = response.interact_pointer_pos();
            let row = pos.and_then(|pos| self.drawn.iter().find(|row| row.rect.contains(pos)));
            self.menu_at = row.zip(pos).map(|(row, pos)| (row.seq, link_at(row, pos)));
        }
        let (seq, link) = self.menu_at.clone().unwrap_or_default();
        menu::of(response, |ui| {
            if self.has_selection() && menu::item(ui, "Copy") {
                clicked.actions.extend(self.selected_text(log, scene.zone).map(Action::Copy));
            }
            let Some(line) = log.get(seq) else { return };
            if let Some(link) = link
                && menu::item(ui, "Copy this address")
            {
                clicked.actions.push(Action::Copy(link));
            }
            if menu::item(ui, "Copy this message") {
                clicked.actions.push(Action::Copy(line.what.text.to_owned()));
            }
            if menu::item(ui, "Select all") {
                let last = log.end_seq().saturating_sub(1);
                self.selection.ends = Some(((log.first_seq(), 0), (last, usize::MAX)));
            }
            if !line.what.author.is_empty() {
                ui.separator();
                let (id, name) = (scene.conversation.id(), line.what.author);
                clicked.asked = moderation::offer(ui, scene.model, id, name, &mut clicked.actions);
            }
        });
    }

    /// The position in the text that is under the pointer, or nearest to it.
    fn position_at(&self, pos: Pos2) -> Option<TextPosition> {
        let first = self.drawn.first()?;
        if pos.y < first.rect.top() {
            return Some((first.seq, 0));
        }
        match self.drawn.iter().find(|row| pos.y < row.rect.bottom()) {
            Some(row) => Some((row.seq, char_at(row, pos))),
            None => self.drawn.last().map(|last| (last.seq, last.stored().chars().count())),
        }
    }

    fn select_message(&mut self, pos: Pos2) {
        let row = self.drawn.iter().find(|row| row.rect.contains(pos) && row.is_text());
        if let Some(row) = row {
            let end = row.stored().chars().count();
            self.selection.ends = Some(((row.seq, 0), (row.seq, end)));
        }
    }

    fn select_word(&mut self, pos: Pos2) {
        let Some((seq, at)) = self.position_at(pos) else { return };
        let Some(row) = self.drawn.iter().find(|row| row.seq == seq && row.is_text()) else {
            return;
        };
        let letters: Vec<char> = row.stored().chars().collect();
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        let at = at.min(letters.len());
        let before = letters[..at].iter().rev().take_while(|c| is_part(c)).count();
        let after = letters[at..].iter().take_while(|c| is_part(c)).count();
        self.selection.ends = Some(((seq, at - before), (seq, at + after)));
    }
}

fn char_at(row: &Drawn, pos: Pos2) -> usize {
    if pos.x < row.text.x && pos.y < row.text.y + row.galley.size().y {
        // Beside the text is before it, in whichever direction it runs.
        return 0;
    }
    let seen = row.galley.cursor_from_pos(pos - row.text).ccursor.index;
    row.order.as_ref().map_or(seen, |order| order.position(seen))
}

/// The link under the pointer, in the form in which it would be opened.
fn link_at(row: &Drawn, pos: Pos2) -> Option<String> {
    let inside = Rect::from_min_size(row.text, row.galley.size());
    if !inside.contains(pos) {
        return None;
    }
    let text = row.stored();
    let at = text.char_indices().nth(char_at(row, pos)).map_or(text.len(), |(at, _)| at);
    let found = links(text).into_iter().find(|range| range.contains(&at))?;
    Some(plain_link(&text[found]))
}
