//! The main view: conversations left, members right, topic on top, entry at the bottom, messages in the middle.

use egui::{
    Align, CentralPanel, Context, Frame, Layout, Margin, Response, RichText, SidePanel, TextEdit,
    TopBottomPanel, Ui, vec2,
};

use super::View;
use super::bidi;
use super::find::Step;
use super::list::{Scene, Scroll};
use super::lock;
use super::menu;
use super::theme::{Palette, primary, sentence};
use crate::model::{Action, Connection, Conversation, Kind, Model, Servers, Theme};

/// Narrower windows show the lists at the sides only when asked.
const ROOMS_FROM: f32 = 600.0;
const PEOPLE_FROM: f32 = 720.0;

impl View {
    pub(super) fn talk(
        &mut self,
        context: &Context,
        servers: &Servers,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let model = servers.active();
        let width = context.screen_rect().width();
        let has_people = model.active().is_some_and(|active| active.room().is_some());
        let is_wide = width >= PEOPLE_FROM;
        let shows_people =
            has_people && if is_wide { model.preferences().people } else { self.people_open };
        let shows_rooms = width >= ROOMS_FROM || self.rooms_open;
        let side = Frame::new().fill(palette.side).inner_margin(Margin::same(8));
        let bar = Frame::new().fill(palette.ground).inner_margin(Margin::symmetric(10, 6));
        if shows_rooms {
            SidePanel::left("rooms").exact_width(168.0).resizable(false).frame(side).show(
                context,
                |ui| {
                    if self.rooms(ui, servers, palette, actions) {
                        self.rooms_open = false;
                    }
                },
            );
        }
        TopBottomPanel::top("topic").frame(bar).show(context, |ui| {
            self.topic(ui, model, palette, (width, shows_people, has_people), actions);
        });
        self.banner(context, model, palette, actions);
        if let Some(active) = model.active() {
            let searches = model.commands().iter().any(|command| command.path == "search");
            let asks = searches && active.room().is_some();
            match self.find.show(context, active, palette, asks) {
                Some(Step::To(line)) => self.list(active.id()).scroll(Scroll::To(line)),
                Some(Step::Ask(words)) => {
                    let (conversation, text) = (active.id(), format!("!search {words}"));
                    actions.push(Action::Send { conversation, text });
                    self.list(conversation).scroll(Scroll::Bottom);
                }
                None => {}
            }
            if self.front.replace(active.id()) != Some(active.id()) {
                self.entry.want_focus();
            }
            TopBottomPanel::bottom("entry").frame(bar).show(context, |ui| {
                let is_covered = self.is_covered() || self.find.is_open();
                self.entry.show(ui, model, active, palette, is_covered, actions);
            });
            if shows_people {
                SidePanel::right("people").exact_width(150.0).resizable(false).frame(side).show(
                    context,
                    |ui| {
                        let asked = super::people::show(ui, model, active, palette, actions);
                        self.moderation = asked.or(self.moderation.take());
                    },
                );
            }
        }
        CentralPanel::default().frame(Frame::new().fill(palette.ground)).show(context, |ui| {
            match model.active() {
                Some(active) => self.messages(ui, model, active, palette, actions),
                None => {
                    let text = RichText::new("No conversation; Ctrl+K joins a room");
                    ui.centered_and_justified(|ui| ui.label(text.color(palette.dim)));
                }
            }
        });
    }

    fn messages(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        active: &Conversation,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let list = self.lists.entry(active.id()).or_default();
        let own_name = model.name().map_or("", |name| name.as_str());
        let keywords = model.preferences().keywords.iter().map(String::as_str);
        let words: Vec<&str> = std::iter::once(own_name).chain(keywords).collect();
        let mut scene = Scene {
            model,
            conversation: active,
            palette,
            own_name,
            words: &words,
            zone: model.zone(),
            query: self.find.query(),
            focused: model.is_focused(),
            online: *model.connection() == Connection::Online,
            glyphs: &mut self.glyphs,
        };
        let clicked = ui.push_id(active.id(), |ui| list.show(ui, &mut scene)).inner;
        actions.extend(clicked.actions);
        self.moderation = clicked.asked.or(self.moderation.take());
        if clicked.link.is_some() {
            self.link = clicked.link;
        }
        if let Some(text) = clicked.edit {
            self.entry.edit(active.id(), text);
        }
    }

