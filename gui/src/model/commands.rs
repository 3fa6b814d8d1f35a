//! What the person does, and what becomes of it.

use salotto::Request;
use salotto::client::Options;
use salotto::command::{self, Typed};

use super::text::{clean_line, fold};
use super::{
    Action, Connection, ConnectionSettings, ConversationId, Effect, Kind, Model, Preferences,
    Secret,
};

impl Model {
    pub(super) fn take_action(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Connect(settings) => self.connect(settings, effects),
            Action::Disconnect => {
                self.fail_pending("the connection was given up");
                self.welcomed = false;
                self.refusal = None;
                self.doubt_no_more();
                self.connection = Connection::Idle;
                effects.push(Effect::Disconnect);
                self.leave_server(effects);
            }
            Action::Accept(fingerprint) => self.accept(fingerprint, effects),
            Action::GoOnInClear => self.go_on_in_clear(effects),
            Action::Encrypt => self.encrypt(effects),
            Action::StayInClear => self.stay_in_clear(),
            Action::OfferName(name) => self.offer_name(&name, effects),
            Action::OfferPassword(password) => self.offer_password(password, effects),
            Action::RetryNow => effects.push(Effect::RetryNow),
            Action::Send { conversation, text } => self.send(conversation, &text, effects),
            Action::Say { conversation, lines } => self.say_all(conversation, lines, effects),
            Action::GoOn(id) => self.settle_queue(id, true, effects),
            Action::Stop(id) => self.settle_queue(id, false, effects),
            Action::Discard(tickets) => {
                self.take_failed(&tickets);
            }
            Action::Resend(tickets) => self.resend(&tickets, effects),
            Action::Show(id) => self.conversations.show(id),
            Action::ReadBack { conversation, line } => {
                self.read_back(conversation, Some(line), effects);
            }
            Action::Join(room) => {
                let room = clean_line(&room);
                self.want_room(&room);
                self.ask(
                    Request::Join { room, key: None },
                    self.conversations.active_id(),
                    effects,
                );
            }
            Action::Talk(name) => self.talk(&name),
            Action::Close(id) => self.close(id, effects),
            Action::Copy(text) => effects.push(Effect::Copy(text)),
            Action::Paste => effects.push(Effect::Paste),
            Action::Select(text) => effects.push(Effect::Select(text)),
            Action::OpenLink(link) => effects.push(Effect::OpenLink(link)),
            Action::Zoom(zoom) => {
                self.preferences.zoom = zoom;
                self.preferences = self.preferences.clone().within_bounds();
                effects.push(Effect::Save(self.preferences.clone()));
            }
            Action::Theme(theme) => {
                self.preferences.theme = theme;
                effects.push(Effect::Save(self.preferences.clone()));
            }
            Action::ShowPeople(people) => {
                self.preferences.people = people;
                effects.push(Effect::Save(self.preferences.clone()));
            }
            Action::AskRooms => {
                self.ask(Request::Rooms, None, effects);
            }
            Action::Run { conversation, line } => self.run(conversation, &line, effects),
            Action::Ignore { name, ignores } => {
                if self.preferences.ignore(&self.settings, &clean_line(&name), ignores) {
                    effects.push(Effect::Save(self.preferences.clone()));
                }
            }
            Action::Prefer(preferences) => self.prefer(*preferences, effects),
            Action::Exit => self.say_goodbye("", effects),
            // Of the whole window.
            Action::AddServer
            | Action::EnterAgain
            | Action::ShowServer(_)
            | Action::CloseServer(_)
            | Action::Dismiss => {}
        }
    }

    pub(super) fn connect(&mut self, settings: ConnectionSettings, effects: &mut Vec<Effect>) {
        let settings = ConnectionSettings {
            host: clean_line(&settings.host),
            name: clean_line(&settings.name),
            room: clean_line(&settings.room),
            ..settings
        };
        if settings.host.is_empty() {
            self.refusal = Some("an address is needed, e.g. 192.168.1.5 or chat.example".into());
            return;
        }
        if settings.name.is_empty() {
            self.refusal = Some("a name is needed: what the others shall call you".into());
            return;
        }
        let is_same_server =
            (&settings.host, settings.port) == (&self.settings.host, self.settings.port);
        // What the server waits for is handed in where nothing else was changed.
        let handed_in = ConnectionSettings {
            name: self.settings.name.clone(),
            password: self.settings.password.clone(),
            ..settings.clone()
        };
        if handed_in == self.settings && !self.welcomed {
            match self.connection {
                Connection::NameRefused { .. } if settings.password == self.settings.password => {
                    return self.offer_name(&settings.name, effects);
                }
                Connection::PasswordWanted { .. } if settings.name == self.settings.name => {
                    return self.offer_password(settings.password, effects);
                }
                _ => {}
            }
        }
        if !is_same_server {
            self.leave_server(effects);
            self.conversations.clear();
            self.server = super::ServerInfo::default();
        }
        self.fail_pending("it was not sent before you connected again");
        self.welcomed = false;
        self.round_trip = None;
        self.want_room(&settings.room);
        self.settings = settings;
        self.dial(effects);
    }

    /// What the client is to be told, but for who is believed.
    pub(super) fn options(&self) -> Options {
        let settings = &self.settings;
        let mut options = Options::new(settings.address(), settings.name.clone());
        if !settings.password.0.is_empty() {
            options = options.password(settings.password.0.clone());
        }
        // The room that is asked for, and those where the person was.
        let wanted = Some(&settings.room).filter(|room| !room.is_empty());
        let mut rooms: Vec<String> = wanted.into_iter().cloned().collect();
        for room in self.preferences.rooms(settings) {
            if !rooms.iter().any(|other| fold(other) == fold(room)) {
                rooms.push(room.clone());
            }
        }
        options.rooms(rooms)
    }

    fn prefer(&mut self, preferences: Preferences, effects: &mut Vec<Effect>) {
        // Whom to believe is not a matter of settings, and may have changed while they were looked at.
        let met = self.preferences.met.clone();
        let preferences = Preferences { met, ..preferences.within_bounds() };
        if preferences.font != self.preferences.font {
            effects.push(Effect::Font(preferences.font.clone()));
        }
        if preferences != self.preferences {
            self.preferences = preferences;
            effects.push(Effect::Save(self.preferences.clone()));
        }
    }

    fn offer_name(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let name = clean_line(name);
        if name.is_empty() {
            self.refusal = Some("a name is needed: what the others shall call you".into());
            return;
        }
        self.settings.name.clone_from(&name);
        self.refusal = None;
        self.connection = Connection::Connecting { attempt: 1 };
        effects.push(Effect::OfferName(name));
    }

    fn offer_password(&mut self, password: Secret, effects: &mut Vec<Effect>) {
        self.settings.password = password.clone();
        self.refusal = None;
        self.connection = Connection::Connecting { attempt: 1 };
        effects.push(Effect::OfferPassword(password));
    }

    fn send(&mut self, id: ConversationId, text: &str, effects: &mut Vec<Effect>) {
        let text = salotto::protocol::sanitize::message(text).into_owned();
        if text.trim().is_empty() {
            return;
        }
        match command::read(self.commands().iter(), &text) {
            Typed::Command(line) => {
                let line = line.into_owned();
                self.run(id, &line, effects);
            }
            // With its escape, where it has one, because the server reads it too.
            Typed::Message(_) => self.say(id, text, effects),
            // The line stays where it was typed, and is asked about there.
            Typed::Slip(_) => {}
        }
    }

    /// Whether a line calls a command.
    pub fn is_command(&self, text: &str) -> bool {
        matches!(command::read(self.commands().iter(), text), Typed::Command(_))
    }

    /// What is asked about a line that looks like a command and is none. It is not to be sent.
    pub fn question(&self, text: &str) -> Option<String> {
        let text = salotto::protocol::sanitize::message(text);
        match command::read(self.commands().iter(), &text) {
            Typed::Slip(slip) => Some(slip.to_string()),
            _ => None,
        }
    }

    fn run(&mut self, id: ConversationId, line: &str, effects: &mut Vec<Effect>) {
        let (path, rest) = match command::find(self.server.commands.iter(), line) {
            Ok((command, rest)) => (command.path.clone(), rest),
            // A window can be closed at a server that has no command for it.
            Err(_) => {
                let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                (word.to_lowercase(), rest)
            }
        };
        match path.as_str() {
            "quit" => {
                self.leave_server(effects);
                self.say_goodbye(rest.trim(), effects);
            }
            _ => {
                if path == "join" {
                    // What stands behind the name is the key.
                    self.want_room(rest.split_whitespace().next().unwrap_or_default());
                }
                let room = self
                    .conversations
                    .get_mut(id)
                    .and_then(|conversation| conversation.room().cloned());
                let room = room.map(|room| room.to_string());
                self.ask(Request::Command { line: line.to_owned(), room }, Some(id), effects);
            }
        }
    }

    /// At the next start it is not entered by itself.
    pub(super) fn leave_server(&mut self, effects: &mut Vec<Effect>) {
        if self.preferences.leave(&self.settings) {
            effects.push(Effect::Save(self.preferences.clone()));
        }
    }

    fn want_room(&mut self, room: &str) {
        let room = fold(room.trim().trim_start_matches('#'));
        self.wanted_room = (!room.is_empty()).then_some(room);
    }

    fn talk(&mut self, name: &str) {
        let known = self.conversations.all().iter().find_map(|conversation| {
            conversation
                .members()
                .chain(conversation.speakers())
                .find(|other| other.as_str() == name)
        });
        let name = known.cloned();
        if let Some(name) = name.filter(|name| Some(name) != self.server.name.as_ref()) {
            let id = self.conversations.open(Kind::Direct(name)).id;
            self.conversations.show(id);
        }
    }

    fn close(&mut self, id: ConversationId, effects: &mut Vec<Effect>) {
        let Some(conversation) = self.conversations.get_mut(id) else { return };
        match conversation.room() {
            // It goes when the server says so.
            Some(room) if conversation.joined && self.connection == Connection::Online => {
                let room = Some(room.to_string());
                self.ask(Request::Leave { room, farewell: String::new() }, Some(id), effects);
            }
            _ => self.conversations.remove(id),
        }
    }
}
