//! What is asked where it is not sure who answers, and what the lock means.

use egui::{Context, Frame, Key, Label, Margin, RichText, Ui};
use salotto::protocol::sanitize::excerpt;
use salotto::protocol::{Certificate, Fingerprint};

use super::View;
use super::dialog;
use super::theme::{self, Palette, primary, sentence};
use crate::model::time::{date, seconds};
use crate::model::{Action, Believed, Doubt, Model, Privacy};

/// How wide the dialogs are: half a fingerprint fits a line.
const WIDTH: f32 = 480.0;
/// Where a fingerprint is broken: after eight of its sixteen groups.
const HALF: usize = 39;
/// What is shown of the names in a certificate, in bytes.
const LONGEST_NAMES: usize = 200;

impl View {
    /// Asks what has to be decided before anything is sent. Only buttons and Escape answer: who clicks beside it, or presses Enter once too often, has decided nothing.
    pub(super) fn ask_whom_to_believe(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let Some(doubt) = model.doubt() else {
            self.is_sure = false;
            return;
        };
        let address = model.connection_settings().address();
        match doubt {
            Doubt::New { certificate, why } => {
                dialog::show(context, "new", WIDTH, |ui, is_new| {
                    ui.heading("Is this the right server?");
                    wrapped(
                        ui,
                        format!(
                            "The connection to {address} is encrypted, but it is not sure who is at the other end: {why}. Whoever runs the server can tell you its fingerprint, which `salotto cert show` prints. If it is this one, nobody is in between:"
                        ),
                    );
                    fingerprint(ui, palette, certificate.fingerprint);
                    dim(
                        ui,
                        palette,
                        "It is remembered, and you are asked again only if it changes. Nothing was sent yet.",
                    );
                    dialog::buttons(ui, |ui| {
                        if ui.add(primary(palette, "Trust and connect")).clicked() {
                            actions.push(Action::Accept(certificate.fingerprint));
                        }
                        leave(ui, is_new, actions);
                    });
                });
            }
            Doubt::Changed { known, found, why } => {
                let heading = "This may be somebody else";
                let accepted = Action::Accept(found.fingerprint);
                let told = "I have asked, and the new fingerprint is right";
                let question = Loud { heading, told, button: "Trust the new one", accepted };
                self.ask_loudly(context, palette, question, actions, |ui| {
                    wrapped(ui, format!("{address} has another certificate than before. Somebody may have put themselves between you and the server, to read along or to learn your password. Or the operator has made a new one. Ask them, on another way than this, before you go on."));
                    match known {
                        Believed::Accepted { fingerprint: known, since } => {
                            let since = date(seconds(since.system_time()), model.zone());
                            dim(ui, palette, &format!("What you have trusted since {since}:"));
                            fingerprint(ui, palette, *known);
                        }
                        Believed::Vouched => {
                            let why = if why.is_empty() { "it is another" } else { why };
                            let text = format!("Until now an authority vouched for it, which your system trusts. Not for this one: {why}.");
                            dim(ui, palette, &text);
                        }
                    }
                    dim(ui, palette, "What it shows now:");
                    fingerprint(ui, palette, found.fingerprint);
                });
            }
            Doubt::InClear => {
                let heading = "This would not be encrypted";
                let accepted = Action::GoOnInClear;
                let told = "Others may read what I write, and my passwords";
                let button = "Connect without encryption";
                let question = Loud { heading, told, button, accepted };
                self.ask_loudly(context, palette, question, actions, |ui| {
                    wrapped(ui, format!("{address} was encrypted until now, and answers without encryption. Somebody may have put themselves between you and the server, who wants to read along. Or the operator has turned encryption off, or the server is too busy to let anybody in. Nothing was sent."));
                });
            }
        }
    }

    /// Asks what is better answered with no: that is the first button, and has the keyboard. Yes takes two acts, and Enter is none of them.
    fn ask_loudly(
        &mut self,
        context: &Context,
        palette: &Palette,
        question: Loud,
        actions: &mut Vec<Action>,
        explain: impl FnOnce(&mut Ui),
    ) {
        dialog::show(context, question.heading, WIDTH, |ui, is_new| {
            if is_new {
                self.is_sure = false;
            }
            ui.heading(RichText::new(question.heading).color(palette.error));
            explain(ui);
            let by_enter = ui.input(|input| input.key_pressed(Key::Enter));
            let before = self.is_sure;
            ui.checkbox(&mut self.is_sure, question.told);
            if by_enter {
                self.is_sure = before;
            }
            dialog::buttons(ui, |ui| {
                let leaves = ui.add(primary(palette, "Leave"));
                if is_new {
                    leaves.request_focus();
                }
                if leaves.clicked() {
                    actions.push(Action::Disconnect);
                }
                let accepts = ui.add_enabled(self.is_sure, egui::Button::new(question.button));
                if accepts.clicked() && !by_enter {
                    actions.push(question.accepted);
                }
            });
        });
    }

