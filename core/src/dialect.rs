//! The seam to bytes: a dialect maps lines to what is asked, and events to bytes. It knows no socket and keeps no state.

mod json;
pub(crate) mod lines;
mod text;

use std::fmt::Debug;

use crate::protocol::entry::Entry;
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::request::Envelope;

/// How many dialects there are; each entry of a timeline has room for so many encodings.
pub(crate) const DIALECTS: usize = 2;

/// Lines for people.
pub(crate) const TEXT: &dyn Dialect = &text::Text;
/// One object a line.
pub(crate) const JSON: &dyn Dialect = &json::Json;

/// One way to speak to the server.
pub(crate) trait Dialect: Debug + Send + Sync {
    /// Its role among the encodings of an entry, below [`DIALECTS`].
    fn index(&self) -> usize;

    /// Understands one line, which is valid UTF-8 without its end.
    fn parse(&self, line: String) -> Result<Input, BadLine>;

    /// Appends an entry in this dialect's form, with the end of the line. May append nothing.
    fn encode_entry(&self, entry: &Entry, role: RoomRole, out: &mut Vec<u8>);

    /// Appends an event for one person, with the end of the line. May append nothing.
    fn encode_event(&self, event: &Event, out: &mut Vec<u8>);

    /// Whether somebody answers pings at the other end.
    fn answers_pings(&self) -> bool;
}

/// Where an entry belongs, for a dialect without windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoomRole {
    /// The default room of the server, which needs no naming.
    Main,
    /// Any other.
    Other,
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// Something definite.
    Request(Box<Envelope>),
    /// What a person typed: a name, a message or a `!command`, by what the server knows of them.
    Typed(String),
    /// Nothing; an empty line.
    Nothing,
}

/// A line that asks for nothing that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) code: ErrorCode,
    pub(crate) text: String,
    pub(crate) nonce: Option<String>,
}

/// The dialect that the first line chooses, without its end.
pub(crate) fn choose(first_line: &[u8]) -> &'static dyn Dialect {
    let start = first_line.iter().find(|byte| !byte.is_ascii_whitespace());
    if start == Some(&b'{') { JSON } else { TEXT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_the_first_line_chooses_json() {
        assert_eq!(choose(b" {\"type\":\"hello\"}").index(), JSON.index());
        assert_eq!(choose(b"ada").index(), TEXT.index());
        assert_eq!(choose(b"").index(), TEXT.index());
    }

    #[test]
    fn each_dialect_has_an_encoding_of_its_own() {
        assert!(TEXT.index() != JSON.index() && TEXT.index().max(JSON.index()) < DIALECTS);
    }
}
