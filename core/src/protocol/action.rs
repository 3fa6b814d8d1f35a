//! What somebody did to others or to the server: a kick, a ban, a room that was opened, a plugin that was enabled. Recorded once, for the
//! console, for code that watches and for plugins that keep it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::name::RoomName;
use crate::protocol::sanitize;
use crate::protocol::timestamp::Timestamp;

/// Longest text in an action, in bytes; more is cut off.
const MAX_TEXT: usize = 1024;

/// One thing that was done: what, by whom, to whom, where and why.
///
/// Core records what it does itself: `kick`, `remove` (from a room), `topic`, `open`, `close`, `login`, `logout`, `role`, `enable`, `replace` and `disable` (of a plugin, named in
/// `whom`), `reload` and `wrong-password` (of the server; `by` is the address, one record for each in a minute and then a sum). Plugins record theirs with [`Context::record`](crate::plugin::context::Context::record). Texts are cleaned and of one line by the time anybody is told.
///
/// ```
/// use salotto::{Action, protocol::Timestamp};
///
/// let ban = Action::new(Timestamp::now(), "ban", "ada").whom("10.0.0.7").why("flooding");
/// assert_eq!(ban.to_string(), "ada: ban 10.0.0.7 (flooding)");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// When.
    pub time: Timestamp,
    /// What, as one word: that of the command where there is one.
    pub what: String,
    /// Who did it: the name of a person, of the operator or of a plugin.
    pub by: String,
    /// To whom or to what: a name, an address, a plugin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whom: Option<String>,
    /// In which room; `None` for the whole server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomName>,
    /// What was given as the reason, or what it came to; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// When it ends by itself; `None` for what lasts or has no duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Action {
    /// Something done at this time ([`Context::now`](crate::plugin::context::Context::now)), by somebody.
    pub fn new(time: Timestamp, what: impl Into<String>, by: impl Into<String>) -> Self {
        let (what, by) = (what.into(), by.into());
        Self { time, what, by, whom: None, room: None, why: String::new(), until: None }
    }

    /// To whom or to what.
    pub fn whom(mut self, whom: impl Into<String>) -> Self {
        self.whom = Some(whom.into());
        self
    }

    /// In which room.
    pub fn room(mut self, room: &RoomName) -> Self {
        self.room = Some(room.clone());
        self
    }

    /// Why, or what it came to.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Until when.
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    /// The same with every text cleaned, in one line and bounded, whatever a plugin put into it.
    pub(crate) fn cleaned(mut self) -> Self {
        let clean = |text: &mut String| {
            *text = sanitize::excerpt(&sanitize::line(text), MAX_TEXT).into_owned()
        };
        [&mut self.what, &mut self.by, &mut self.why].into_iter().for_each(clean);
        self.whom.iter_mut().for_each(clean);
        self
    }
}

impl fmt::Display for Action {
    /// One line without the time: `ada: ban 10.0.0.7 until 2026-01-01T02:00:00.000Z (flooding)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.by, self.what)?;
        if let Some(whom) = &self.whom {
            write!(formatter, " {whom}")?;
        }
        if let Some(room) = &self.room {
            write!(formatter, " in {room}")?;
        }
        if let Some(until) = &self.until {
            write!(formatter, " until {until}")?;
        }
        if self.why.is_empty() { Ok(()) } else { write!(formatter, " ({})", self.why) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn midnight() -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)).into()
    }

    #[test]
    fn it_reads_as_one_line() {
        let room = "lobby".parse::<RoomName>().unwrap();
        let mute = Action::new(midnight(), "mute", "floods").whom("bob").room(&room);
        assert_eq!(mute.to_string(), "floods: mute bob in lobby");
        let mute = mute.until(midnight()).why("too fast");
        assert_eq!(
            mute.to_string(),
            "floods: mute bob in lobby until 2026-01-01T00:00:00.000Z (too fast)"
        );
    }

    #[test]
    fn nobody_writes_a_second_line_or_to_the_terminal() {
        let forged = Action::new(midnight(), "kick", "eve\u{1b}[2J").why("a\nhost: kick ada\r\n");
        let forged = forged.whom("bob\u{202e}").cleaned();
        assert_eq!(forged.to_string(), "eve[2J: kick bob (a host: kick ada)");
        assert!(
            Action::new(midnight(), "x".repeat(9000), "y").cleaned().what.len() <= MAX_TEXT + 3
        );
    }

    #[test]
    fn it_is_read_back_as_it_was_written() {
        let action = Action::new(midnight(), "kick", "ada").whom("bob");
        let json = serde_json::to_string(&action).unwrap();
        assert_eq!(
            json,
            r#"{"time":"2026-01-01T00:00:00.000Z","what":"kick","by":"ada","whom":"bob"}"#
        );
        assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), action);
    }
}
