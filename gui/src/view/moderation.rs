//! What is done to a person from their menu: the command, with how long and why asked in a dialog.

use egui::{Context, Key, RichText, TextEdit, Ui};

use super::View;
use super::dialog;
use super::menu;
use super::theme::{Palette, primary, sentence};
use crate::model::{Action, ConversationId, Model};

/// Commands of a menu: the word, what is chosen, and whether the dialog asks for how long, and why.
const OFFERED: [(&str, &str, bool, bool); 6] = [
    ("whois", "Who is this?", false, false),
    ("report", "Report …", false, true),
    ("mute", "Mute …", true, true),
    ("unmute", "Take back a mute", false, false),
    ("kick", "Kick …", false, true),
    ("ban", "Ban …", true, true),
];

/// A command that is about to be run on somebody.
#[derive(Debug)]
pub(super) struct Moderation {
    conversation: ConversationId,
    command: &'static str,
    name: String,
    asks_time: bool,
    time: String,
    reason: String,
}

impl Moderation {
    fn line(&self) -> String {
        let words = [self.command, &self.name, self.time.trim(), self.reason.trim()];
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What can be done with a person, by those who may: the list of commands that the server sends says so. Returns what has to be asked first.
pub(super) fn offer(
    ui: &mut Ui,
    model: &Model,
    conversation: ConversationId,
    name: &str,
    actions: &mut Vec<Action>,
) -> Option<Moderation> {
    if model.name().is_some_and(|own| own.as_str() == name) {
        return None;
    }
    if menu::item(ui, &format!("Talk to {name}")) {
        actions.push(Action::Talk(name.to_owned()));
    }
    let ignores = model.ignores(name);
    if menu::item(ui, if ignores { "Stop ignoring" } else { "Ignore" }) {
        actions.push(Action::Ignore { name: name.to_owned(), ignores: !ignores });
    }
    let mut asked = None;
    let known = |word: &str| model.commands().iter().any(|command| command.path == word);
    let offered = OFFERED.into_iter().filter(|(word, ..)| known(word));
    for (at, (command, label, asks_time, asks_reason)) in offered.enumerate() {
        if at == 0 {
            ui.separator();
        }
        if !menu::item(ui, label) {
            continue;
        }
        let (time, reason) = (String::new(), String::new());
        let name = name.to_owned();
        let chosen = Moderation { conversation, command, name, asks_time, time, reason };
        if asks_time || asks_reason {
            asked = Some(chosen);
        } else {
            actions.push(Action::Run { conversation, line: chosen.line() });
        }
    }
    asked
}

impl View {
    pub(super) fn moderation(
        &mut self,
        context: &Context,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some(asked) = &mut self.moderation else { return };
        let (beside, done) = dialog::show(context, "moderation", 380.0, |ui, is_new| {
            let what = sentence(asked.command);
            ui.heading(format!("{what} {}", asked.name));
            let field = |ui: &mut Ui, label: &str, value: &mut String, hint: &str| {
                let label = ui.label(RichText::new(label).small().color(palette.dim));
                let edit = TextEdit::singleline(value).hint_text(hint);
                let response = ui.add(edit.desired_width(f32::INFINITY)).labelled_by(label.id);
                (response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)), response)
            };
            let mut entered = false;
            if asked.asks_time {
                let hint = "10m, 2h, 3d; empty for no end";
                entered |= field(ui, "For how long", &mut asked.time, hint).0;
            }
            let (reason_entered, reason) =
                field(ui, "Reason", &mut asked.reason, "what everybody may read");
            entered |= reason_entered;
            if is_new {
                reason.request_focus();
            }
            dialog::buttons(ui, |ui| {
                if ui.add(primary(palette, &what)).clicked() || entered {
                    let line = asked.line();
                    actions.push(Action::Run { conversation: asked.conversation, line });
                    return true;
                }
                ui.button("Cancel").clicked()
            })
        });
        if beside || done {
            self.moderation = None;
        }
    }
}
