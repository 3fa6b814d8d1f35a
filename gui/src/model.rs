//! The state of the window: takes what happened ([`Input`]) and returns what is to be done ([`Effect`]).
//!
//! Nothing here draws, waits or reads a clock: the shell passes the time with [`Input::Tick`] before each batch of inputs.

mod attention;
mod commands;
pub mod complete;
pub mod conversation;
mod effect;
mod entry;
mod history;
mod input;
pub mod log;
mod nearby;
mod network;
mod preferences;
mod private;
mod secret;
mod sending;
mod servers;
mod settings;
pub mod text;
pub mod time;
mod trust;

use std::time::{Duration, SystemTime};

use salotto::command::{self};
use salotto::protocol::{CommandInfo, RoomInfo};
use salotto::{Name, Request};

pub use conversation::{Conversation, ConversationId, Kind, Pending};
pub use effect::{Effect, Record, Ticket};
pub use history::Gap;
pub use input::{Action, Input};
pub use nearby::NearbyServer;
pub use preferences::{Preferences, Recent, Renderer, Theme, ZOOM};
pub use secret::Secret;
pub use sending::Queue;
pub use servers::{ServerId, Servers};
pub use settings::{ConnectionSettings, DEFAULT_PORT, TLS};
pub use trust::{Believed, Doubt, Met, Privacy};

use conversation::Conversations;
use nearby::Nearby;
use text::fold;
use time::Zone;

/// How long a goodbye may hold up the closing of the window.
const GOODBYE: Duration = Duration::from_millis(500);

/// How it stands with the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// Nothing was asked yet: the form is shown.
    Idle,
    /// An attempt runs.
    Connecting {
        /// Counts from 1.
        attempt: u32,
    },
    /// The server wants another name; the connection waits.
    NameRefused {
        /// Why.
        text: String,
    },
    /// The server wants its password, or another one; the connection waits.
    PasswordWanted {
        /// What it says.
        text: String,
    },
    /// The name is accepted, and messages can be sent.
    Online,
    /// The connection broke; it is tried again.
    Waiting {
        /// Why it broke.
        problem: String,
        /// When it is tried again.
        until: SystemTime,
    },
    /// It is over, and is not tried again by itself.
    Ended {
        /// Why.
        reason: String,
    },
}

/// The state of the window. See [`Model::update`].
#[derive(Debug)]
pub struct Model {
    /// What is remembered between runs.
    preferences: Preferences,
    /// What the form was last submitted with.
    settings: ConnectionSettings,
    connection: Connection,
    /// Why the last attempt failed, for the form.
    refusal: Option<String>,
    /// Whether a server was ever entered with them: then the conversations are shown and not the form.
    welcomed: bool,
    /// Whom the other end has shown to be, and what is in doubt.
    trust: trust::Standing,
    server: ServerInfo,
    conversations: Conversations,
    round_trip: Option<Duration>,
    now: SystemTime,
    /// The clock on the wall.
    zone: Zone,
    focused: bool,
    next_ticket: Ticket,
    /// Requests that are no message: where their answer belongs.
    asked: Vec<Asked>,
    /// The room that the user wants to join, by its folded name.
    wanted_room: Option<String>,
    nearby: Nearby,
    /// Since when a goodbye is under way, and whether the window closes after it.
    leaving: Option<SystemTime>,
    /// Since when something is asked, and nothing was heard.
    waiting_since: Option<SystemTime>,
    /// Whether the goodbye is over, and nothing more is to come.
    has_left: bool,
    /// The rooms there are, where they were asked for.
    rooms: Option<Vec<RoomInfo>>,
    /// Of whom the person wants to hear nothing here, folded.
    ignored: Vec<String>,
    /// When the person was last notified.
    notified: Option<SystemTime>,
}

/// What is known of the server.
#[derive(Debug, Clone, Default)]
struct ServerInfo {
    server: String,
    epoch: String,
    name: Option<Name>,
    commands: Vec<CommandInfo>,
    /// Longest message in characters; `None` when the server does not limit it.
    message_characters: Option<usize>,
    /// Longest line in bytes, and how many are read at once and a second; `None` as above.
    line_bytes: Option<usize>,
    lines_at_once: Option<u32>,
    lines_per_second: Option<f64>,
}

/// A request whose answer is not a message of one's own.
#[derive(Debug, Clone)]
struct Asked {
    ticket: Ticket,
    nonce: Option<String>,
    conversation: Option<ConversationId>,
    /// Set for a ping: when it was asked.
    ping: Option<SystemTime>,
}

impl Model {
    /// A window that has not connected.
    pub fn new(preferences: Preferences, zone: Zone) -> Self {
        Self {
            settings: preferences.connection_settings(),
            preferences,
            connection: Connection::Idle,
            refusal: None,
            welcomed: false,
            trust: trust::Standing::default(),
            server: ServerInfo::default(),
            conversations: Conversations::default(),
            round_trip: None,
            now: SystemTime::UNIX_EPOCH,
            zone,
            focused: true,
            next_ticket: 0,
            asked: Vec::new(),
            wanted_room: None,
            nearby: Nearby::default(),
            leaving: None,
            waiting_since: None,
            has_left: false,
            rooms: None,
            ignored: Vec::new(),
            notified: None,
        }
    }

