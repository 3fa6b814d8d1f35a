//! The messages: only the rows that are seen are laid out. The others have a height that was guessed from the widths of their letters,
//! or measured when they were last seen.
//!
//! The position is kept as a row and a distance from its top, so that rows above may turn out higher than guessed without moving what is
//! being read.

mod paint;
mod pointer;
mod scene;
mod selection;
mod unsent;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use egui::{Rect, Sense, Ui, pos2, vec2};

use salotto::EntryId;

use super::heights::Heights;
use super::row::{self, Estimate};
use crate::model::log::{FOLD_FROM, Line, Log};
use crate::model::{Action, Gap};

use row::{Columns, MARGIN};
pub(super) use scene::{Clicked, Scene};
use scene::{Drawn, Fold};
use selection::Selection;

/// What is missing is asked for when one is so many rows away, so that whoever scrolls need not wait.
const AHEAD: u64 = 30;
/// How wide the scroll bar is.
const BAR: f32 = 10.0;

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scroll {
    /// So many pages down.
    Pages(f32),
    Top,
    Bottom,
    /// This line into the upper third.
    To(u64),
}

/// The list of one conversation, between frames.
#[derive(Debug, Default)]
pub(super) struct List {
    heights: Heights,
    /// The line that the first height belongs to.
    first_seq: u64,
    /// How often lines had been put between others when the log was last looked at.
    insertions: usize,
    /// The gap that was last asked about: its line, and what came next to it.
    asked: Option<(u64, EntryId)>,
    /// The width and the scale that the heights belong to.
    fits: (f32, f32),
    estimate: Estimate,
    /// The row by which the position is kept, and how far above the upper edge it begins.
    anchor: u64,
    offset: f64,
    /// Whether the end is shown, and new messages push the others up.
    stick: bool,
    started: bool,
    command: Option<Scroll>,
    /// The first lines of runs of arrivals that are shown one by one.
    expanded: HashSet<u64>,
    /// One past the last line that was seen at the end.
    seen_end: u64,
    /// The first unread line, once it was seen: nobody has to be led there again.
    reached: Option<u64>,
    selection: Selection,
    /// Where one clicked last, from where a click with Shift selects.
    clicked_at: Option<selection::TextPosition>,
    /// The message of the menu that is open, and the link that was under the pointer.
    menu_at: Option<(u64, Option<String>)>,
    grabbed: Option<f64>,
    drawn: Vec<Drawn>,
}

/// Lists of all conversations that were ever in front.
pub(super) type Lists = HashMap<crate::model::ConversationId, List>;

impl List {
    pub(super) fn scroll(&mut self, scroll: Scroll) {
        self.command = Some(scroll);
    }

    pub(super) fn has_selection(&self) -> bool {
        self.selection.range().is_some()
    }

    pub(super) fn show(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) -> Clicked {
        let log = scene.conversation.log();
        if !self.started {
            (self.started, self.stick) = (true, true);
            (self.seen_end, self.insertions) = (log.end_seq(), log.insertions());
        }
        let area = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(area, Sense::click_and_drag());
        let mut view = area;
        view.max.x -= BAR;
        let columns = Columns::in_width(view.width());
        let width = columns.width;
        self.sync(ui.ctx(), log, width);
        let tail = unsent::tail(ui, scene, width);
        let tail_height = unsent::height(&tail) + MARGIN;
        self.take_scrolling(ui, view);
        self.drawn.clear();
        let top = self.settle(ui, scene, view, columns, f64::from(tail_height));
        let total = f64::from(self.heights.total()) + f64::from(tail_height);
        let mut clicked = Clicked::default();
        clicked.actions.extend(self.read_back(scene));
        self.take_pointer(ui, &response, scene, view, &mut clicked);
        paint::rows(ui, scene, view, columns, &self.drawn, &self.selection);
        let tail_top = view.top() + (f64::from(self.heights.total()) - top) as f32;
        for row in &self.drawn {
            let top = row.rect.top() - unsent::height(&row.unsent);
            unsent::paint(ui, scene, view, columns, top, &row.unsent, &mut clicked);
        }
        unsent::paint(ui, scene, view, columns, tail_top, &tail, &mut clicked);
        self.bar(ui, area, top, total);
        self.buttons(ui, scene, view, top);
        if self.stick {
            self.seen_end = log.end_seq();
        }
        clicked
    }

