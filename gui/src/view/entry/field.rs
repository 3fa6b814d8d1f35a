//! What is typed in one conversation, and what was: nothing of a private talk comes up in a room.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Context, Event, Id, Key, Modifiers, Ui};

use crate::model::complete::Completion;
use crate::model::{Action, Conversation, Model};

/// Lines of history that are kept.
const HISTORY: usize = 200;

/// See the module.
#[derive(Debug)]
pub(super) struct Field {
    /// Of the text field: each has its own steps to take back.
    pub(super) id: Id,
    pub(super) text: String,
    history: Vec<String>,
    recalled: Option<Recalled>,
    completing: Option<Completing>,
    /// Where the cursor goes, in characters; set where the text was changed by something else than typing.
    cursor: Option<usize>,
}

/// A line of history is shown.
#[derive(Debug)]
struct Recalled {
    at: usize,
    /// What was typed before.
    draft: String,
    /// What is shown; changed, it is a new draft.
    shown: String,
}

/// Tab was pressed, and may be again.
#[derive(Debug)]
struct Completing {
    /// The line as completion left it; changed, completion begins anew.
    shown: String,
    /// What stands before and after the word.
    before: String,
    after: String,
    words: Vec<String>,
    at: usize,
}

impl Field {
    pub(super) fn new(id: Id) -> Self {
        let (text, history) = Default::default();
        Self { id, text, history, recalled: None, completing: None, cursor: None }
    }

    /// Puts another text there, with the cursor at its end.
    pub(super) fn set(&mut self, text: String) {
        self.cursor = Some(text.chars().count());
        self.text = text;
    }

    /// What was typed right before a click belongs to the line, though the click takes the keyboard away.
    pub(super) fn take_hurried(&mut self, ui: &Ui) {
        let is_press = |event: &Event| matches!(event, Event::PointerButton { pressed: true, .. });
        let typed: Vec<String> = ui.input_mut(|input| {
            let Some(click) = input.events.iter().position(is_press) else { return Vec::new() };
            let (before, after) = input.events.split_at(click);
            let typed = before.iter().filter_map(|event| match event {
                Event::Text(text) => Some(text.clone()),
                _ => None,
            });
            let typed = typed.collect();
            let others = before.iter().filter(|event| !matches!(event, Event::Text(_)));
            input.events = others.chain(after).cloned().collect();
            typed
        });
        for text in typed {
            self.take_selected(ui.ctx(), true);
            self.move_cursor(ui.ctx());
            let at = self.cursor(ui.ctx());
            self.text.insert_str(at, &text);
            self.cursor = Some(self.text[..at].chars().count() + text.chars().count());
            self.move_cursor(ui.ctx());
        }
    }

    pub(super) fn take_keys(
        &mut self,
        ui: &Ui,
        model: &Model,
        conversation: &Conversation,
        actions: &mut Vec<Action>,
    ) {
        let pressed = |modifiers: Modifiers, key: Key| {
            ui.input_mut(|input| input.consume_key(modifiers, key))
        };
        if pressed(Modifiers::SHIFT, Key::Tab) {
            self.complete(ui.ctx(), model, conversation, true);
        }
        if pressed(Modifiers::NONE, Key::Tab) {
            self.complete(ui.ctx(), model, conversation, false);
        }
        if pressed(Modifiers::NONE, Key::ArrowUp) {
            self.recall(true);
        }
        if pressed(Modifiers::NONE, Key::ArrowDown) {
            self.recall(false);
        }
        if pressed(Modifiers::NONE, Key::Enter) {
            self.send(ui.ctx(), model, conversation, actions);
        }
    }

    /// Sends what is typed. What cannot be sent stays, and below it stands why.
    pub(super) fn send(
        &mut self,
        context: &Context,
        model: &Model,
        conversation: &Conversation,
        actions: &mut Vec<Action>,
    ) {
        let is_command = model.is_command(&self.text);
        let stays = self.text.trim().is_empty()
            || model.question(&self.text).is_some()
            || model.too_long(conversation, &self.text).is_some()
            || !conversation.is_open() && !is_command;
        if stays {
            return;
        }
        self.recalled = None;
        self.completing = None;
        let text = std::mem::take(&mut self.text);
        if model.secret_from(&text).is_some() {
            self.forget_edits(context);
        } else {
            self.remember(&text);
        }
        actions.push(Action::Send { conversation: conversation.id(), text });
    }