    fn topic(
        &mut self,
        ui: &mut Ui,
        model: &Model,
        palette: &Palette,
        (width, shows_people, has_people): (f32, bool, bool),
        actions: &mut Vec<Action>,
    ) {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.menu_button("Menu", |ui| self.main_menu(ui, model, actions));
            if width >= ROOMS_FROM && ui.button("Find").on_hover_text("Ctrl+F").clicked() {
                self.find.open();
            }
            if has_people {
                let count = model.active().map_or(0, Conversation::member_count);
                let text = RichText::new(format!("People {count}"));
                let text =
                    text.color(if shows_people { palette.on_selection } else { palette.text });
                let button = egui::Button::new(text).corner_radius(6);
                if ui.add(button.selected(shows_people)).clicked() {
                    if width >= PEOPLE_FROM {
                        actions.push(Action::ShowPeople(!shows_people));
                    } else {
                        self.people_open = !self.people_open;
                    }
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if width < ROOMS_FROM {
                    let unread: usize =
                        model.conversations().iter().map(Conversation::unread).sum();
                    let text =
                        if unread > 0 { format!("Rooms ({unread})") } else { "Rooms".to_owned() };
                    if ui.button(text).clicked() {
                        self.rooms_open = !self.rooms_open;
                    }
                }
                if width < ROOMS_FROM {
                    self.lock(ui, model, palette);
                }
                let Some(active) = model.active() else { return };
                let title = match active.kind() {
                    Kind::Room(room) => format!("# {}", bidi::line(room.as_str())),
                    Kind::Direct(name) => bidi::line(name.as_str()).into(),
                    Kind::ServerInfo => model.server().to_owned(),
                };
                ui.add(egui::Label::new(RichText::new(title).strong().size(16.0)).truncate());
                let topic = match active.kind() {
                    Kind::Direct(name) => format!("Only {} reads this", bidi::line(name.as_str())),
                    _ => bidi::line(active.topic()).into_owned(),
                };
                self.glyphs.look_at(ui.ctx(), &topic);
                ui.add(egui::Label::new(RichText::new(topic).color(palette.dim)).truncate());
            });
        });
    }

    /// The lock, where the list that has it is not shown.
    fn lock(&mut self, ui: &mut Ui, model: &Model, palette: &Palette) {
        let place = ui.available_rect_before_wrap().left_center() + vec2(lock::SIDE / 2.0, 0.0);
        let shown = lock::show(ui, ui.id().with("lock"), place, model, palette);
        if let Some(lock) = shown {
            ui.add_space(lock::SIDE);
            self.privacy |= lock.clicked();
        }
    }

    /// What is not needed all the time.
    fn main_menu(&mut self, ui: &mut Ui, model: &Model, actions: &mut Vec<Action>) {
        ui.set_min_width(160.0);
        if menu::item(ui, "List of rooms …") {
            self.open_room_list(actions);
        }
        if menu::item(ui, "Find …") {
            self.find.open();
        }
        if menu::item(ui, "Another server …") {
            actions.push(Action::AddServer);
        }
        ui.separator();
        let (label, other) = other_theme(model);
        if menu::item(ui, label) {
            actions.push(Action::Theme(other));
        }
        if menu::item(ui, "Settings …") {
            self.open_settings(model);
        }
        if menu::item(ui, "Keys …") {
            self.help = true;
        }
    }

    /// What is the matter with the connection, and what can be done about it.
    fn banner(
        &mut self,
        context: &Context,
        model: &Model,
        palette: &Palette,
        actions: &mut Vec<Action>,
    ) {
        let is_online = *model.connection() == Connection::Online;
        if is_online && !model.wants_encryption() {
            return;
        }
        let frame = Frame::new().fill(palette.mention).inner_margin(Margin::symmetric(10, 6));
        TopBottomPanel::top("banner").frame(frame).show(context, |ui| {
            // What is said first, and then what can be done, each as high as it has to be.
            let said = match model.connection() {
                Connection::Online => {
                    "Others can read along here, so this server takes no passwords. Connect encrypted to log in.".to_owned()
                }
                Connection::Idle => String::new(),
                Connection::Connecting { .. } => "Connecting …".to_owned(),
                Connection::Waiting { problem, .. } => {
                    let left = model.countdown().unwrap_or_default();
                    let end = if problem.ends_with(['?', '!', '.']) { "" } else { "." };
                    format!("No connection: {problem}{end} Again in {left} s.")
                }
                Connection::NameRefused { text } => format!("{}. Another name:", sentence(text)),
                Connection::PasswordWanted { text } => format!("{}. Password:", sentence(text)),
                Connection::Ended { reason } => format!("{reason}."),
            };
            let label = ui.add(egui::Label::new(said).wrap());
            ui.horizontal(|ui| match model.connection() {
                Connection::Online => {
                    encrypt(ui, palette, actions);
                    if ui.button("Not now").clicked() {
                        actions.push(Action::StayInClear);
                    }
                }
                Connection::Idle | Connection::Connecting { .. } => {}
                Connection::Waiting { .. } => {
                    if ui.add(primary(palette, "Now")).clicked() {
                        actions.push(Action::RetryNow);
                    }
                    if ui.button("Give up").clicked() {
                        actions.push(Action::Disconnect);
                    }
                }
                Connection::NameRefused { .. } => {
                    let edit = TextEdit::singleline(&mut self.new_name);
                    if answered(ui, palette, &label, edit, "Use this name") {
                        actions.push(Action::OfferName(self.new_name.clone()));
                    }
                }
                Connection::PasswordWanted { .. } => {
                    let edit = TextEdit::singleline(&mut self.new_password.0).password(true);
                    if answered(ui, palette, &label, edit, "Use this password") {
                        let password = std::mem::take(&mut self.new_password);
                        actions.push(Action::OfferPassword(password));
                    }
                }
                Connection::Ended { .. } => {
                    if model.wants_encryption() {
                        encrypt(ui, palette, actions);
                    }
                    if ui.add(primary(palette, "Connect again")).clicked() {
                        actions.push(Action::Connect(model.connection_settings().clone()));
                    }
                    if ui.button("Another server").clicked() {
                        actions.push(Action::Disconnect);
                    }
                }
            });
        });
    }
}

/// One click on what the server asks for.
fn encrypt(ui: &mut Ui, palette: &Palette, actions: &mut Vec<Action>) {
    if ui.add(primary(palette, "Connect encrypted")).clicked() {
        actions.push(Action::Encrypt);
    }
}

/// A field with a label and a button. Returns whether the button was clicked or Enter pressed.
fn answered(
    ui: &mut Ui,
    palette: &Palette,
    label: &Response,
    edit: TextEdit<'_>,
    button: &str,
) -> bool {
    let response = ui.add(edit.desired_width(140.0)).labelled_by(label.id);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    ui.add(primary(palette, button)).clicked() || entered
}

/// The colours that are not in use, and what they are called.
fn other_theme(model: &Model) -> (&'static str, Theme) {
    match model.preferences().theme {
        Theme::Dark => ("Light colours", Theme::Light),
        Theme::Light => ("Dark colours", Theme::Dark),
    }
}