    /// Brings the heights up to what the log has.
    fn sync(&mut self, context: &egui::Context, log: &Log, width: f32) {
        let inserted = self.follow(log);
        let fits = (width, context.pixels_per_point());
        if self.fits != fits {
            self.fits = fits;
            self.heights.clear();
            self.estimate = Estimate::new(context, width);
            self.first_seq = log.first_seq();
        }
        if log.first_seq() > self.first_seq {
            self.heights.cut_front((log.first_seq() - self.first_seq) as usize);
            self.first_seq = log.first_seq();
            self.anchor = self.anchor.max(self.first_seq);
            // Of a run that lost its beginning the rest may be too short to be folded.
            let end = log.folded(self.first_seq).map_or(self.first_seq + 8, |(_, end)| end);
            self.guess_again(context, log, self.first_seq..end.min(log.end_seq()));
        }
        if let Some(lines) = inserted {
            // The one after them may have been the first of its day, or of a run of arrivals.
            let end = log.folded(lines.end).map_or(lines.end + 1, |(_, end)| end);
            self.guess_again(context, log, lines.start.max(self.first_seq)..end);
        }
        let known = self.first_seq + self.heights.len() as u64;
        for line in log.iter_from(known) {
            let run = usize::from(line.run);
            let index = self.heights.len();
            let is_folded = line.run + 1 >= FOLD_FROM
                && !self.expanded.contains(&(line.seq - u64::from(line.run)));
            if is_folded {
                let newly = if line.run + 1 == FOLD_FROM { run } else { 1 };
                for back in 1..=newly.min(index) {
                    self.heights.set(index - back, 0);
                }
                self.heights.push(self.estimate.single());
            } else {
                let height = self.estimate.height(context, &line);
                self.heights.push(height);
            }
        }
    }

    /// Moves along with lines that were put between others. Returns those whose heights have yet to be guessed.
    fn follow(&mut self, log: &Log) -> Option<Range<u64>> {
        let since = std::mem::replace(&mut self.insertions, log.insertions());
        if since == self.insertions {
            return None;
        }
        let first = self.first_seq;
        self.first_seq = log.moved(first, since);
        self.anchor = log.moved(self.anchor, since);
        self.seen_end = log.moved(self.seen_end, since);
        self.reached = self.reached.map(|line| log.moved(line, since));
        self.expanded = self.expanded.iter().map(|line| log.moved(*line, since)).collect();
        if let Some((start, end)) = &mut self.selection.ends {
            (start.0, end.0) = (log.moved(start.0, since), log.moved(end.0, since));
        }
        let (at, count) = log.last_insertion()?;
        if since + 1 != self.insertions || at < first {
            // Much has happened while another conversation was shown: all of it is guessed anew.
            self.heights.clear();
            self.first_seq = log.first_seq();
            return None;
        }
        let index = usize::try_from(at - first).ok()?;
        // Where it is further down than the list has looked, it is new like all there.
        let is_known = index <= self.heights.len();
        is_known.then(|| {
            self.heights.insert(index, count as usize);
            at - count..at
        })
    }

    /// Somebody looks where lines are missing, or is about to. It is asked once for each time that one comes there, and for each page that has come.
    fn read_back(&mut self, scene: &Scene<'_>) -> Option<Action> {
        let conversation = scene.conversation;
        let (first, last) = (self.drawn.first()?.seq, self.drawn.last()?.seq);
        let ahead = if self.stick { 0 } else { AHEAD };
        let gap = conversation
            .gap_in(first.saturating_sub(ahead)..=last + ahead)
            .filter(|_| scene.online);
        if gap.is_some() && conversation.is_reading() {
            return None;
        }
        let asked = gap.map(|gap: &Gap| (gap.line(), gap.edge()));
        if self.asked == asked {
            return None;
        }
        self.asked = asked;
        let line = asked?.0;
        Some(Action::ReadBack { conversation: conversation.id(), line })
    }

    fn guess_again(&mut self, context: &egui::Context, log: &Log, lines: Range<u64>) {
        for seq in lines {
            let Some(line) = log.get(seq) else { return };
            let height = match self.fold_of(log, &line) {
                Some(Fold { lines, is_open: false }) if seq + 1 < lines.1 => 0,
                Some(Fold { is_open: false, .. }) => self.estimate.single(),
                _ => self.estimate.height(context, &line),
            };
            self.heights.set((seq - self.first_seq) as usize, height);
        }
    }

