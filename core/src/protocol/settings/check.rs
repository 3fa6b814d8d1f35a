//! What each section of the settings may hold. Everything that is wrong is found at once, so that a file is put right in one go.

use std::net::SocketAddr;

use super::{Limits, Rate, RoomSettings, ServerSettings, SettingsError};
use crate::protocol::name::{Name, NameBounds, RoomName};
use crate::protocol::sanitize;

/// Least entries and bytes of a timeline: fewer would not hold what a busy turn brings.
const LEAST_ENTRIES: usize = 16;
const LEAST_BYTES: usize = 16 * 1024;

/// Most threads of a server: more than any machine has cores.
const MOST_THREADS: usize = 1024;

/// What was found to be out of bounds so far.
#[derive(Debug, Default)]
pub(super) struct Wrong(pub(super) Vec<SettingsError>);

impl Wrong {
    fn unless(&mut self, holds: bool, field: &str, value: String, expected: &str) {
        if !holds {
            self.0.push(SettingsError { field: field.into(), value, expected: expected.into() });
        }
    }
}

impl ServerSettings {
    pub(super) fn check(&self, limits: &Limits, wrong: &mut Wrong) {
        wrong.unless(
            sanitize::is_visible(&self.name),
            "server.name",
            format!("{:?}", self.name),
            "a name of one letter or more",
        );
        if let Some(unknown) = placeholder_but(&self.greeting, "{server}") {
            let expected = "no placeholder but {server}";
            wrong.unless(false, "server.greeting", format!("{unknown:?}"), expected);
        }
        for (index, address) in self.listen.iter().enumerate() {
            let is_same = |other: &String| is_same_address(other, address);
            let is_first = !self.listen[..index].iter().any(is_same);
            let expected = "each address once";
            wrong.unless(is_first, "server.listen", format!("{address:?}"), expected);
            let has_port = address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
            let expected = "an address with port such as \"0.0.0.0:53000\"";
            wrong.unless(has_port, "server.listen", format!("{address:?}"), expected);
        }
        if let Err(error) = Name::new(&self.operator_name, limits.name_bounds()) {
            let (value, expected) =
                (format!("{:?}", self.operator_name), format!("a good name: {error}"));
            wrong.unless(false, "server.operator_name", value, &expected);
        }
        for name in &self.reserved_names {
            if let Err(error) = Name::new(name, NameBounds::NONE) {
                let expected = format!("good names: {error}");
                wrong.unless(false, "server.reserved_names", format!("{name:?}"), &expected);
            }
        }
        let threads = self.threads.unwrap_or(1);
        let expected = format!("1 to {MOST_THREADS}, or None");
        let holds = (1..=MOST_THREADS).contains(&threads);
        wrong.unless(holds, "server.threads", threads.to_string(), &expected);
    }
}

/// Whether two addresses cannot be listened on at the same time, in whatever way they are written.
fn is_same_address(one: &str, other: &str) -> bool {
    let parsed = (one.parse::<SocketAddr>(), other.parse::<SocketAddr>());
    match parsed {
        (Ok(one), Ok(other)) if one.port() == 0 || one.port() != other.port() => false,
        (Ok(one), Ok(other)) => {
            let is_all = one.ip().is_unspecified() || other.ip().is_unspecified();
            one.ip() == other.ip() || is_all && one.is_ipv4() == other.is_ipv4()
        }
        _ => one == other && !one.ends_with(":0"),
    }
}

/// The first `{word}` in a text that is not the one that is replaced there.
fn placeholder_but<'t>(text: &'t str, known: &str) -> Option<&'t str> {
    let placeholders = text.match_indices('{').filter_map(|(start, _)| {
        let end = text[start..].find('}')?;
        let placeholder = &text[start..=start + end];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = &placeholder[1..placeholder.len() - 1];
        (!word.is_empty() && word.chars().all(is_word)).then_some(placeholder)
    });
    placeholders.into_iter().find(|placeholder| *placeholder != known)
}

