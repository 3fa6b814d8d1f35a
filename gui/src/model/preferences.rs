//! What is remembered between runs of the window.

use serde::{Deserialize, Serialize};

use super::settings::{ConnectionSettings, DEFAULT_PORT};

/// How many rooms are remembered.
const RECENT: usize = 8;

/// What is remembered between runs. Unknown fields are passed over and missing ones filled in, so that versions get along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Preferences {
    /// Host of the last server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The name last used.
    pub name: String,
    /// Where the person was, the last first.
    pub recent: Vec<Recent>,
    /// Colours.
    pub theme: Theme,
    /// 1.0 is the size that the screen asks for.
    pub zoom: f32,
    /// Width and height of the window, in points before zoom.
    pub window: (f32, f32),
    /// Whether the list of people is shown where there is space for it.
    pub people: bool,
    /// Words that call the person as their name does.
    pub keywords: Vec<String>,
}

/// A server, and the room in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Host of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The name used there.
    pub name: String,
    /// The room; empty for the default room.
    pub room: String,
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Theme {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: DEFAULT_PORT,
            name: String::new(),
            recent: Vec::new(),
            theme: Theme::default(),
            zoom: 1.0,
            window: (960.0, 640.0),
            people: true,
            keywords: Vec::new(),
        }
    }
}

impl Preferences {
    /// What the form is filled in with.
    pub fn connection_settings(&self) -> ConnectionSettings {
        ConnectionSettings {
            host: self.host.clone(),
            port: self.port,
            name: self.name.clone(),
            ..ConnectionSettings::default()
        }
    }

    pub(super) fn remember(&mut self, settings: &ConnectionSettings, room: &str) {
        self.host.clone_from(&settings.host);
        self.port = settings.port;
        self.name.clone_from(&settings.name);
        let recent = Recent {
            host: settings.host.clone(),
            port: settings.port,
            name: settings.name.clone(),
            room: room.to_owned(),
        };
        self.recent.retain(|other| {
            (&other.host, other.port, &other.room) != (&recent.host, recent.port, &recent.room)
        });
        self.recent.insert(0, recent);
        self.recent.truncate(RECENT);
    }
}