    /// The fold that this line belongs to.
    fn fold_of(&self, log: &Log, line: &Line<'_>) -> Option<Fold> {
        let lines = log.folded(line.seq)?;
        Some(Fold { lines, is_open: self.expanded.contains(&lines.0) })
    }

    /// Shows the arrivals of a fold one by one, or again as one row. What was clicked, `below` the upper edge, stays under the pointer.
    fn toggle(&mut self, context: &egui::Context, log: &Log, fold: Fold, below: f32) {
        let (first, end) = fold.lines;
        if fold.is_open {
            self.expanded.remove(&first);
        } else {
            self.expanded.insert(first);
        }
        self.guess_again(context, log, first..end);
        let stays = if fold.is_open { end - 1 } else { first };
        (self.anchor, self.offset, self.stick) = (stays, -f64::from(below), false);
    }

    fn take_scrolling(&mut self, ui: &Ui, view: Rect) {
        let over = ui.rect_contains_pointer(view);
        let wheel = if over { ui.input(|input| input.smooth_scroll_delta.y) } else { 0.0 };
        let mut down = -f64::from(wheel);
        match self.command.take() {
            Some(Scroll::Pages(pages)) => {
                down += f64::from(pages) * f64::from((view.height() - 40.0).max(40.0));
            }
            Some(Scroll::Top) => {
                (self.anchor, self.offset, self.stick) = (self.first_seq, 0.0, false);
            }
            Some(Scroll::Bottom) => self.stick = true,
            Some(Scroll::To(seq)) => {
                let third = f64::from(view.height()) / 3.0;
                (self.anchor, self.offset, self.stick) = (seq, -third, false);
            }
            None => {}
        }
        if down != 0.0 {
            self.stick = false;
            self.offset += down;
        }
    }

    /// Lays out what is seen until all of it has its measured height, keeps the position by it, and returns how far down the
    /// upper edge is.
    fn settle(
        &mut self,
        ui: &Ui,
        scene: &mut Scene<'_>,
        view: Rect,
        columns: Columns,
        tail: f64,
    ) -> f64 {
        let height = f64::from(view.height());
        let mut top = 0.0;
        for _ in 0..10 {
            let bottom = (f64::from(self.heights.total()) + tail - height).max(0.0);
            top = if self.stick { bottom } else { self.wanted_top() }.clamp(0.0, bottom);
            if !self.lay_out(ui, scene, view, columns, top) {
                self.stick = top >= bottom - 1.0;
                break;
            }
        }
        // Best by a row that stays as it is, whatever is put above it.
        let log = scene.conversation.log();
        let is_edge = |seq| log.get(seq).is_none_or(|line| line.what.kind.is_edge());
        let stays = self.drawn.iter().find(|row| !row.day && !is_edge(row.seq));
        if let Some(row) = stays.or(self.drawn.first()) {
            self.anchor = row.seq;
            self.offset = top - self.row_top(row.seq);
        }
        top
    }

    fn row_top(&self, seq: u64) -> f64 {
        f64::from(self.heights.before(seq.saturating_sub(self.first_seq) as usize))
    }

    fn wanted_top(&self) -> f64 {
        self.row_top(self.anchor) + self.offset
    }