    /// What the lock means.
    pub(super) fn explain_privacy(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let privacy = model.privacy().filter(|_| self.privacy);
        let Some(privacy) = privacy.filter(|privacy| *privacy != Privacy::Local) else {
            self.privacy = false;
            return;
        };
        let (beside, done) = dialog::show(context, "privacy", WIDTH, |ui, is_new| {
            ui.heading(name(privacy));
            match privacy {
                Privacy::Encrypted(certificate, believed) => {
                    let server = model.server();
                    wrapped(
                        ui,
                        format!(
                            "Nobody on the way can read or change what goes between you and {server}. The server itself reads it, and so can whoever runs it."
                        ),
                    );
                    wrapped(ui, believed_by(believed, model));
                    fingerprint(ui, palette, certificate.fingerprint);
                    dim(ui, palette, &about(certificate, model));
                }
                Privacy::InClear | Privacy::Local => {
                    wrapped(ui, "Whoever is on the way can read what you write and what you are told, and change it: those who run the network, and often those who are in it. Do not type a password here that you use elsewhere.".to_owned());
                    let told = match model.can_encrypt() {
                        true => "The operator turns encryption on with `plugins enable tls`.",
                        false => {
                            "This window was built without TLS; `--features tls` builds one that has it."
                        }
                    };
                    dim(ui, palette, told);
                }
            }
            dialog::buttons(ui, |ui| {
                let close = ui.add(primary(palette, "Close"));
                if is_new {
                    close.request_focus();
                }
                let mut done = close.clicked();
                match privacy {
                    Privacy::Encrypted(certificate, _) => {
                        if ui.button("Copy the fingerprint").clicked() {
                            actions.push(Action::Copy(certificate.fingerprint.to_string()));
                            done = true;
                        }
                    }
                    Privacy::InClear | Privacy::Local => {
                        if model.can_encrypt() && ui.button("Connect encrypted").clicked() {
                            actions.push(Action::Encrypt);
                            done = true;
                        }
                    }
                }
                done
            })
        });
        if beside || done {
            self.privacy = false;
        }
    }
}

/// A question that is better answered with no.
struct Loud {
    heading: &'static str,
    /// What the person says that they know, before they can go on.
    told: &'static str,
    button: &'static str,
    accepted: Action,
}

/// What it is called who can read along.
pub(super) fn name(privacy: Privacy<'_>) -> &'static str {
    match privacy {
        Privacy::Encrypted(..) => "Encrypted",
        Privacy::InClear => "Not encrypted",
        Privacy::Local => "On this machine",
    }
}

/// The same in a line.
pub(super) fn in_short(privacy: Privacy<'_>, model: &Model) -> String {
    match privacy {
        Privacy::Encrypted(_, believed) => format!("Encrypted. {}", believed_by(believed, model)),
        Privacy::InClear => "Not encrypted: others on the way can read along.".to_owned(),
        Privacy::Local => "It does not leave this machine.".to_owned(),
    }
}

fn believed_by(believed: &Believed, model: &Model) -> String {
    match believed {
        Believed::Vouched => {
            "An authority that your system trusts vouches for the server.".to_owned()
        }
        Believed::Accepted { since, .. } => {
            let since = date(seconds(since.system_time()), model.zone());
            format!("It is the server whose fingerprint you have trusted since {since}.")
        }
    }
}

/// For whom a certificate is, and until when.
fn about(certificate: &Certificate, model: &Model) -> String {
    let until = date(seconds(certificate.until.system_time()), model.zone());
    match certificate.names.as_slice() {
        [] => format!("Its certificate holds until {until}."),
        names => {
            let names = names.join(", ");
            let names = excerpt(&names, LONGEST_NAMES);
            format!("Its certificate is for {names} and holds until {until}.")
        }
    }
}

fn leave(ui: &mut Ui, is_new: bool, actions: &mut Vec<Action>) {
    let leaves = ui.button("Cancel");
    if is_new {
        leaves.request_focus();
    }
    if leaves.clicked() {
        actions.push(Action::Disconnect);
    }
}

/// As `salotto cert show` prints it, in two lines, and in words.
fn fingerprint(ui: &mut Ui, palette: &Palette, fingerprint: Fingerprint) {
    let text = fingerprint.to_string();
    let (first, second) = text.split_at(HALF);
    let text = format!("{first}\n{}\n{}", second.trim_start(), fingerprint.words());
    Frame::new()
        .fill(palette.side)
        .corner_radius(6)
        .inner_margin(Margin::symmetric(10, 8))
        .show(ui, |ui| ui.add(Label::new(RichText::new(text).font(theme::mono())).wrap()));
}

fn wrapped(ui: &mut Ui, text: String) {
    ui.add(Label::new(sentence(&text)).wrap());
}

fn dim(ui: &mut Ui, palette: &Palette, text: &str) {
    ui.add(Label::new(RichText::new(text).color(palette.dim)).wrap());
}
