//! Every setting of a server with its unit, default and bound, checked once by [`Settings::check`]. Plugins and their settings are
//! given beside these; see [`ServerBuilder::plugin`](crate::ServerBuilder::plugin).

mod check;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::name::NameBounds;
use crate::protocol::network::Network;
#[cfg(feature = "password")]
use crate::protocol::password::PasswordHash;
use check::Wrong;

/// Everything that shapes a server, apart from its plugins.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// Where it listens and how it presents itself.
    pub server: ServerSettings,
    /// Which rooms there are.
    pub rooms: RoomSettings,
    /// What keeps the server alive. Each can be lifted with `None`.
    pub limits: Limits,
    /// How much of arrivals and departures is told.
    pub presence: Presence,
}

/// Where the server listens and how it presents itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServerSettings {
    /// What the server is called, shown in the greeting.
    pub name: String,
    /// Addresses with port; port 0 lets the system choose.
    pub listen: Vec<String>,
    /// Proxies that tell from where their clients connect, with a header of the PROXY protocol (version 1 or 2) before anything else. For a
    /// connection from these addresses and networks that header has to come, and what it says counts for bans, limits by address and logs; from elsewhere
    /// it is refused.
    pub proxies: Vec<Network>,
    /// Asked of whoever connects and says nothing. `{server}` is the name of the server.
    pub greeting: String,
    /// Asked of everybody before a name; `None` asks for none. Whoever is connected when it changes stays.
    #[cfg(feature = "password")]
    pub password: Option<PasswordHash>,
    /// The name under which the operator speaks; nobody else can take it.
    pub operator_name: String,
    /// Further names, and those that look like them, that nobody can take whom a plugin has not given a role above that of a member; that of the server
    /// itself is always one of them.
    pub reserved_names: Vec<String>,
    /// Threads that run the server; `None` means one a core.
    pub threads: Option<usize>,
    /// How long a graceful stop waits for people to take their last lines.
    #[serde(with = "crate::protocol::durations::seconds")]
    pub stop_timeout: Duration,
    /// A hook that takes longer than this is reported with its plugin's name.
    #[serde(with = "crate::protocol::durations::milliseconds")]
    pub slow_hook: Duration,
}

/// Which rooms there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RoomSettings {
    /// The room that everybody enters who asks for no other.
    pub default: String,
    /// What that room is about; may be empty.
    pub topic: String,
    /// Further rooms that are always there.
    pub listed: Vec<ListedRoom>,
    /// Whether joining a room that does not exist opens it. Such a room closes when the last member leaves.
    pub open: bool,
    /// How many entries a newcomer is shown; with a text client, those beside who came and went.
    pub history: usize,
    /// Most entries a room keeps for history and for members that are behind.
    pub timeline_entries: usize,
    /// Most bytes these entries may take, in text form.
    pub timeline_bytes: usize,
}

/// A room that is there from the start and stays when it is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListedRoom {
    /// What it is called.
    pub name: String,
    /// What it is about; may be empty.
    pub topic: String,
    /// Whether those inside are told who comes and goes.
    pub announce: Announce,
    /// What whoever joins is told by the plugin `notices`; may be empty, and contain `{name}` and `{room}`.
    pub welcome: String,
}

/// Whether those in a room are told who comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Announce {
    /// As [`Presence`] says for every room.
    #[default]
    Default,
    /// They are told nothing, nor how many are here.
    Never,
}

/// How much of arrivals and departures is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Presence {
    /// A room with more members than this goes quiet: joins and leaves are told as a count, at most once a
    /// second. `None` announces always.
    pub announce_up_to: Option<usize>,
}

