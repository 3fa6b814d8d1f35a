//! Search in the lines of a conversation.

use egui::{Context, Frame, Id, Key, Margin, Modifiers, RichText, TextEdit, TopBottomPanel};

use super::theme::Palette;
use crate::model::text::fold;
use crate::model::{Conversation, ConversationId};

/// Where a search leads.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// To this line.
    To(u64),
    /// To the server, with these words: what it finds is told at the end.
    Ask(String),
}

/// What is searched for, and where it was found.
#[derive(Debug, Default)]
pub(super) struct Find {
    open: bool,
    focus: bool,
    typed: String,
    folded: String,
    conversation_id: Option<ConversationId>,
    /// Lines that have it, the oldest first.
    found: Vec<u64>,
    /// The line that the last step led to.
    at: Option<u64>,
    /// One past the last line that was looked at.
    looked: u64,
    /// How often lines had been put between others by then.
    insertions: usize,
}

impl Find {
    pub(super) fn open(&mut self) {
        (self.open, self.focus) = (true, true);
    }

    pub(super) fn close(&mut self) {
        self.open = false;
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// What is to be marked, folded.
    pub(super) fn query(&self) -> &str {
        if self.open { &self.folded } else { "" }
    }

    /// Shows the bar where it is open, for what is in front. `asks` is whether the server can search, too.
    pub(super) fn show(
        &mut self,
        context: &Context,
        active: &Conversation,
        palette: &Palette,
        asks: bool,
    ) -> Option<Step> {
        if !self.open {
            return None;
        }
        let id = Id::new("find");
        let is_here = context.memory(|memory| memory.has_focus(id));
        let mut step = None;
        context.input_mut(|input| {
            for (modifiers, key, back) in [
                (Modifiers::SHIFT, Key::F3, true),
                (Modifiers::NONE, Key::F3, false),
                (Modifiers::SHIFT, Key::Enter, true),
                (Modifiers::NONE, Key::Enter, false),
            ] {
                // The search begins with the newest line and goes back.
                if (key == Key::F3 || is_here) && input.consume_key(modifiers, key) {
                    step = Some(!back);
                }
            }
        });
        let frame = Frame::new().fill(palette.side).inner_margin(Margin::symmetric(10, 4));
        TopBottomPanel::top("find bar")
            .frame(frame)
            .show(context, |ui| {
                ui.horizontal(|ui| {
                    let label = ui.label(RichText::new("Search").small());
                    let edit = TextEdit::singleline(&mut self.typed).id(id).desired_width(180.0);
                    let response = ui.add(edit).labelled_by(label.id);
                    if std::mem::take(&mut self.focus) {
                        response.request_focus();
                    }
                    if ui.small_button("Older").clicked() {
                        step = Some(true);
                    }
                    if ui.small_button("Newer").clicked() {
                        step = Some(false);
                    }
                    if self.look(active) && !self.folded.is_empty() {
                        step = Some(true);
                    }
                    let mut led = step.and_then(|back| self.step(back)).map(Step::To);
                    ui.label(RichText::new(self.summary()).small().color(palette.dim));
                    if asks && !self.folded.is_empty() && ui.small_button("On the server").clicked()
                    {
                        led = Some(Step::Ask(self.typed.clone()));
                    }
                    if ui.small_button("Close").clicked() {
                        self.close();
                    }
                    led
                })
                .inner
            })
            .inner
    }

    /// Looks at what was not looked at yet. Returns whether something else is searched for than before.
    fn look(&mut self, conversation: &Conversation) -> bool {
        let folded = fold(&self.typed);
        let is_new = folded != self.folded || self.conversation_id != Some(conversation.id());
        if is_new {
            self.folded = folded;
            self.conversation_id = Some(conversation.id());
            self.found.clear();
            self.at = None;
            self.looked = 0;
        }
        let log = conversation.log();
        if self.insertions != log.insertions() {
            let since = if is_new { 0 } else { self.insertions };
            self.at = self.at.map(|line| log.moved(line, since));
            self.found.clear();
            self.looked = 0;
            self.insertions = log.insertions();
        }
        let gone = self.found.partition_point(|seq| *seq < log.first_seq());
        self.found.drain(..gone);
        if !self.folded.is_empty() {
            let found = log.iter_from(self.looked).filter(|line| {
                fold(line.what.text).contains(&self.folded)
                    || fold(line.what.author).contains(&self.folded)
            });
            self.found.extend(found.map(|line| line.seq));
        }
        self.looked = log.end_seq();
        is_new
    }

    /// The one before (or after) the last; the newest at first, and around the ends.
    fn step(&mut self, back: bool) -> Option<u64> {
        let next = match self.at {
            None => self.found.last(),
            Some(at) if back => {
                let before = self.found.partition_point(|seq| *seq < at);
                before
                    .checked_sub(1)
                    .and_then(|before| self.found.get(before))
                    .or(self.found.last())
            }
            Some(at) => {
                let after = self.found.partition_point(|seq| *seq <= at);
                self.found.get(after).or(self.found.first())
            }
        };
        self.at = next.copied();
        self.at
    }

    fn summary(&self) -> String {
        match (self.folded.as_str(), self.found.len(), self.at) {
            ("", ..) => String::new(),
            (_, 0, _) => "not found".to_owned(),
            (_, count, None) => format!("{count} found"),
            (_, count, Some(at)) => {
                format!("{} of {count}", self.found.partition_point(|seq| *seq <= at))
            }
        }
    }
}