    fn remember(&mut self, line: &str) {
        if self.history.last().is_some_and(|last| last == line) {
            return;
        }
        self.history.push(line.to_owned());
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
    }

    /// Shows an older line of history, or a newer one, or what was typed before.
    fn recall(&mut self, older: bool) {
        let recalled = self.recalled.take().filter(|recalled| recalled.shown == self.text);
        let (at, draft) = match recalled {
            Some(recalled) => (recalled.at, recalled.draft),
            None => (self.history.len(), self.text.clone()),
        };
        let at = match older {
            true => at.saturating_sub(1),
            false => (at + 1).min(self.history.len()),
        };
        match self.history.get(at).cloned() {
            Some(line) => {
                self.recalled = Some(Recalled { at, draft, shown: line.clone() });
                self.set(line);
            }
            None => self.set(draft),
        }
    }

    fn complete(
        &mut self,
        context: &Context,
        model: &Model,
        conversation: &Conversation,
        back: bool,
    ) {
        let again = self.completing.take().filter(|completing| completing.shown == self.text);
        let mut completing = match again {
            Some(mut completing) => {
                let count = completing.words.len();
                let step = if back { count - 1 } else { 1 };
                completing.at = (completing.at + step) % count;
                completing
            }
            None => {
                let cursor = self.cursor(context);
                let Some(Completion { range, words }) =
                    model.complete(conversation, &self.text, cursor)
                else {
                    return;
                };
                let before = self.text[..range.start].to_owned();
                let after = self.text[range.end..].trim_start().to_owned();
                Completing { shown: String::new(), before, after, words, at: 0 }
            }
        };
        let start = format!("{}{}", completing.before, completing.words[completing.at]);
        self.text = format!("{start}{}", completing.after);
        self.cursor = Some(start.chars().count());
        completing.shown.clone_from(&self.text);
        self.completing = Some(completing);
    }

    /// What Tab has to choose from, where it was pressed and there are several.
    pub(super) fn choices(&self) -> Option<&[String]> {
        let completing = self.completing.as_ref().filter(|is| is.shown == self.text)?;
        (completing.words.len() > 1).then_some(&completing.words)
    }

    /// What is selected, in characters.
    pub(super) fn selection(&self, context: &Context) -> Option<Range<usize>> {
        let range = self.range(context)?;
        let (one, other) = (range.primary.index, range.secondary.index);
        let end = one.max(other).min(self.text.chars().count());
        (one.min(other) < end).then(|| one.min(other)..end)
    }

    /// The text that is selected, which is taken out where it is cut.
    pub(super) fn take_selected(&mut self, context: &Context, cuts: bool) -> Option<String> {
        let range = self.selection(context)?;
        let selected = self.text.chars().skip(range.start).take(range.len()).collect();
        if cuts {
            let start = self.text.chars().take(range.start);
            self.text = start.chain(self.text.chars().skip(range.end)).collect();
            self.cursor = Some(range.start);
        }
        Some(selected)
    }

    pub(super) fn select_all(&self, context: &Context) {
        let end = CCursor::new(self.text.chars().count());
        self.set_cursor(context, CCursorRange::two(CCursor::new(0), end));
    }

    /// Brings the cursor to where it belongs, before the field is shown.
    pub(super) fn move_cursor(&mut self, context: &Context) {
        if let Some(at) = self.cursor.take() {
            self.set_cursor(context, CCursorRange::one(CCursor::new(at)));
        }
    }

    pub(super) fn range(&self, context: &Context) -> Option<CCursorRange> {
        TextEditState::load(context, self.id)?.cursor.char_range()
    }

    pub(super) fn set_cursor(&self, context: &Context, range: CCursorRange) {
        let mut state = TextEditState::load(context, self.id).unwrap_or_default();
        state.cursor.set_char_range(Some(range));
        state.store(context, self.id);
    }

    /// Where the cursor is, in bytes.
    fn cursor(&self, context: &Context) -> usize {
        let at = self.range(context).map_or(usize::MAX, |range| range.primary.index);
        self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte)
    }

    /// Makes Ctrl+Z bring back nothing that was typed before.
    fn forget_edits(&self, context: &Context) {
        if let Some(mut state) = TextEditState::load(context, self.id) {
            state.clear_undoer();
            state.store(context, self.id);
        }
    }
}
