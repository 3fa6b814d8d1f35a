//! Where the person writes, in all conversations.

mod field;

use std::collections::HashMap;

use egui::epaint::text::PASSWORD_REPLACEMENT_CHAR;
use egui::text::LayoutJob;
use egui::{
    Align, Button, Context, Event, Id, InputState, Label, Layout, PointerButton, Response,
    RichText, TextEdit, TextStyle, Ui, vec2,
};

use super::dialog;
use super::letters;
use super::menu;
use super::theme::{Palette, primary};
use crate::model::{Action, Connection, Conversation, ConversationId, Kind, Model};
use field::Field;

/// From here to the limit the length is shown.
const NEAR_LIMIT: usize = 200;

/// What is typed, and what is pasted.
#[derive(Debug, Default)]
pub(super) struct Entry {
    fields: HashMap<ConversationId, Field>,
    /// Several lines that were pasted, and where; the person is asked about them.
    pasted: Option<(ConversationId, Vec<String>)>,
    focus: bool,
}

impl Entry {
    pub(super) fn is_asking(&self) -> bool {
        self.pasted.is_some()
    }

    /// Forgets what was pasted. Returns whether there was something.
    pub(super) fn cancel(&mut self) -> bool {
        self.pasted.take().is_some()
    }

    /// The field has the keyboard from the next frame on.
    pub(super) fn want_focus(&mut self) {
        self.focus = true;
    }

    /// Forgets what was typed in conversations that are closed.
    pub(super) fn retain(&mut self, is_open: impl Fn(ConversationId) -> bool) {
        self.fields.retain(|id, _| is_open(*id));
    }

    /// Puts a text there to be changed, before what is typed already.
    pub(super) fn edit(&mut self, conversation: ConversationId, text: String) {
        let field = self.field(conversation);
        let typed = std::mem::take(&mut field.text);
        field.set(if typed.is_empty() { text } else { format!("{text} {typed}") });
        self.focus = true;
    }

    pub(super) fn has_selection(&self, context: &Context, conversation: ConversationId) -> bool {
        self.fields.get(&conversation).is_some_and(|field| {
            context.memory(|memory| memory.has_focus(field.id))
                && field.selection(context).is_some()
        })
    }

