//! What clients say of themselves and of channels beyond names and topics, by keys such as `avatar`: <https://ircv3.net/specs/extensions/metadata>. That of a client goes with its
//! connection, that of a channel when the room closes. A client is told of the keys that it has subscribed to, of whom it shares a channel with or watches.

use std::collections::{BTreeMap, BTreeSet};

use salotto::{Context, MemberId, RoomName};

use super::capability::{Capability, Chosen};
use super::commands::chathistory::lines_of;
use super::connection::Connection;
use super::written::Answers;
use super::{Irc, channel, numeric, written};

/// So many keys have a value, of one client or channel.
pub(super) const MOST_KEYS: usize = 20;
/// So many keys a client may subscribe to.
pub(super) const MOST_SUBSCRIPTIONS: usize = 50;
/// Most bytes of a value.
pub(super) const LONGEST_VALUE: usize = 300;
/// Most bytes of a key.
const LONGEST_KEY: usize = 64;
/// Most values that a client is told at a time of those in a channel.
const MOST_TOLD: usize = 200;

/// What is said of one client or channel, by key.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<String, String>);

/// There are as many as there may be.
#[derive(Debug, PartialEq)]
pub(super) struct Full;

impl Values {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Sets one, or removes it.
    pub(super) fn set(&mut self, key: &str, value: Option<&str>) -> Result<(), Full> {
        match value {
            Some(_) if self.0.len() >= MOST_KEYS && !self.0.contains_key(key) => return Err(Full),
            Some(value) => self.0.insert(key.to_owned(), value.to_owned()),
            None => self.0.remove(key),
        };
        Ok(())
    }

    /// Those of some keys, as they are told of a target.
    pub(super) fn of<'v>(&'v self, keys: &'v BTreeSet<String>, target: &'v str) -> Vec<Told<'v>> {
        let values = self.iter().filter(|(key, _)| keys.contains(*key));
        values.map(|(key, value)| Told { target, key, value: Some(value) }).collect()
    }
}

/// What a connection has: what it says of itself, and what it wants to know of others.
#[derive(Debug, Default)]
pub(super) struct OfClient {
    pub(super) values: Values,
    pub(super) subscribed: BTreeSet<String>,
}

/// Whether a word can be a key.
pub(super) fn is_key(word: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_./-".contains(&c);
    (1..=LONGEST_KEY).contains(&word.len()) && word.bytes().all(is_plain)
}

/// Which draft of it a client has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Second,
    Third,
}

impl Version {
    pub(super) fn of(capabilities: &Chosen) -> Option<Self> {
        match () {
            () if capabilities.has(Capability::Metadata3) => Some(Self::Third),
            () if capabilities.has(Capability::Metadata2) => Some(Self::Second),
            () => None,
        }
    }
}

/// A value, or that there is none any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'t> {
    /// A nick, a channel, or `*` before there is a nick.
    pub(super) target: &'t str,
    pub(super) key: &'t str,
    pub(super) value: Option<&'t str>,
}

impl Told<'_> {
    /// As an answer to who has asked, or has set it.
    pub(super) fn answer(self, host: &str, nick: &str) -> String {
        let mut answers = Answers::new(host, nick);
        let Told { target, key, value } = self;
        match value {
            Some(value) => answers.add(numeric::KEY_VALUE, &[target, key, "*"], value),
            None => answers.add(numeric::KEY_NOT_SET, &[target, key], "it has no value"),
        };
        answers.lines()
    }

    /// As news to who has subscribed.
    pub(super) fn news(self, version: Version, host: &str, nick: &str) -> String {
        let Told { target, key, value } = self;
        match (version, value) {
            (Version::Third, _) => self.answer(host, nick),
            (_, Some(value)) => written::end(format!(":{host} METADATA {target} {key} * :{value}")),
            (_, None) => written::end(format!(":{host} METADATA {target} {key} *")),
        }
    }
}

impl Irc {
    /// Something is said otherwise of a member: those who want to know are told.
    pub(super) fn tell_value(&self, context: &mut Context<'_>, member: MemberId, told: Told<'_>) {
        for other in self.neighbours(context, member) {
            self.tell_subscriber(context, other, told);
        }
    }

    /// The same of a room.
    pub(super) fn tell_value_of_room(
        &self,
        context: &mut Context<'_>,
        room: &RoomName,
        by: MemberId,
        told: Told<'_>,
    ) {
        for other in self.others_in(room, by) {
            self.tell_subscriber(context, other, told);
        }
    }

