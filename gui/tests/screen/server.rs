//! A model and a view with a server that the test plays.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use egui_kittest::Harness;
use salotto::client::{NoPage, Problem, Update};
use salotto::protocol::{ErrorCode, LeaveReason, MessageKind, Page, Place};
use salotto::{Arg, Command, Entry, EntryKind, Event, Name, NoticeKind, Request, RoomName};
use salotto_gui::model::time::Zone;
use salotto_gui::model::{
    Action, ConnectionSettings, Effect, Input, Model, Preferences, ServerId, Servers,
};
use salotto_gui::view::View;

/// Monday, 23 November 2026, 12:00 UTC.
pub(crate) const NOON: u64 = 1_795_435_200;

/// The window and what it asked for.
pub(crate) struct Window {
    pub(crate) servers: Servers,
    pub(crate) view: View,
    /// Everything that was to be done, in order.
    pub(crate) effects: Vec<Effect>,
    /// What the server keeps of all rooms.
    kept: Vec<Entry>,
    /// Pages that were asked for and not given yet: under which nonce, and of what.
    pub(crate) asked: Vec<(String, Place)>,
    nonces: u64,
    given: HashMap<String, String>,
    next_id: u64,
    seconds: u64,
}

pub(crate) fn name(text: &str) -> Name {
    text.parse::<Name>().unwrap()
}

pub(crate) fn room(text: &str) -> RoomName {
    text.parse::<RoomName>().unwrap()
}

/// A message.
fn said(from: &str, text: &str, nonce: Option<&str>) -> EntryKind {
    EntryKind::Message {
        from: name(from),
        text: text.into(),
        kind: MessageKind::Say,
        nonce: nonce.map(str::to_owned),
        tags: Default::default(),
    }
}

impl Window {
    pub(crate) fn new() -> Self {
        Self::remembering(Preferences::default())
    }

    /// With what an earlier run has stored.
    pub(crate) fn remembering(preferences: Preferences) -> Self {
        let settings = preferences.connection_settings();
        let mut window = Self {
            servers: Servers::new(preferences, Zone::fixed(0), settings),
            view: View::new(),
            effects: Vec::new(),
            kept: Vec::new(),
            asked: Vec::new(),
            nonces: 0,
            given: HashMap::new(),
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

    /// The server in front.
    pub(crate) fn model(&self) -> &Model {
        self.servers.active()
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
        self.welcomed(own, epoch, (Some(10), Some(2.0)));
    }

    /// By a server that reads so many lines at once, and a second.
    pub(crate) fn welcome_with(&mut self, at_once: Option<u32>, per_second: Option<f64>) {
        self.welcomed("ada", "run 1", (at_once, per_second));
    }

    fn welcomed(&mut self, own: &str, epoch: &str, rate: (Option<u32>, Option<f64>)) {
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
            line_bytes: Some(32 * 1024),
            lines_at_once: rate.0,
            lines_per_second: rate.1,
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
            epoch: None,
        });
    }

    pub(crate) fn say(&mut self, from: &str, text: &str) {
        self.say_in("lobby", from, text, None);
    }

    pub(crate) fn say_in(&mut self, room_name: &str, from: &str, text: &str, nonce: Option<&str>) {
        self.entry(room_name, said(from, text, nonce));
    }

    pub(crate) fn notice(&mut self, text: &str, kind: NoticeKind) {
        self.entry("lobby", EntryKind::Notice { text: text.into(), kind });
    }

    pub(crate) fn entry(&mut self, room_name: &str, what: EntryKind) {
        let entry = self.keep(room_name, what);
        self.event(Event::Entry(entry));
    }

