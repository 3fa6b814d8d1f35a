//! What is remembered between runs of the window.

mod merge;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::settings::{ConnectionSettings, DEFAULT_PORT};
use super::text::fold;
use super::trust::Met;

/// How many servers are remembered, and of each how many rooms and people; and how many keywords there are.
const RECENT: usize = 16;
const MOST: usize = 100;
/// What the zoom is between.
pub const ZOOM: (f32, f32) = (0.5, 3.0);
/// What a side of the window is between, in points.
const SIDE: (f32, f32) = (200.0, 20_000.0);

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
    /// The servers that were met over TLS, and why they are believed.
    pub met: Vec<Met>,
    /// Colours.
    pub theme: Theme,
    /// 1.0 is the size that the screen asks for.
    pub zoom: f32,
    /// Width and height of the window, in points before zoom.
    pub window: (f32, f32),
    /// Whether the window fills the screen; `window` is the size that it has otherwise.
    pub maximized: bool,
    /// What draws the window, where `--renderer` does not say.
    pub renderer: Renderer,
    /// Whether the list of people is shown where there is space for it.
    pub people: bool,
    /// Words that call the person as their name does.
    pub keywords: Vec<String>,
    /// The family of the font; empty for the one that is built in.
    pub font: String,
    /// Whether the desktop shows a notification when the person is called and does not look.
    pub notify: bool,
    /// Whether it sounds then.
    pub sound: bool,
    /// Whether what is said is written to files.
    pub log: bool,
    /// Into which folder; empty for the usual one.
    pub log_folder: String,
}

/// A server, and what is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Host of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The name used there.
    pub name: String,
    /// The rooms that the person is in, in the order in which they were joined; empty for the default room.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Of whom the person wants to hear nothing there.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// Whether the person has entered it and not left: it is entered again at the next start.
    #[serde(default)]
    pub entered: bool,
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

/// What draws the window. In the settings file it is written `Auto`, `Cpu` or `Gl`, on the command line in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Renderer {
    /// The graphics card where there is one, and else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// OpenGL, whoever draws for it.
    Gl,
}

impl FromStr for Renderer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gl" => Ok(Self::Gl),
            other => Err(format!("the renderer is `{other}`; it can be `auto`, `cpu` or `gl`")),
        }
    }
}

impl Recent {
    /// What a form is filled in with to enter it.
    fn connection_settings(&self) -> ConnectionSettings {
        ConnectionSettings {
            host: self.host.clone(),
            port: self.port,
            name: self.name.clone(),
            ..ConnectionSettings::default()
        }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: DEFAULT_PORT,
            name: String::new(),
            recent: Vec::new(),
            met: Vec::new(),
            theme: Theme::default(),
            zoom: 1.0,
            window: (960.0, 640.0),
            maximized: false,
            renderer: Renderer::default(),
            people: true,
            keywords: Vec::new(),
            font: String::new(),
            notify: true,
            sound: false,
            log: false,
            log_folder: String::new(),
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

    /// What is remembered of a server.
    fn recent(&self, settings: &ConnectionSettings) -> Option<&Recent> {
        self.recent
            .iter()
            .find(|other| (&other.host, other.port) == (&settings.host, settings.port))
    }

    fn recent_mut(&mut self, settings: &ConnectionSettings) -> Option<&mut Recent> {
        let is_it =
            |other: &&mut Recent| (&other.host, other.port) == (&settings.host, settings.port);
        self.recent.iter_mut().find(is_it)
    }

    /// The rooms that the person was in at a server.
    pub fn rooms(&self, settings: &ConnectionSettings) -> &[String] {
        self.recent(settings).map_or(&[], |recent| &recent.rooms)
    }

    /// The servers that were entered and not left, the last first.
    pub(super) fn entered(&self) -> Vec<ConnectionSettings> {
        let entered = self.recent.iter().filter(|recent| recent.entered);
        entered.map(Recent::connection_settings).collect()
    }

    /// The person has left a server, or was put out. Returns whether that is new.
    pub(super) fn leave(&mut self, settings: &ConnectionSettings) -> bool {
        let recent = self.recent_mut(settings);
        recent.is_some_and(|recent| std::mem::replace(&mut recent.entered, false))
    }

    /// Of whom the person wants to hear nothing at a server.
    pub fn ignored(&self, settings: &ConnectionSettings) -> impl Iterator<Item = &str> {
        self.recent(settings).into_iter().flat_map(|recent| &recent.ignored).map(String::as_str)
    }

    /// The same with all values within what the window can show, whatever the file says.
    pub fn within_bounds(mut self) -> Self {
        let clamp = |value: f32, (least, most): (f32, f32), usual: f32| match value.is_finite() {
            true => value.clamp(least, most),
            false => usual,
        };
        self.zoom = clamp(self.zoom, ZOOM, 1.0);
        self.window = (clamp(self.window.0, SIDE, 960.0), clamp(self.window.1, SIDE, 640.0));
        self.keywords.retain(|word| !word.trim().is_empty());
        self.keywords.truncate(MOST);
        self.recent.truncate(RECENT);
        self
    }

    /// The server was entered.
    pub(super) fn remember(&mut self, settings: &ConnectionSettings) {
        self.host.clone_from(&settings.host);
        self.port = settings.port;
        self.name.clone_from(&settings.name);
        let known = self.recent(settings).cloned();
        let recent = Recent {
            host: settings.host.clone(),
            port: settings.port,
            name: settings.name.clone(),
            rooms: known.as_ref().map(|known| known.rooms.clone()).unwrap_or_default(),
            ignored: known.map(|known| known.ignored).unwrap_or_default(),
            entered: true,
        };
        self.recent.retain(|other| (&other.host, other.port) != (&recent.host, recent.port));
        self.recent.insert(0, recent);
        self.recent.truncate(RECENT);
    }

    /// The person is in a room of a server now, or not any more. Returns whether that is new.
    pub(super) fn remember_room(
        &mut self,
        settings: &ConnectionSettings,
        room: &str,
        is_in: bool,
    ) -> bool {
        let Some(recent) = self.recent_mut(settings) else { return false };
        set(&mut recent.rooms, room, is_in)
    }

    /// Whether to hear nothing of somebody. Returns whether that is new.
    pub fn ignore(&mut self, settings: &ConnectionSettings, name: &str, ignores: bool) -> bool {
        let Some(recent) = self.recent_mut(settings) else { return false };
        set(&mut recent.ignored, name, ignores)
    }
}

/// Puts a word into a list, or takes it out. Returns whether that changed anything.
fn set(list: &mut Vec<String>, word: &str, is_in: bool) -> bool {
    let at = list.iter().position(|other| fold(other) == fold(word));
    match (at, is_in) {
        (None, true) if list.len() < MOST => list.push(word.to_owned()),
        (Some(at), false) => drop(list.remove(at)),
        _ => return false,
    }
    true
}
