//! A line of a journal. Whatever is in it, it is one line: every character that any reader treats as the end of a line is escaped.

use std::fmt::{self, Write};
use std::time::UNIX_EPOCH;

use salotto::protocol::Timestamp;

/// Seconds.
pub(super) const DAY: u64 = 24 * 60 * 60;

/// One line, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// With the line journal at its end, and none before.
    pub(crate) text: String,
    /// The day of the record, counted from 1970 in UTC.
    pub(crate) day: u64,
}

/// How a character that would end the line is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// For people, as in Rust.
    Text,
    /// As in a string of JSON; outside of strings JSON has none of these characters.
    Json,
}

/// Lines that were dropped because the disk did not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loss {
    /// When the first was dropped.
    pub(crate) since: Timestamp,
    pub(crate) lines: u64,
}

impl Line {
    /// Makes a line of a text that was recorded at this time.
    pub(crate) fn new(text: &str, time: Timestamp, escapes: Escapes) -> Self {
        let since = time.system_time().duration_since(UNIX_EPOCH);
        let mut line = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            match escapes {
                _ if !ends_lines(c) => line.push(c),
                Escapes::Text => line.extend(c.escape_default()),
                // Writing to a `String` does not fail.
                Escapes::Json => drop(write!(line, "\\u{:04x}", u32::from(c))),
            }
        }
        line.push('\n');
        Self { text: line, day: since.unwrap_or_default().as_secs() / DAY }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} missing here: the log did not keep up", counted(self.lines))
    }
}

/// The number of lines, with the verb.
pub(super) fn counted(lines: u64) -> String {
    match lines {
        1 => "1 line is".into(),
        lines => format!("{lines} lines are"),
    }
}

/// Whether some program ends a line at this character, or a terminal does anything but show it.
pub(crate) fn ends_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