    /// Lays out the rows from `top` on and returns whether any had another height than was thought.
    fn lay_out(
        &mut self,
        ui: &Ui,
        scene: &mut Scene<'_>,
        view: Rect,
        columns: Columns,
        top: f64,
    ) -> bool {
        self.drawn.clear();
        let log = scene.conversation.log();
        let mut index = self.heights.at(top as u32);
        let mut y = f64::from(self.heights.before(index));
        let mut changed = false;
        while index < self.heights.len() && y < top + f64::from(view.height()) {
            let known = self.heights.get(index);
            let seq = self.first_seq + index as u64;
            index += 1;
            let Some(line) = log.get(seq).filter(|_| known > 0) else { continue };
            let fold = self.fold_of(log, &line);
            let closed = fold.filter(|fold| !fold.is_open).map(|fold| fold.lines);
            if closed.is_some_and(|(_, end)| seq + 1 < end) {
                self.heights.set(index - 1, 0);
                changed = true;
                continue;
            }
            let day = match closed {
                Some((first, _)) => log.get(first).is_some_and(|first| first.new_day),
                None => line.new_day,
            };
            let (galley, order) = paint::galley(ui, scene, &line, closed, columns.width);
            let above = row::above(&Line { new_day: day, ..line });
            let height = (galley.rect.height() + row::PADDING + above).ceil();
            // The first line also has what failed before those that are gone, and a fold what failed within it.
            let from = if index == 1 { 0 } else { closed.map_or(seq, |(first, _)| first) };
            let unsent = unsent::before(ui, scene, from..=seq, columns.width);
            let unsent_height = unsent::height(&unsent);
            let whole = (height + unsent_height).ceil() as u32;
            if whole != known {
                self.heights.set(index - 1, whole);
                changed = true;
            }
            let row_top = view.top() + (y - top) as f32 + unsent_height;
            let rect = Rect::from_min_size(pos2(view.left(), row_top), vec2(view.width(), height));
            let text = pos2(view.left() + columns.text, row_top + above + row::PADDING / 2.0);
            self.drawn.push(Drawn { seq, rect, text, galley, order, fold, day, unsent });
            y += f64::from(whole);
        }
        changed
    }

    fn bar(&mut self, ui: &mut Ui, area: Rect, top: f64, total: f64) {
        let height = f64::from(area.height());
        if total <= height {
            return;
        }
        let mut track = area;
        track.min.x = area.right() - BAR;
        let handle_height = (height * height / total).clamp(28.0_f64.min(height), height);
        let travel = height - handle_height;
        let handle_top = top / (total - height) * travel;
        let handle = Rect::from_min_size(
            pos2(track.left(), track.top() + handle_top as f32),
            vec2(BAR, handle_height as f32),
        );
        let response = ui.interact(track, ui.id().with("bar"), Sense::click_and_drag());
        match response.interact_pointer_pos() {
            Some(pos) if response.is_pointer_button_down_on() => {
                let y = f64::from(pos.y - track.top());
                let inside = y - handle_top;
                let middle = handle_height / 2.0;
                let is_on = (0.0..handle_height).contains(&inside);
                let grabbed = *self.grabbed.get_or_insert(if is_on { inside } else { middle });
                let wanted = ((y - grabbed) / travel.max(1.0)).clamp(0.0, 1.0) * (total - height);
                let index = self.heights.at(wanted as u32);
                self.anchor = self.first_seq + index as u64;
                self.offset = wanted - f64::from(self.heights.before(index));
                self.stick = wanted >= total - height - 1.0;
                ui.ctx().request_repaint();
            }
            _ => self.grabbed = None,
        }
        let color = ui.style().interact(&response).fg_stroke.color;
        let color = if self.grabbed.is_some() { color } else { color.gamma_multiply(0.5) };
        ui.painter().rect_filled(handle.shrink2(vec2(2.0, 1.0)), 3.0, color);
    }

    /// What leads to where something new is.
    fn buttons(&mut self, ui: &mut Ui, scene: &Scene<'_>, view: Rect, top: f64) {
        let log = scene.conversation.log();
        let size = vec2(170.0, 30.0);
        if !self.stick {
            let new =
                log.iter_from(self.seen_end).filter(|line| line.what.kind.is_talk()).take(100);
            let text = match new.count() {
                0 => "Jump to the end".to_owned(),
                1 => "1 new message".to_owned(),
                100 => "99+ new messages".to_owned(),
                count => format!("{count} new messages"),
            };
            let center = pos2(view.center().x, view.bottom() - 24.0);
            let button = super::theme::primary(scene.palette, &text);
            if ui.put(Rect::from_center_size(center, size), button).clicked() {
                self.stick = true;
                ui.ctx().request_repaint();
            }
        }
        let unread = scene.conversation.first_unread().filter(|seq| *seq >= self.first_seq);
        if let Some(unread) = unread.filter(|unread| self.reached != Some(*unread)) {
            if self.row_top(unread) >= top {
                if scene.focused {
                    self.reached = Some(unread);
                }
                return;
            }
            let center = pos2(view.center().x, view.top() + 24.0);
            let button = super::theme::primary(scene.palette, "Jump to unread");
            if ui.put(Rect::from_center_size(center, size), button).clicked() {
                self.scroll(Scroll::To(unread));
                ui.ctx().request_repaint();
            }
        }
    }
}