impl RoomSettings {
    pub(super) fn check(&self, limits: &Limits, wrong: &mut Wrong) {
        let rooms = std::iter::once(("rooms.default", &self.default))
            .chain(self.listed.iter().map(|room| ("rooms.listed.name", &room.name)));
        let mut seen = Vec::new();
        for (field, name) in rooms {
            let value = format!("{name:?}");
            match RoomName::new(name, limits.room_name_bounds()) {
                Ok(room) => {
                    let keys = room.keys();
                    let is_free = !keys.iter().any(|key| seen.contains(key));
                    wrong.unless(is_free, field, value, "a name that no other room has");
                    seen.extend(keys);
                }
                Err(error) => wrong.unless(false, field, value, &format!("a good name: {error}")),
            }
        }
        let (entries, bytes) = (self.timeline_entries, self.timeline_bytes);
        let expected = format!("{LEAST_ENTRIES} or more");
        let holds = entries >= LEAST_ENTRIES;
        wrong.unless(holds, "rooms.timeline_entries", entries.to_string(), &expected);
        let expected = format!("{LEAST_BYTES} or more");
        wrong.unless(bytes >= LEAST_BYTES, "rooms.timeline_bytes", bytes.to_string(), &expected);
    }
}

impl Limits {
    pub(super) fn check(&self, wrong: &mut Wrong) {
        for (field, value, least) in [
            ("limits.line_bytes", self.line_bytes, 64),
            ("limits.unended_bytes", self.unended_bytes, 64),
            ("limits.message_characters", self.message_characters, 1),
            ("limits.name_graphemes", self.name_graphemes, 1),
            ("limits.name_bytes", self.name_bytes, 4),
            ("limits.room_name_bytes", self.room_name_bytes, 4),
            ("limits.rooms_per_member", self.rooms_per_member, 1),
            ("limits.rooms", self.rooms, 1),
            ("limits.rooms_per_address", self.rooms_per_address, 1),
            ("limits.name_lines", self.name_lines, 1),
            ("limits.connections", self.connections, 1),
            ("limits.connections_per_address", self.connections_per_address, 1),
            ("limits.new_connections_per_minute", self.new_connections_per_minute, 1),
            ("limits.unnamed", self.unnamed, 16),
            ("limits.mailbox", self.mailbox, 16),
        ] {
            let value = value.unwrap_or(usize::MAX);
            let expected = format!("{least} or more, or None");
            wrong.unless(value >= least, field, value.to_string(), &expected);
        }
        if let (Some(line), Some(longest)) = (self.line_bytes, self.longest_line()) {
            let expected = format!(
                "{longest} or more: 12 for each of `limits.message_characters`, as JSON may write them, and 1024"
            );
            wrong.unless(line >= longest, "limits.line_bytes", line.to_string(), &expected);
        }
        if let (Some(line), Some(unended)) = (self.line_bytes, self.unended_bytes) {
            let expected = format!("{line} or more, which is `limits.line_bytes`");
            wrong.unless(unended >= line, "limits.unended_bytes", unended.to_string(), &expected);
        }
        for (field, rate) in
            [("limits.rate", self.rate), ("limits.rate_per_address", self.rate_per_address)]
        {
            let Some(Rate { burst, per_second }) = rate else { continue };
            let (burst_field, pace_field) =
                (format!("{field}.burst"), format!("{field}.per_second"));
            wrong.unless(burst >= 1, &burst_field, burst.to_string(), "1 or more");
            let holds = per_second.is_finite() && per_second > 0.0;
            wrong.unless(holds, &pace_field, per_second.to_string(), "more than 0");
        }
        if let (Some(ping), Some(gone)) = (self.ping_after, self.gone_after) {
            let value = gone.as_secs_f64().to_string();
            wrong.unless(gone > ping, "limits.gone_after", value, "more than `limits.ping_after`");
        }
    }
}