    /// Takes in what happened and says what is to be done about it, in order.
    pub fn update(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Tick(now) => {
                self.now = now;
                if self.goodbye_is_over() {
                    effects.push(Effect::Exit);
                }
                self.send_queued(&mut effects);
            }
            Input::Network(update) => {
                self.waiting_since = None;
                self.take_update(update, &mut effects);
                self.send_queued(&mut effects);
            }
            Input::Nearby(sighting) => self.nearby.take(sighting),
            Input::Sent { ticket, nonce } => self.take_sent(ticket, nonce),
            Input::Action(action) => self.take_action(action, &mut effects),
            Input::Focus(focused) => {
                self.focused = focused;
                if focused {
                    self.conversations.read_active();
                } else {
                    self.conversations.forget_read_marks();
                }
            }
            Input::Maximized(maximized) => {
                if self.preferences.maximized != maximized {
                    self.preferences.maximized = maximized;
                    effects.push(Effect::Save(self.preferences.clone()));
                }
            }
            Input::Resized { width, height } => {
                if self.preferences.window != (width, height) {
                    self.preferences.window = (width, height);
                    effects.push(Effect::Save(self.preferences.clone()));
                }
            }
        }
        // The form is the only place where they are shown.
        if let Some(is_wanted) = self.nearby.search(!self.welcomed) {
            effects.insert(0, Effect::Search(is_wanted));
        }
        effects
    }

    /// What was set applies from now on.
    fn set_preferences(&mut self, preferences: Preferences) {
        self.preferences = preferences;
        self.ignored = self.preferences.ignored(&self.settings).map(fold).collect();
    }

    /// When the next [`Input::Tick`] is wanted, if nothing else happens.
    pub fn wake_at(&self) -> Option<SystemTime> {
        if let Some(since) = self.leaving {
            return (!self.has_left).then(|| since + GOODBYE);
        }
        let silent = self.silent_at().filter(|at| *at > self.now);
        let second = self.next_second();
        [silent, self.next_queued(), second].into_iter().flatten().min()
    }

    /// When the countdown to the next attempt shows another second.
    fn next_second(&self) -> Option<SystemTime> {
        let Connection::Waiting { until, .. } = &self.connection else { return None };
        let left = until.duration_since(self.now).ok()?;
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
        let step = if part.is_zero() { Duration::from_secs(1) } else { part };
        (!left.is_zero()).then(|| self.now + step)
    }

    /// What is remembered between runs.
    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// What the form was last submitted with.
    pub fn connection_settings(&self) -> &ConnectionSettings {
        &self.settings
    }

    /// How it stands with the server.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The rooms of the server, once they were asked for and told.
    pub fn rooms(&self) -> Option<&[RoomInfo]> {
        self.rooms.as_deref()
    }

    /// Whether the person wants to hear nothing of somebody.
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(&fold(name))
    }

    /// Why the last attempt failed and what to do about it, for the form.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The servers on the local network, while the form is shown, in the order in which they were found.
    pub fn nearby(&self) -> &[NearbyServer] {
        self.nearby.servers()
    }

    /// Whether conversations are shown; otherwise the form is.
    pub fn is_talking(&self) -> bool {
        self.welcomed
    }

    /// What the server is called; empty before it was reached.
    pub fn server(&self) -> &str {
        &self.server.server
    }

    /// Longest message in characters, as the server announced it; `None` when it does not limit it.
    pub fn message_limit(&self) -> Option<usize> {
        self.server.message_characters
    }

    /// The name that the server accepted.
    pub fn name(&self) -> Option<&Name> {
        self.server.name.as_ref()
    }

    /// What can be typed after `!`.
    pub fn commands(&self) -> &[CommandInfo] {
        &self.server.commands
    }

    /// From which byte on a line that is being typed is nobody's business: behind `!login`, say. `None` for other lines.
    pub fn secret_from(&self, line: &str) -> Option<usize> {
        let line = line.trim_end();
        command::secret_from(self.commands().iter(), line)
    }

    /// All conversations, in the order in which they are listed.
    pub fn conversations(&self) -> &[Conversation] {
        self.conversations.all()
    }

    /// The conversation in front.
    pub fn active(&self) -> Option<&Conversation> {
        self.conversations.active()
    }

    /// The last known round trip to the server.
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// The time of the last [`Input::Tick`].
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The clock on the wall.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the window has the keyboard.
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    /// Seconds until the next attempt, where one is waited for.
    pub fn countdown(&self) -> Option<u64> {
        let Connection::Waiting { until, .. } = &self.connection else { return None };
        let left = until.duration_since(self.now).unwrap_or_default();
        Some(left.as_millis().div_ceil(1000) as u64)
    }

    fn goodbye_is_over(&self) -> bool {
        self.leaving
            .is_some_and(|since| self.now.duration_since(since).is_ok_and(|past| past >= GOODBYE))
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// Asks the server for something that is no message; its answer goes to `conversation`.
    fn ask(
        &mut self,
        request: Request,
        conversation: Option<ConversationId>,
        effects: &mut Vec<Effect>,
    ) -> Ticket {
        let ticket = self.ticket();
        let ping = (request == Request::Ping).then_some(self.now);
        // Answers that never came are forgotten with time.
        if self.asked.len() >= 64 {
            self.asked.remove(0);
        }
        self.asked.push(Asked { ticket, nonce: None, conversation, ping });
        self.request(ticket, request, effects);
        ticket
    }
}
