//! Where the person writes: completion, history, and what is pasted.

use std::collections::HashMap;

use egui::epaint::text::PASSWORD_REPLACEMENT_CHAR;
use egui::text::{CCursor, CCursorRange, LayoutJob};
use egui::text_edit::TextEditState;
use egui::{
    Align, Context, Event, Id, Key, Layout, Modifiers, RichText, TextEdit, TextStyle, Ui, vec2,
};

use super::theme::{Palette, primary};
use crate::model::complete::Completion;
use crate::model::{Action, Connection, Conversation, ConversationId, Model};

/// Lines of history that are kept.
const HISTORY: usize = 200;
/// From here to the limit the length is shown.
const NEAR_LIMIT: usize = 200;

/// What is typed, and what was.
#[derive(Debug, Default)]
pub(super) struct Entry {
    drafts: HashMap<ConversationId, String>,
    history: Vec<String>,
    recalled: Option<Recalled>,
    completing: Option<Completing>,
    /// Several lines that were pasted, and where; the person is asked about them.
    pasted: Option<(ConversationId, Vec<String>)>,
    focus: bool,
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

impl Entry {
    pub(super) fn id() -> Id {
        Id::new("what is said")
    }

    pub(super) fn is_asking(&self) -> bool {
        self.pasted.is_some()
    }

    /// Forgets what was pasted. Returns whether there was something.
    pub(super) fn cancel(&mut self) -> bool {
        self.pasted.take().is_some()
    }

    /// Puts a text there to be changed, before what is typed already.
    pub(super) fn edit(&mut self, conversation: ConversationId, text: String) {
        let draft = self.drafts.entry(conversation).or_default();
        let typed = std::mem::take(draft);
        *draft = if typed.is_empty() { text } else { format!("{text} {typed}") };
        self.cursor = Some(draft.chars().count());
        self.focus = true;
    }

    pub(super) fn has_selection(&self, context: &Context) -> bool {
        context.memory(|memory| memory.has_focus(Self::id()))
            && TextEditState::load(context, Self::id())
                .and_then(|state| state.cursor.char_range())
                .is_some_and(|range| range.primary.index != range.secondary.index)
    }

    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        conversation: &Conversation,
        palette: &Palette,
        is_covered: bool,
        actions: &mut Vec<Action>,
    ) {
        let id = Self::id();
        let mut text = self.drafts.remove(&conversation.id()).unwrap_or_default();
        if self.pasted.is_none() && ui.memory(|memory| memory.has_focus(id)) {
            self.take_keys(ui, model, conversation, &mut text, actions);
            self.take_paste(ui, conversation);
        }
        if let Some(cursor) = self.cursor.take() {
            set_cursor(ui.ctx(), id, cursor);
        }
        ui.horizontal(|ui| {
            let name = model.name().map_or("", |name| name.as_str());
            let label = ui.label(RichText::new(name).color(palette.name(name)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let can_send = conversation.is_open();
                if ui.add_enabled(can_send, primary(palette, "Send")).clicked() {
                    self.send(ui.ctx(), model, conversation, &mut text, actions);
                    self.focus = true;
                }
                let hint = if can_send {
                    "Write a message"
                } else {
                    "Nobody reads this; ! runs a command"
                };
                let is_empty = text.is_empty();
                let mut masked = |ui: &Ui, text: &str, _: f32| {
                    let shown = mask(text, model.secret_from(text));
                    let font = TextStyle::Body.resolve(ui.style());
                    let job = LayoutJob::simple_singleline(shown, font, palette.text);
                    ui.fonts(|fonts| fonts.layout_job(job))
                };
                let edit = TextEdit::singleline(&mut text)
                    .id(id)
                    .layouter(&mut masked)
                    .hint_text(hint)
                    // With nothing to complete, Tab leads on as everywhere.
                    .lock_focus(!is_empty)
                    .margin(vec2(8.0, 6.0))
                    .desired_width(f32::INFINITY);
                let response = ui.add(edit).labelled_by(label.id);
                let is_free = ui.memory(|memory| memory.focused().is_none());
                let is_wanted = std::mem::take(&mut self.focus) || is_free && !is_covered;
                if is_wanted && !self.is_asking() {
                    response.request_focus();
                }
            });
        });
        self.below(ui, model, conversation, &text, palette);
        if !text.is_empty() {
            self.drafts.insert(conversation.id(), text);
        }
    }