    /// Something happens in a room that the window is not told of.
    pub(crate) fn keep(&mut self, room_name: &str, what: EntryKind) -> Entry {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON + self.seconds);
        let entry = Entry { room: room(room_name), id: self.next_id, time: time.into(), what };
        self.next_id += 1;
        self.kept.push(entry.clone());
        entry
    }

    /// The same, for a message in the lobby.
    pub(crate) fn keep_said(&mut self, from: &str, text: &str, nonce: Option<&str>) {
        self.keep("lobby", said(from, text, nonce));
    }

    /// Tells again what the window was told or has missed, up to the last entry.
    pub(crate) fn tell_from(&mut self, first: u64) {
        for entry in self.kept.clone().into_iter().filter(|entry| entry.id >= first) {
            self.event(Event::Entry(entry));
        }
    }

    /// Comes back in the lobby, and is told what is there from this entry on.
    pub(crate) fn come_back(&mut self, first_id: u64) {
        self.welcome("ada", "run 1");
        self.event(Event::Entered {
            room: room("lobby"),
            topic: "Tea at five".into(),
            members: vec![name("ada"), name("bob")],
            count: 2,
            first_id,
            history: self.next_id - first_id,
            shown: 0,
            epoch: None,
        });
        self.tell_from(first_id);
    }

    /// Gives the page that was asked for first, from what is kept. Returns what was asked, if anything was.
    pub(crate) fn serve(&mut self) -> Option<Place> {
        const PAGE: usize = 100;
        let place = self.asked.first()?.1;
        let (before, after): (Vec<Entry>, Vec<Entry>) = match place {
            Place::Before(id) => self.kept.iter().cloned().partition(|entry| entry.id < id),
            Place::After(id) => self.kept.iter().cloned().partition(|entry| entry.id <= id),
            place => panic!("{place:?} is never asked"),
        };
        let page = match place {
            Place::Before(_) => {
                let skip = before.len().saturating_sub(PAGE);
                Page { entries: before[skip..].to_vec(), older: skip > 0, newer: !after.is_empty() }
            }
            _ => {
                let newer = after.len() > PAGE;
                let entries = after.into_iter().take(PAGE).collect();
                Page { entries, older: !before.is_empty(), newer }
            }
        };
        self.answer(Ok(page));
        Some(place)
    }

    /// Answers the page that was asked for first.
    pub(crate) fn answer(&mut self, page: Result<Page, NoPage>) {
        let (nonce, _) = self.asked.remove(0);
        self.network(Update::History { nonce, room: "lobby".into(), page });
    }

    /// Refuses the page that was asked for first.
    pub(crate) fn refuse(&mut self, code: ErrorCode, text: &str) {
        self.answer(Err(NoPage::Refused { code, text: text.into() }));
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
        let effects = self.servers.update_one(self.servers.active_id(), Input::Network(update));
        self.carry_out(effects);
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
        let conversation = self.model().active().unwrap().id();
        self.act(Action::Send { conversation, text: text.into() });
    }

    pub(crate) fn input(&mut self, input: Input) {
        let effects = self.servers.update(input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, mut effects: Vec<(ServerId, Effect)>) {
        for (id, effect) in &effects {
            if let Effect::Request { ticket, .. } | Effect::ReadBack { ticket, .. } = effect {
                let nonce = Some(self.nonces.to_string());
                self.nonces += 1;
                if let (Effect::Request { request: Request::Say { text, .. }, .. }, Some(nonce)) =
                    (effect, &nonce)
                {
                    self.given.insert(text.clone(), nonce.clone());
                }
                if let (Effect::ReadBack { place, .. }, Some(nonce)) = (effect, &nonce) {
                    self.asked.push((nonce.clone(), *place));
                }
                self.servers.update_one(*id, Input::Sent { ticket: *ticket, nonce });
            }
        }
        self.effects.extend(effects.drain(..).map(|(_, effect)| effect));
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

    /// The nonce that this message was given; it is one that was sent and has not arrived.
    pub(crate) fn nonce_of(&self, text: &str) -> Option<String> {
        self.given.get(text).cloned()
    }

    /// What the network tells of a message that the window has not been told of.
    pub(crate) fn said_in_the_lobby(&mut self, from: &str, text: &str) -> Update {
        Update::Event(Event::Entry(self.keep("lobby", said(from, text, None))))
    }

    /// Somebody writes to ada alone.
    pub(crate) fn direct(&mut self, from: &str, text: &str) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON + self.seconds);
        self.event(Event::Direct {
            from: name(from),
            to: name("ada"),
            text: text.into(),
            time: time.into(),
            tags: Default::default(),
            nonce: None,
        });
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
        let conversations = self.model().conversations();
        let conversation =
            conversations.iter().find(|conversation| conversation.title() == title).unwrap();
        conversation.log().iter_from(0).map(|line| line.what.text.to_owned()).collect()
    }

    pub(crate) fn frame(&mut self, context: &egui::Context) {
        for action in self.view.show(context, &self.servers) {
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
