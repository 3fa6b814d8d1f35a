//! A model and a view with a server that the test plays.

use std::time::{Duration, SystemTime};

use egui_kittest::Harness;
use salotto::client::{Problem, Update};
use salotto::protocol::{LeaveReason, MessageKind};
use salotto::{Arg, Command, Entry, EntryKind, Event, Name, NoticeKind, Request, RoomName};
use salotto_gui::model::{Action, ConnectionSettings, Effect, Input, Model, Preferences};
use salotto_gui::view::View;

/// Monday, 23 November 2026, 12:00 UTC.
pub(crate) const NOON: u64 = 1_795_435_200;

/// The window and what it asked for.
pub(crate) struct Window {
    pub(crate) model: Model,
    pub(crate) view: View,
    /// Everything that was to be done, in order.
    pub(crate) effects: Vec<Effect>,
    nonces: u64,
    next_id: u64,
    seconds: u64,
}

pub(crate) fn name(text: &str) -> Name {
    text.parse::<Name>().unwrap()
}

pub(crate) fn room(text: &str) -> RoomName {
    text.parse::<RoomName>().unwrap()
}

impl Window {
    pub(crate) fn new() -> Self {
        Self::remembering(Preferences::default())
    }

    /// With what an earlier run has stored.
    pub(crate) fn remembering(preferences: Preferences) -> Self {
        let mut window = Self {
            model: Model::new(preferences, 0),
            view: View::new(),
            effects: Vec::new(),
            nonces: 0,
            next_id: 1,
            seconds: 0,
        };
        window.wait(0);
        window
    }

    /// Connected as ada, in the lobby with bob and eve.
    pub(crate) fn in_the_lobby() -> Self {
        let mut window = Self::new();
        window.connect();
        window.welcome("ada", "run 1");
        window.enter("lobby", &["ada", "bob", "eve"]);
        window.effects.clear();
        window
    }

    pub(crate) fn connect(&mut self) {
        let settings = ConnectionSettings {
            host: "chat.example".into(),
            port: 53000,
            name: "ada".into(),
            ..ConnectionSettings::default()
        };
        self.act(Action::Connect(settings));
        self.network(Update::Connecting { attempt: 1 });
    }

    pub(crate) fn welcome(&mut self, own: &str, epoch: &str) {
        let commands = vec![
            Command::new("kick", "Disconnects a user")
                .arg(Arg::member("name"))
                .arg(Arg::text("reason").optional()),
            Command::new("topic", "Sets the topic").arg(Arg::text("text")),
            Command::new("login", "Says who you are")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password")),
        ];
        self.event(Event::Welcome {
            version: salotto::protocol::PROTOCOL_VERSION,
            server: "The parlour".into(),
            epoch: epoch.into(),
            token: "t".into(),
            name: name(own),
            message_characters: Some(2000),
            commands,
        });
    }

    pub(crate) fn enter(&mut self, room_name: &str, members: &[&str]) {
        self.enter_with_history(room_name, members, 0);
    }

    pub(crate) fn enter_with_history(&mut self, room_name: &str, members: &[&str], history: u64) {
        self.event(Event::Entered {
            room: room(room_name),
            topic: "Tea at five".into(),
            members: members.iter().map(|member| name(member)).collect(),
            count: members.len(),
            first_id: self.next_id,
            history,
            shown: 0,
        });
    }

    pub(crate) fn say(&mut self, from: &str, text: &str) {
        self.say_in("lobby", from, text, None);
    }

    pub(crate) fn say_in(&mut self, room_name: &str, from: &str, text: &str, nonce: Option<&str>) {
        self.entry(
            room_name,
            EntryKind::Message {
                from: name(from),
                text: text.into(),
                kind: MessageKind::Say,
                nonce: nonce.map(str::to_owned),
                tags: Default::default(),
            },
        );
    }

    pub(crate) fn notice(&mut self, text: &str, kind: NoticeKind) {
        self.entry("lobby", EntryKind::Notice { text: text.into(), kind });
    }

    pub(crate) fn entry(&mut self, room_name: &str, what: EntryKind) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON + self.seconds);
        let entry = Entry { room: room(room_name), id: self.next_id, time: time.into(), what };
        self.next_id += 1;
        self.event(Event::Entry(entry));
    }

    /// The id of the last entry.
    pub(crate) fn last_id(&self) -> u64 {
        self.next_id - 1
    }

    pub(crate) fn skip_ids(&mut self, count: u64) {
        self.next_id += count;
    }

    pub(crate) fn restart_ids(&mut self, next: u64) {
        self.next_id = next;
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.network(Update::Event(event));
    }

    pub(crate) fn broken(&mut self, seconds: u64) {
        self.network(Update::Broken {
            problem: Problem::Lost("the server stopped it".into()),
            retry_in: Some(Duration::from_secs(seconds)),
        });
    }

    pub(crate) fn ended(&mut self, reason: LeaveReason) {
        self.network(Update::Ended(reason));
    }

    pub(crate) fn network(&mut self, update: Update) {
        self.input(Input::Network(update));
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.input(Input::Action(action));
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.seconds += seconds;
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON + self.seconds);
        self.input(Input::Tick(now));
    }

    /// Types a line in the conversation in front.
    pub(crate) fn send(&mut self, text: &str) {
        let conversation = self.model.active().unwrap().id();
        self.act(Action::Send { conversation, text: text.into() });
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut effects = self.model.update(input);
        for effect in &effects {
            if let Effect::Request { ticket, .. } = effect {
                let nonce = Some(self.nonces.to_string());
                self.nonces += 1;
                self.model.update(Input::Sent { ticket: *ticket, nonce });
            }
        }
        self.effects.append(&mut effects);
    }

    /// What was asked of the server since the last look.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        let effects = std::mem::take(&mut self.effects);
        effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Request { request, .. } => Some(request),
                _ => None,
            })
            .collect()
    }

    /// The nonce that the last request was given.
    pub(crate) fn last_nonce(&self) -> String {
        (self.nonces - 1).to_string()
    }

    /// The last title.
    pub(crate) fn title(&self) -> String {
        let titles = self.effects.iter().rev();
        let mut titles = titles.filter_map(|effect| match effect {
            Effect::Title(title) => Some(title.clone()),
            _ => None,
        });
        titles.next().unwrap_or_default()
    }

    /// The texts in a conversation, in order.
    pub(crate) fn lines(&self, title: &str) -> Vec<String> {
        let conversations = self.model.conversations();
        let conversation =
            conversations.iter().find(|conversation| conversation.title() == title).unwrap();
        conversation.log().iter_from(0).map(|line| line.what.text.to_owned()).collect()
    }

    pub(crate) fn frame(&mut self, context: &egui::Context) {
        for action in self.view.show(context, &self.model) {
            self.act(action);
        }
    }

    /// Puts it on a screen of this size.
    pub(crate) fn on_screen(self, width: f32, height: f32) -> Harness<'static, Window> {
        Harness::builder()
            .with_size(egui::vec2(width, height))
            .with_max_steps(12)
            .with_step_dt(1.0 / 60.0)
            .build_state(|context, window: &mut Window| window.frame(context), self)
    }
}