/// What keeps the server alive, whoever connects. `None` lifts a limit.
///
/// Core applies these before any gate is called, and counts each time that one is hit ([`LimitHit`](crate::protocol::limit_hit::LimitHit)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Longest line, in bytes; a longer one is answered with an error and dropped. At least [`longest_line`](Self::longest_line), so that a message within
    /// `message_characters` is never too long as a line.
    pub line_bytes: Option<usize>,
    /// This many bytes without a newline end the connection; not fewer than `line_bytes`.
    pub unended_bytes: Option<usize>,
    /// Longest message, in characters.
    pub message_characters: Option<usize>,
    /// Longest name, in what a person counts as characters.
    pub name_graphemes: Option<usize>,
    /// Longest name, in bytes.
    pub name_bytes: Option<usize>,
    /// Longest name of a room, in bytes.
    pub room_name_bytes: Option<usize>,
    /// Most rooms a member may be in.
    pub rooms_per_member: Option<usize>,
    /// Most rooms a server may have.
    pub rooms: Option<usize>,
    /// Most rooms that are open because somebody from one address ([`Network::of_customer`]) joined them first.
    pub rooms_per_address: Option<usize>,
    /// Longest topic, in characters.
    pub topic_characters: Option<usize>,
    /// Time to give a name, in seconds.
    #[serde(with = "crate::protocol::durations::optional_seconds")]
    pub name_timeout: Option<Duration>,
    /// Lines that may be tried as a name, and as a password before that.
    pub name_lines: Option<usize>,
    /// Silence after which a JSON client is pinged, in seconds.
    #[serde(with = "crate::protocol::durations::optional_seconds")]
    pub ping_after: Option<Duration>,
    /// Silence after which a JSON client counts as gone, in seconds.
    #[serde(with = "crate::protocol::durations::optional_seconds")]
    pub gone_after: Option<Duration>,
    /// Most connections in all.
    pub connections: Option<usize>,
    /// Most connections from one address ([`Network::of_customer`]): a school may have one.
    pub connections_per_address: Option<usize>,
    /// Most new connections from one address in a minute.
    pub new_connections_per_minute: Option<usize>,
    /// Most connections that have no name yet, of those for which the limits by address hold. When more come, addresses from which somebody had a name
    /// lately go first, then new ones, then those whose connections came to nothing, each with the same share; who makes room is sent away.
    pub unnamed: Option<usize>,
    /// Networks for which the limits by address do not hold, nor that of those without a name; by default this machine itself.
    pub exempt: Vec<Network>,
    /// How many lines of one connection may come at once and how fast they are read after that.
    pub rate: Option<Rate>,
    /// The same for all connections from one address together.
    pub rate_per_address: Option<Rate>,
    /// How long a member may take nothing while something waits for it, in seconds.
    #[serde(with = "crate::protocol::durations::optional_seconds")]
    pub stalled_after: Option<Duration>,
    /// Most lines for one person alone that may wait.
    pub mailbox: Option<usize>,
}

/// A token bucket: lines beyond it are read later, not lost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Lines that may come at once: a pasted paragraph.
    pub burst: u32,
    /// Lines a second after that.
    pub per_second: f64,
}

/// A setting out of bounds: which, what it was and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {value}; expected {expected}")]
#[non_exhaustive]
pub struct SettingsError {
    /// The path of the field, e.g. `rooms.default`.
    pub field: String,
    /// What was found, as it would be written.
    pub value: String,
    /// What would be right.
    pub expected: String,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            name: "Salotto".into(),
            listen: vec!["0.0.0.0:53000".into()],
            proxies: Vec::new(),
            greeting: "Welcome to {server}. What is your name?".into(),
            #[cfg(feature = "password")]
            password: None,
            operator_name: "host".into(),
            reserved_names: [
                "admin",
                "administrator",
                "moderator",
                "operator",
                "root",
                "server",
                "system",
            ]
            .map(str::to_owned)
            .into(),
            threads: None,
            stop_timeout: Duration::from_secs(3),
            slow_hook: Duration::from_millis(2),
        }
    }
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            default: "lobby".into(),
            topic: String::new(),
            listed: Vec::new(),
            open: true,
            history: 50,
            timeline_entries: 4096,
            timeline_bytes: 1024 * 1024,
        }
    }
}

impl Default for Presence {
    fn default() -> Self {
        Self { announce_up_to: Some(500) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: Some(32 * 1024),
            unended_bytes: Some(64 * 1024),
            message_characters: Some(2000),
            name_graphemes: Some(24),
            name_bytes: Some(64),
            room_name_bytes: Some(64),
            rooms_per_member: Some(20),
            rooms: Some(1000),
            rooms_per_address: Some(100),
            topic_characters: Some(400),
            name_timeout: Some(Duration::from_secs(60)),
            name_lines: Some(16),
            ping_after: Some(Duration::from_secs(60)),
            gone_after: Some(Duration::from_secs(120)),
            connections: None,
            connections_per_address: Some(100),
            new_connections_per_minute: Some(200),
            unnamed: Some(1000),
            exempt: vec![Network::of(Ipv6Addr::LOCALHOST.into()), Network::loopback_v4()],
            rate: Some(Rate { burst: 10, per_second: 2.0 }),
            rate_per_address: Some(Rate { burst: 400, per_second: 80.0 }),
            stalled_after: Some(Duration::from_secs(30)),
            mailbox: Some(256),
        }
    }
}