    fn field(&mut self, conversation: ConversationId) -> &mut Field {
        let new = || Field::new(Id::new(("what is said", conversation)));
        self.fields.entry(conversation).or_insert_with(new)
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
        let id = self.field(conversation.id()).id;
        if self.pasted.is_none() && ui.memory(|memory| memory.has_focus(id)) {
            let field = self.field(conversation.id());
            field.take_hurried(ui);
            field.take_keys(ui, model, conversation, actions);
            self.take_paste(ui, conversation);
        }
        self.field(conversation.id()).move_cursor(ui.ctx());
        queue(ui, conversation, palette, actions);
        let is_free = ui.memory(|memory| memory.focused().is_none());
        let is_wanted = std::mem::take(&mut self.focus) || is_free && !is_covered;
        let is_wanted = is_wanted && !self.is_asking();
        let field = self.field(conversation.id());
        let done = ui.horizontal(|ui| {
            let name = model.name().map_or("", |name| name.as_str());
            let label = ui.label(RichText::new(name).color(palette.name(name)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let can_send = conversation.is_open();
                let sends = ui.add_enabled(can_send, primary(palette, "Send")).clicked();
                let response =
                    text_edit(ui, model, field, palette, conversation).labelled_by(label.id);
                if is_wanted {
                    response.request_focus();
                }
                // What was typed in the same frame belongs to it.
                if sends {
                    field.send(ui.ctx(), model, conversation, actions);
                }
                sends | offer(&response, field, actions)
            })
            .inner
        });
        self.focus |= done.inner;
        below(ui, model, conversation, self.field(conversation.id()), palette);
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

    /// Asks what to do with several lines.
    pub(super) fn ask_about_paste(
        &mut self,
        context: &Context,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some((conversation, lines)) = self.pasted.clone() else { return };
        let mut done = false;
        dialog::show(context, "paste", 440.0, |ui, is_new| {
            ui.label(RichText::new(format!("Paste {} lines?", lines.len())).strong());
            for line in lines.iter().take(6) {
                let line = RichText::new(line).small().color(palette.dim);
                ui.add(Label::new(line).truncate());
            }
            if lines.len() > 6 {
                ui.label(RichText::new("…").small().color(palette.dim));
            }
            dialog::buttons(ui, |ui| {
                let text = format!("Send {} messages", lines.len());
                let send = ui.add(primary(palette, &text));
                if is_new {
                    send.request_focus();
                }
                if send.clicked() {
                    actions.push(Action::Say { conversation, lines: lines.clone() });
                    done = true;
                }
                if ui.button("Put on one line").clicked() {
                    let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
                    let field = self.field(conversation);
                    let typed = std::mem::take(&mut field.text);
                    field.set(typed + &joined);
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

fn text_edit(
    ui: &mut Ui,
    model: &Model,
    field: &mut Field,
    palette: &Palette,
    conversation: &Conversation,
) -> Response {
    let can_send = conversation.is_open();
    let hint = match conversation.kind() {
        Kind::Direct(name) => format!("Only {name} reads this"),
        _ if can_send => "Write a message".to_owned(),
        _ => "Nobody reads this; ! runs a command".to_owned(),
    };
    let mut masked = |ui: &Ui, text: &str, _: f32| {
        let shown = mask(text, model.secret_from(text));
        let font = TextStyle::Body.resolve(ui.style());
        let job = LayoutJob::simple_singleline(shown, font, palette.text);
        letters::lay_out(ui.ctx(), job)
    };
    // With nothing to complete, Tab leads on as everywhere.
    let holds_tab = !field.text.is_empty();
    let (id, context) = (field.id, ui.ctx().clone());
    let selected = field.range(&context);
    let edit = TextEdit::singleline(&mut field.text)
        .id(id)
        .layouter(&mut masked)
        .hint_text(RichText::new(hint).color(palette.dim))
        .lock_focus(holds_tab)
        .margin(vec2(8.0, 6.0))
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    let is_for_menu = |input: &InputState| {
        input.pointer.secondary_down() || input.pointer.button_released(PointerButton::Secondary)
    };
    if let Some(selected) = selected.filter(|_| response.hovered() && ui.input(is_for_menu)) {
        // What is selected is what the menu is about.
        field.set_cursor(&context, selected);
    }
    response
}

/// The menu of the field. Returns whether something was done, and the field wants the keyboard back.
fn offer(response: &Response, field: &mut Field, actions: &mut Vec<Action>) -> bool {
    let context = response.ctx.clone();
    let mut done = false;
    menu::of(response, |ui| {
        for (label, cuts) in [("Cut", true), ("Copy", false)] {
            let selects = field.selection(&context).is_some();
            if ui.add_enabled(selects, Button::new(label)).clicked() {
                actions.extend(field.take_selected(&context, cuts).map(Action::Copy));
                done = true;
            }
        }
        if ui.button("Paste").clicked() {
            actions.push(Action::Paste);
            done = true;
        }
        if ui.button("Select all").clicked() {
            field.select_all(&context);
            done = true;
        }
        if done {
            ui.close_menu();
        }
    });
    done
}

/// How many of several lines are still to be sent, and what can be done about it.
fn queue(ui: &mut Ui, conversation: &Conversation, palette: &Palette, actions: &mut Vec<Action>) {
    let (queue, id) = (conversation.queue(), conversation.id());
    if queue.is_empty() {
        return;
    }
    let lines = if queue.len() == 1 { "1 line".into() } else { format!("{} lines", queue.len()) };
    let (text, color) = match queue.stopped() {
        None => (format!("{lines} still to be sent, one after the other"), palette.dim),
        Some(reason) => (format!("{lines} not sent: {reason}"), palette.error),
    };
    let size = vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        let is_stopped = queue.stopped().is_some();
        if ui.small_button(if is_stopped { "Discard" } else { "Stop" }).clicked() {
            actions.push(Action::Stop(id));
        }
        if is_stopped && ui.small_button("Send on").clicked() {
            actions.push(Action::GoOn(id));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(text).small().color(color)).truncate());
        });
    });
}

/// What can be completed, what a command takes, how long the line is, and how it stands with the server.
fn below(
    ui: &mut Ui,
    model: &Model,
    conversation: &Conversation,
    field: &Field,
    palette: &Palette,
) {
    let text = field.text.as_str();
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let (state, color) = match (model.connection(), model.round_trip()) {
            (Connection::Online, _) if model.is_silent() => {
                ("the server does not answer".to_owned(), palette.error)
            }
            (Connection::Online, Some(time)) => {
                (format!("connected · {} ms", time.as_millis()), palette.dim)
            }
            (Connection::Online, None) => ("connected".to_owned(), palette.dim),
            (Connection::Connecting { .. }, _) => ("connecting".to_owned(), palette.dim),
            _ => ("not connected".to_owned(), palette.dim),
        };
        ui.label(RichText::new(state).small().color(color));
        let length = text.chars().count();
        if let Some(limit) = model.message_limit().filter(|limit| length + NEAR_LIMIT >= *limit) {
            let color = if length > limit { palette.error } else { palette.text };
            let count = format!("{length} of {limit}");
            ui.label(RichText::new(count).small().color(color));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let (hint, color) = match model.too_long(conversation, text) {
                Some(reason) => (reason, palette.error),
                None => (hint(model, conversation, field), palette.dim),
            };
            ui.add(Label::new(RichText::new(hint).small().color(color)).truncate());
        });
    });
}

fn hint(model: &Model, conversation: &Conversation, field: &Field) -> String {
    let text = field.text.as_str();
    if let Some(words) = field.choices() {
        let words = words.iter().take(12).map(|word| word.trim_end_matches([' ', ':']));
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

/// The text with what is nobody's business from byte `secret` on as dots.
fn mask(text: &str, secret: Option<usize>) -> String {
    let (shown, hidden) = text.split_at(secret.unwrap_or(text.len()));
    let dots = hidden.chars().map(|_| PASSWORD_REPLACEMENT_CHAR);
    shown.chars().chain(dots).collect()
}
