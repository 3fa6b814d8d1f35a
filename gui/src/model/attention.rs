//! What reaches the person who does not look at the window, and what is written into their own log.

use std::time::{Duration, SystemTime};

use super::effect::{Effect, Record};
use super::time::{clock, iso_date, seconds};
use super::{Kind, Model};

/// So soon after a notification there is no other: those who called again are in the window.
const PAUSE: Duration = Duration::from_secs(3);
/// Longest text of a notification, in characters.
const NOTICE: usize = 300;

impl Model {
    /// Somebody called the person.
    pub(super) fn call(&mut self, title: String, text: &str, effects: &mut Vec<Effect>) {
        effects.push(Effect::Urgent);
        let is_soon = |at: SystemTime| self.now.duration_since(at).is_ok_and(|past| past < PAUSE);
        if self.notified.is_some_and(is_soon) {
            return;
        }
        if self.preferences.notify || self.preferences.sound {
            self.notified = Some(self.now);
        }
        if self.preferences.notify {
            let text = text.chars().take(NOTICE).collect();
            effects.push(Effect::Notify { title, text });
        }
        if self.preferences.sound {
            effects.push(Effect::Sound);
        }
    }

    /// Writes into the person's own log, where they keep one.
    pub(super) fn record(
        &self,
        conversation: &Kind,
        text: &str,
        time: SystemTime,
        effects: &mut Vec<Effect>,
    ) {
        if !self.preferences.log {
            return;
        }
        let name = match conversation {
            Kind::Room(room) => format!("#{room}"),
            Kind::Direct(name) => name.to_string(),
            Kind::ServerInfo => return,
        };
        let time = seconds(time);
        effects.push(Effect::Record(Record {
            folders: [self.settings.address(), name],
            day: iso_date(time, &self.zone),
            line: format!("[{}] {text}", clock(time, &self.zone)),
        }));
    }
}