    fn take_keys(
        &mut self,
        ui: &Ui,
        model: &Model,
        conversation: &Conversation,
        text: &mut String,
        actions: &mut Vec<Action>,
    ) {
        let pressed = |modifiers: Modifiers, key: Key| {
            ui.input_mut(|input| input.consume_key(modifiers, key))
        };
        if pressed(Modifiers::SHIFT, Key::Tab) {
            self.complete(ui.ctx(), model, conversation, text, true);
        }
        if pressed(Modifiers::NONE, Key::Tab) {
            self.complete(ui.ctx(), model, conversation, text, false);
        }
        if pressed(Modifiers::NONE, Key::ArrowUp) {
            self.recall(text, true);
        }
        if pressed(Modifiers::NONE, Key::ArrowDown) {
            self.recall(text, false);
        }
        if pressed(Modifiers::NONE, Key::Enter) {
            self.send(ui.ctx(), model, conversation, text, actions);
        }
    }

    fn send(
        &mut self,
        context: &Context,
        model: &Model,
        conversation: &Conversation,
        text: &mut String,
        actions: &mut Vec<Action>,
    ) {
        if text.trim().is_empty() {
            return;
        }
        if model.question(text).is_some() {
            // It stays, and what is asked about it stands below.
            return;
        }
        if !conversation.is_open() && !model.is_command(text) {
            return;
        }
        self.recalled = None;
        self.completing = None;
        let text = std::mem::take(text);
        if model.secret_from(&text).is_some() {
            forget_edits(context);
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
    fn recall(&mut self, text: &mut String, older: bool) {
        let recalled = self.recalled.take().filter(|recalled| recalled.shown == *text);
        let (at, draft) = match recalled {
            Some(recalled) => (recalled.at, recalled.draft),
            None => (self.history.len(), text.clone()),
        };
        let at = match older {
            true => at.saturating_sub(1),
            false => (at + 1).min(self.history.len()),
        };
        match self.history.get(at) {
            Some(line) => {
                text.clone_from(line);
                self.recalled = Some(Recalled { at, draft, shown: line.clone() });
            }
            None => *text = draft,
        }
        self.cursor = Some(text.chars().count());
    }

    fn complete(
        &mut self,
        context: &Context,
        model: &Model,
        conversation: &Conversation,
        text: &mut String,
        back: bool,
    ) {
        let again = self.completing.take().filter(|completing| completing.shown == *text);
        let mut completing = match again {
            Some(mut completing) => {
                let count = completing.words.len();
                let step = if back { count - 1 } else { 1 };
                completing.at = (completing.at + step) % count;
                completing
            }
            None => {
                let cursor = cursor(context, text);
                let Some(Completion { range, words }) = model.complete(conversation, text, cursor)
                else {
                    return;
                };
                let before = text[..range.start].to_owned();
                let after = text[range.end..].trim_start().to_owned();
                Completing { shown: String::new(), before, after, words, at: 0 }
            }
        };
        let start = format!("{}{}", completing.before, completing.words[completing.at]);
        *text = format!("{start}{}", completing.after);
        self.cursor = Some(start.chars().count());
        completing.shown.clone_from(text);
        self.completing = Some(completing);
    }

    /// One line goes where the cursor is; about several the person is asked.
    fn take_paste(&mut self, ui: &Ui, conversation: &Conversation) {
        ui.input_mut(|input| {
            input.events.retain_mut(|event| {
                let Event::Paste(text) = event else { return true };
                let lines: Vec<String> = text
                    .lines()
                    .map(|line| salotto::protocol::sanitize::message(line).into_owned())
                    .filter(|line| !line.trim().is_empty())
                    .collect();
                if lines.len() > 1 {
                    self.pasted = Some((conversation.id(), lines));
                    return false;
                }
                *text = lines.into_iter().next().unwrap_or_default();
                true
            });
        });
    }

    /// What can be completed, what a command takes, how long the line is, and how it stands with the server.
    fn below(
        &self,
        ui: &mut Ui,
        model: &Model,
        conversation: &Conversation,
        text: &str,
        palette: &Palette,
    ) {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let state = match (model.connection(), model.round_trip()) {
                (Connection::Online, Some(time)) => format!("connected · {} ms", time.as_millis()),
                (Connection::Online, None) => "connected".to_owned(),
                (Connection::Connecting { .. }, _) => "connecting".to_owned(),
                _ => "not connected".to_owned(),
            };
            ui.label(RichText::new(state).small().color(palette.dim));
            let length = text.chars().count();
            if let Some(limit) = model.message_limit().filter(|limit| length + NEAR_LIMIT >= *limit)
            {
                let color = if length > limit { palette.error } else { palette.text };
                let count = format!("{length} of {limit}");
                ui.label(RichText::new(count).small().color(color));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let hint =
                    RichText::new(self.hint(model, conversation, text)).small().color(palette.dim);
                ui.add(egui::Label::new(hint).truncate());
            });
        });
    }

    fn hint(&self, model: &Model, conversation: &Conversation, text: &str) -> String {
        if let Some(completing) = self.completing.as_ref().filter(|is| is.shown == text)
            && completing.words.len() > 1
        {
            let words =
                completing.words.iter().take(12).map(|word| word.trim_end_matches([' ', ':']));
            return words.collect::<Vec<_>>().join("  ");
        }
        if let Some((arguments, help)) = model.hint(text) {
            let arguments = arguments.trim_start();
            let typed = text.trim_end();
            let typed = mask(typed, model.secret_from(typed));
            return format!("{typed} {arguments} \u{2013} {help}");
        }
        if let Some(question) = model.question(text) {
            return question;
        }
        match text.strip_prefix(['!', '/']) {
            Some(typed) if !typed.starts_with(['!', '/']) => {
                let words = model.complete(conversation, text, text.len()).map(|found| found.words);
                words.unwrap_or_default().join(" ")
            }
            _ => String::new(),
        }
    }

    /// Asks what to do with several lines.
    pub(super) fn ask_about_paste(
        &mut self,
        context: &Context,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some((conversation, lines)) = self.pasted.clone() else { return };
        let mut done = false;
        egui::Modal::new(Id::new("paste")).show(context, |ui| {
            ui.set_max_width(440.0);
            ui.label(RichText::new(format!("Paste {} lines?", lines.len())).strong());
            for line in lines.iter().take(6) {
                let line = RichText::new(line).small().color(palette.dim);
                ui.add(egui::Label::new(line).truncate());
            }
            if lines.len() > 6 {
                ui.label(RichText::new("…").small().color(palette.dim));
            }
            ui.horizontal(|ui| {
                let text = format!("Send {} messages", lines.len());
                if ui.add(primary(palette, &text)).clicked() {
                    actions.push(Action::Say { conversation, lines: lines.clone() });
                    done = true;
                }
                if ui.button("Put on one line").clicked() {
                    let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
                    let draft = self.drafts.entry(conversation).or_default();
                    draft.push_str(&joined);
                    self.cursor = Some(draft.chars().count());
                    done = true;
                }
                done |= ui.button("Cancel").clicked();
            });
        });
        if done {
            self.pasted = None;
            self.focus = true;
        }
    }
}

/// The text with what is nobody's business from byte `secret` on as dots.
fn mask(text: &str, secret: Option<usize>) -> String {
    let (shown, hidden) = text.split_at(secret.unwrap_or(text.len()));
    let dots = hidden.chars().map(|_| PASSWORD_REPLACEMENT_CHAR);
    shown.chars().chain(dots).collect()
}

/// Makes Ctrl+Z bring back nothing that was typed before.
fn forget_edits(context: &Context) {
    if let Some(mut state) = TextEditState::load(context, Entry::id()) {
        state.clear_undoer();
        state.store(context, Entry::id());
    }
}

/// Where the cursor is, in bytes.
fn cursor(context: &Context, text: &str) -> usize {
    let at = TextEditState::load(context, Entry::id())
        .and_then(|state| state.cursor.char_range())
        .map_or(usize::MAX, |range| range.primary.index);
    text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
}

fn set_cursor(context: &Context, id: Id, at: usize) {
    let mut state = TextEditState::load(context, id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at))));
    state.store(context, id);
}
