//! The form that asks for the server and the name.

use std::mem::Discriminant;

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Align, Context, Key, Layout, Response, RichText, TextEdit, Ui, vec2};

use salotto::protocol::sanitize::excerpt;

use super::theme::{Palette, primary, sentence};
use crate::model::{
    Action, Connection, ConnectionSettings, DEFAULT_PORT, Model, NearbyServer, Secret, Servers, TLS,
};

/// The label of the field in which nobody sees what is typed.
const PASSWORD: &str = "Password";

/// What is shown of the name of a server that was found, in bytes.
const LONGEST_NAME: usize = 40;

/// What is typed; kept whatever the server answers.
#[derive(Debug, Default)]
pub(super) struct Form {
    filled: bool,
    address: String,
    port: String,
    name: String,
    password: Secret,
    room: String,
    /// How it stood with the server when the last frame was drawn.
    state: Option<Discriminant<Connection>>,
    /// What is left to be filled in after a server was chosen.
    missing: Option<Missing>,
    /// What is wrong with what was typed, found before anything was asked.
    problem: Option<String>,
}

/// A field that is filled in last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Name,
    Password,
}

impl Form {
    pub(super) fn show(
        &mut self,
        context: &Context,
        servers: &Servers,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let model = servers.active();
        let is_first = !self.filled;
        if is_first {
            self.fill(model.connection_settings());
        }
        egui::CentralPanel::default().show(context, |ui| {
            egui::ScrollArea::vertical().show(ui, |ui| {
                let width = ui.available_width().min(380.0);
                let margin = ((ui.available_width() - width) / 2.0).max(0.0);
                let above = (ui.available_height() - 500.0).max(40.0) / 2.0;
                ui.add_space(above);
                ui.horizontal(|ui| {
                    ui.add_space(margin);
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        self.fields(ui, model, palette, is_first, actions);
                        self.nearby(ui, model, palette);
                        self.recent(ui, model, actions);
                        if servers.iter().len() > 1 {
                            ui.add_space(12.0);
                            if ui.button("Back to the other servers").clicked() {
                                actions.push(Action::CloseServer(servers.active_id()));
                            }
                        }
                    });
                });
            });
        });
    }

    fn fields(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        palette: &Palette,
        is_first: bool,
        actions: &mut Vec<Action>,
    ) {
        ui.heading("Salotto");
        ui.label(RichText::new("Join a room").color(palette.dim));
        ui.add_space(8.0);
        let full = ui.available_width() - 16.0;
        let mut submitted = false;
        let mut field = |ui: &mut Ui, label: &str, value: &mut String, hint: &str, width: f32| {
            let (response, entered) = field(ui, label, value, hint, width);
            submitted |= entered;
            response
        };
        let address = ui
            .horizontal(|ui| {
                let (port, hint) = (70.0, "192.168.1.5 or chat.example");
                let address = field(ui, "Address", &mut self.address, hint, full - port - 24.0);
                field(ui, "Port", &mut self.port, "53000", port);
                address
            })
            .inner;
        let name = field(ui, "Name", &mut self.name, "what the others call you", full);
        let password =
            field(ui, PASSWORD, &mut self.password.0, "only where the server asks for one", full);
        field(ui, "Room", &mut self.room, "empty for the first room of the server", full);
        // Whoever was refused goes on where it has to be put right, and what is typed takes the place of what stands there.
        let state = std::mem::discriminant(model.connection());
        let is_answered = self.state.replace(state).is_some_and(|before| before != state);
        let to_fill_in = match (self.missing.take(), model.connection()) {
            (Some(Missing::Password), _) => Some(password),
            (Some(Missing::Name), _) => Some(name),
            (None, Connection::PasswordWanted { .. }) if is_answered => Some(password),
            (None, Connection::NameRefused { .. }) if is_answered => Some(name),
            (None, Connection::Idle | Connection::Ended { .. }) if is_answered => Some(address),
            (None, _) if is_first && self.address.is_empty() => Some(address),
            (None, Connection::PasswordWanted { .. }) if is_first => Some(password),
            (None, _) if is_first => Some(name),
            _ => None,
        };
        if let Some(field) = to_fill_in {
            field.request_focus();
            let mut edit = TextEditState::load(ui.ctx(), field.id).unwrap_or_default();
            let (start, end) = (CCursor::new(0), CCursor::new(usize::MAX));
            edit.cursor.set_char_range(Some(CCursorRange::two(start, end)));
            edit.store(ui.ctx(), field.id);
            // The cursor is seen in it from the next frame on.
            ui.ctx().request_repaint();
        }
        self.submit_row(ui, model, palette, submitted, actions);
    }

    /// Why the last attempt failed, and the button for the next.
    fn submit_row(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        palette: &Palette,
        mut submitted: bool,
        actions: &mut Vec<Action>,
    ) {
        ui.add_space(6.0);
        let refusal = self.problem.as_deref().or(model.refusal());
        if let Some(refusal) = refusal {
            ui.label(RichText::new(sentence(refusal)).color(palette.error));
        }
        let is_trying = matches!(model.connection(), Connection::Connecting { .. });
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = match model.connection() {
                Connection::NameRefused { .. } => "Use this name",
                Connection::PasswordWanted { .. } => "Use this password",
                _ => "Connect",
            };
            submitted |= ui.add_enabled(!is_trying, primary(palette, text)).clicked();
            if is_trying {
                ui.label(RichText::new("Connecting …").color(palette.dim));
                if ui.button("Cancel").clicked() {
                    actions.push(Action::Disconnect);
                }
            }
            if model.wants_encryption() && ui.button("Connect encrypted").clicked() {
                actions.push(Action::Encrypt);
            }
        });
        if submitted && !is_trying {
            self.submit(actions);
        }
    }

    /// The servers on the local network. Nothing where there are none.
    fn nearby(&mut self, ui: &mut Ui, model: &Model, palette: &Palette) {
        if model.nearby().is_empty() {
            return;
        }
        ui.add_space(12.0);
        ui.separator();
        ui.label(RichText::new("On this network").small());
        for server in model.nearby() {
            // However long the name is, the address is seen.
            let name = excerpt(&server.name, LONGEST_NAME);
            let mut text = format!("{name} at {}", server.address());
            if server.has_password {
                text.push_str(", needs a password");
            }
            if server.is_encrypted {
                text.push_str(", encrypted");
            }
            let button = egui::Button::new(text).frame(false).wrap();
            if ui.add(button).on_hover_text(server.address()).clicked() {
                self.choose(server);
                // The cursor goes to what is missing.
                ui.ctx().request_repaint();
            }
        }
        let told = "They say so themselves: anybody on this network can choose a name.";
        ui.label(RichText::new(told).small().color(palette.dim));
    }

    /// Fills in where a server is. The name stays; a password that was typed was for another.
    fn choose(&mut self, server: &NearbyServer) {
        let name = self.name.clone();
        self.missing = match (name.trim().is_empty(), server.has_password) {
            (false, true) => Some(Missing::Password),
            _ => Some(Missing::Name),
        };
        self.problem = None;
        self.fill(&ConnectionSettings { name, ..server.settings() });
    }

    fn recent(&mut self, ui: &mut Ui, model: &Model, actions: &mut Vec<Action>) {
        let recent = &model.preferences().recent;
        if recent.is_empty() {
            return;
        }
        ui.add_space(12.0);
        ui.separator();
        ui.label(RichText::new("Recently").small());
        for server in recent {
            let at = ConnectionSettings {
                host: server.host.clone(),
                port: server.port,
                ..ConnectionSettings::default()
            };
            let address = match server.port {
                DEFAULT_PORT => server.host.clone(),
                _ => at.address(),
            };
            let rooms = match server.rooms.len() {
                0 => String::new(),
                1..=3 => format!(": {}", server.rooms.join(", ")),
                more => format!(": {} and {} more", server.rooms[..2].join(", "), more - 2),
            };
            let text = format!("{address} as {}{rooms}", server.name);
            if ui.add(egui::Button::new(text).frame(false).truncate()).clicked() {
                let name = server.name.clone();
                self.fill(&ConnectionSettings { name, ..at });
                self.submit(actions);
            }
        }
    }

    fn fill(&mut self, settings: &ConnectionSettings) {
        self.filled = true;
        let sign = if settings.encrypted { TLS } else { "" };
        self.address = format!("{sign}{}", settings.host);
        self.port = settings.port.max(1).to_string();
        if settings.port == 0 {
            self.port = DEFAULT_PORT.to_string();
        }
        self.name.clone_from(&settings.name);
        self.password.clone_from(&settings.password);
        self.room.clone_from(&settings.room);
    }

    fn submit(&mut self, actions: &mut Vec<Action>) {
        self.problem = None;
        match self.settings() {
            Ok(settings) => actions.push(Action::Connect(settings)),
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// The port may be typed behind the address too.
    fn settings(&self) -> Result<ConnectionSettings, String> {
        let mut settings = ConnectionSettings::at(&self.address)?;
        let typed = self.port.trim();
        if settings.port == DEFAULT_PORT && !typed.is_empty() {
            settings.port = ConnectionSettings::at(&format!("host:{typed}"))?.port;
        }
        let (name, room) = (self.name.trim().to_owned(), self.room.trim().to_owned());
        Ok(ConnectionSettings { name, password: self.password.clone(), room, ..settings })
    }
}

/// A field with its label above it. Also returns whether Enter was pressed in it.
fn field(ui: &mut Ui, label: &str, value: &mut String, hint: &str, width: f32) -> (Response, bool) {
    ui.vertical(|ui| {
        let is_password = label == PASSWORD;
        let label = ui.label(RichText::new(label).small());
        let edit = TextEdit::singleline(value)
            .password(is_password)
            .hint_text(hint)
            .desired_width(width)
            .margin(vec2(8.0, 6.0));
        let response = ui.add(edit).labelled_by(label.id);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        (response, entered)
    })
    .inner
}