impl ServerSettings {
    /// The names that are kept from people beside the operator's: the reserved ones, and that of the server in each way in which it could be a name.
    pub(crate) fn names_kept(&self) -> Vec<String> {
        let words: Vec<&str> = self.name.split_whitespace().collect();
        let own = ["", "_", "-", "."].map(|between| words.join(between));
        self.reserved_names.iter().cloned().chain(own).filter(|name| !name.is_empty()).collect()
    }
}

impl Limits {
    /// Most bytes that a message of `message_characters` can take as a line: JSON may write each character as two escapes of six bytes, and the room,
    /// a nonce and the names of the fields come beside it. `None` where messages have no bound.
    pub fn longest_line(&self) -> Option<usize> {
        self.message_characters.map(|characters| characters.saturating_mul(12).saturating_add(1024))
    }

    /// Whether the limits by address do not hold for an address.
    pub fn are_lifted_for(&self, address: IpAddr) -> bool {
        self.exempt.iter().any(|network| network.contains(address))
    }

    /// How long the name of a person may be.
    pub fn name_bounds(&self) -> NameBounds {
        NameBounds { graphemes: self.name_graphemes, bytes: self.name_bytes }
    }

    /// How long the name of a room may be.
    pub fn room_name_bounds(&self) -> NameBounds {
        NameBounds { graphemes: None, bytes: self.room_name_bytes }
    }
}

impl RoomSettings {
    /// What is listed for a room of this name.
    pub fn listed_as(&self, name: &str) -> Option<&ListedRoom> {
        self.listed.iter().find(|listed| listed.name == name)
    }
}

impl Settings {
    /// Looks at every setting and returns all that is out of bounds; an empty list means that a server can be built from it.
    ///
    /// ```
    /// # use salotto::Settings;
    /// let mut settings = Settings::default();
    /// assert!(settings.check().is_empty());
    /// settings.rooms.default = "two words".into();
    /// assert_eq!(settings.check()[0].field, "rooms.default");
    /// ```
    pub fn check(&self) -> Vec<SettingsError> {
        let mut wrong = Wrong::default();
        self.server.check(&self.limits, &mut wrong);
        self.rooms.check(&self.limits, &mut wrong);
        self.limits.check(&mut wrong);
        wrong.0
    }

    /// The paths of all settings that differ from those of `before`, such as `limits.rate`, by name.
    ///
    /// ```
    /// # use salotto::Settings;
    /// let mut settings = Settings::default();
    /// settings.limits.name_lines = None;
    /// assert_eq!(settings.changed_from(&Settings::default()), ["limits.name_lines"]);
    /// ```
    pub fn changed_from(&self, before: &Settings) -> Vec<String> {
        let sections = |settings: &Settings| {
            // Settings have nothing that JSON cannot say.
            let value = serde_json::to_value(settings).unwrap_or_default();
            let fields = |(section, fields): (String, Value)| match fields {
                Value::Object(fields) => fields
                    .into_iter()
                    .map(|(field, value)| (format!("{section}.{field}"), value))
                    .collect(),
                value => vec![(section, value)],
            };
            match value {
                Value::Object(sections) => sections.into_iter().flat_map(fields).collect(),
                _ => Vec::new(),
            }
        };
        let (before, now) = (sections(before), sections(self));
        now.into_iter().filter(|field| !before.contains(field)).map(|(path, _)| path).collect()
    }

    /// Puts into `new` what is in force of the settings that a running server cannot change, and names those that differed.
    pub fn keep_until_restart(&self, new: &mut Settings) -> Vec<&'static str> {
        fn keep<T: Clone + PartialEq>(
            kept: &mut Vec<&'static str>,
            field: &'static str,
            now: &T,
            new: &mut T,
        ) {
            if now != new {
                kept.push(field);
                new.clone_from(now);
            }
        }
        let mut kept = Vec::new();
        keep(&mut kept, "server.listen", &self.server.listen, &mut new.server.listen);
        keep(&mut kept, "server.threads", &self.server.threads, &mut new.server.threads);
        keep(
            &mut kept,
            "server.operator_name",
            &self.server.operator_name,
            &mut new.server.operator_name,
        );
        keep(&mut kept, "rooms.default", &self.rooms.default, &mut new.rooms.default);
        kept
    }
}