    fn tell_subscriber(&self, context: &mut Context<'_>, other: MemberId, told: Told<'_>) {
        let Some(connection) = self.connections.get(&other) else { return };
        let version = Version::of(&connection.capabilities)
            .filter(|_| connection.metadata().subscribed.contains(told.key));
        let nick = context.name(other).map(ToString::to_string);
        if let (Some(version), Some(nick)) = (version, nick) {
            context.answer(other, told.news(version, connection.host(), &nick));
        }
    }

    /// Somebody is in a room now: they are told what is said of it and of who is there, and those who are there, of them.
    pub(super) fn tell_values_in(
        &self,
        context: &mut Context<'_>,
        member: MemberId,
        room: &RoomName,
    ) {
        self.sync_room(context, member, room);
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member).map(ToString::to_string) else { return };
        let Some(connection) = self.connections.get(&member) else { return };
        let metadata = connection.metadata();
        for (key, value) in metadata.values.iter() {
            let told = Told { target: &name, key, value: Some(value) };
            self.tell_value_of_room(context, room, member, told);
        }
    }

    /// Tells a client of all that it has subscribed to in a room, if there is anything.
    pub(super) fn sync_room(&self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let Some(connection) = self.connections.get(&member) else { return };
        let Some(version) = Version::of(&connection.capabilities) else { return };
        let keys = connection.metadata().subscribed.clone();
        let Some(nick) = context.name(member).filter(|_| !keys.is_empty()) else { return };
        let (host, channel, mut lines) = (connection.host(), channel::of_room(room), Vec::new());
        let mut add = |values: &Values, target: &str| {
            let told = values.of(&keys, target).into_iter();
            lines.extend(told.map(|told| told.news(version, host, nick.as_str())));
            lines.len() <= MOST_TOLD
        };
        let of_room = self.rooms.find(room).is_none_or(|room| add(&room.values, &channel));
        let all = of_room
            && self.others_in(room, member).all(|other| {
                let known = self.connections.get(&other).zip(context.name(other));
                known.is_none_or(|(known, name)| add(&known.metadata().values, name.as_str()))
            });
        if lines.is_empty() {
            return;
        }
        lines.truncate(MOST_TOLD);
        let mut answer = in_batch(connection, &channel, &lines);
        if !all {
            let text = [channel.as_str(), "60"];
            answer += &Answers::new(host, nick.as_str())
                .add_plain(numeric::METADATA_SYNC_LATER, &text)
                .lines();
        }
        context.answer(member, answer);
    }

    /// What a client is told of itself that has said something before it had a name.
    pub(super) fn own_values(&self, connection: &Connection, nick: &str) -> String {
        let Some(version) = Version::of(&connection.capabilities) else { return String::new() };
        let metadata = connection.metadata();
        let told = |(key, value)| {
            let told = Told { target: nick, key, value: Some(value) };
            told.news(version, connection.host(), nick)
        };
        let lines: Vec<String> = metadata.values.iter().map(told).collect();
        match lines.is_empty() {
            true => String::new(),
            false => in_batch(connection, nick, &lines),
        }
    }
}

/// Lines about a target, held together.
pub(super) fn in_batch(connection: &Connection, target: &str, lines: &[String]) -> String {
    lines_of(connection, "metadata", target, |batch| match batch {
        Some(batch) => lines.iter().map(|line| format!("@batch={batch} {line}")).collect(),
        None => lines.concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_values_and_no_more() {
        let mut values = Values::default();
        for number in 0..MOST_KEYS {
            assert_eq!(values.set(&format!("key{number}"), Some("x")), Ok(()));
        }
        assert_eq!(values.set("one-more", Some("x")), Err(Full));
        assert_eq!(values.set("key1", Some("y")), Ok(()));
        assert_eq!(values.set("key0", None), Ok(()));
        assert_eq!(values.set("one-more", Some("x")), Ok(()));
        assert_eq!((values.get("key1"), values.get("key0")), (Some("y"), None));
    }

    #[test]
    fn keys_are_small_letters_digits_and_a_few_signs() {
        for key in ["avatar", "display-name", "soju.im/pinned", "a_1"] {
            assert!(is_key(key), "{key}");
        }
        let long = "a".repeat(LONGEST_KEY + 1);
        for key in ["", "Avatar", "a b", "ä", "*", &long] {
            assert!(!is_key(key), "{key}");
        }
    }
}
