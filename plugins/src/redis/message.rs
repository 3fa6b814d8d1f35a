//! What nodes tell each other through the engine: a line of words that its scripts read and write, and what follows, which only nodes read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use salotto::order::{Ordered, Proposal};
use salotto::{EntryId, EntryKind, Name, RoomName};
use serde::{Deserialize, Serialize};

/// The mark of a room in which nothing was said, or of which nothing is known.
pub(super) const UNMARKED: &str = "-";

/// What is published, on whatever channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// What one proposal brought to a room.
    Entries(Batch),
    /// Who of a node is in a room, said anew.
    People { node: Arc<str>, here: Vec<Name>, gone: Vec<Name> },
    /// A room has another epoch.
    Forked,
    /// A message was deleted, by a node.
    Deleted { id: EntryId, from: Arc<str> },
    /// A node tells another, or all others.
    Told { from: Arc<str>, text: String },
    /// A value was set.
    Value { from: Arc<str>, namespace: String, key: String, value: Option<String> },
    /// A name of this node is somebody else's.
    NameLost { name: Name, taken_over: bool },
    /// A node is gone.
    Gone(Arc<str>),
    /// A node is there; the stamp is its own.
    Beat { node: Arc<str>, stamp: u64 },
}

/// Entries as they lie in the log and are published: the same text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) epoch: String,
    /// The first id; one more than the last where only people came or went.
    pub(super) first: EntryId,
    pub(super) to: EntryId,
    /// Milliseconds since 1970, by the engine's clock.
    pub(super) time: u64,
    pub(super) node: Arc<str>,
    pub(super) number: u64,
    /// The mark of the batch before this one, so that a log can be told from another.
    pub(super) before: String,
    pub(super) body: Body,
}

/// What a node proposes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) here: Vec<Name>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gone: Vec<Name>,
    /// Ticket and what happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) entries: Vec<(u64, EntryKind)>,
}

impl Body {
    /// What several proposals for one room come to together.
    pub(super) fn of(proposals: Vec<Proposal>) -> Self {
        let mut body = Self::default();
        for proposal in proposals {
            body.gone.retain(|name| !proposal.here.contains(name));
            body.here.retain(|name| !proposal.gone.contains(name));
            body.here.extend(proposal.here);
            body.gone.extend(proposal.gone);
            body.entries.extend(
                proposal.entries.into_iter().map(|proposed| (proposed.ticket, proposed.what)),
            );
        }
        body
    }

    /// The topic that the room has after it, if it sets one.
    pub(super) fn topic(&self) -> Option<&str> {
        self.entries.iter().rev().find_map(|(_, what)| match what {
            EntryKind::Topic { topic, .. } => Some(topic.as_str()),
            _ => None,
        })
    }
}

impl Batch {
    /// What the engine knows it by.
    pub(super) fn mark(&self) -> String {
        format!("{}/{}", self.node, self.number)
    }

    /// Its entries from this id on.
    pub(super) fn entries_from(self, from: EntryId) -> Vec<Ordered> {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(self.time);
        let (node, first) = (self.node, self.first);
        let ordered = |(at, (ticket, what)): (usize, (u64, EntryKind))| Ordered {
            id: first + at as EntryId,
            time: time.into(),
            node: node.clone(),
            ticket,
            what,
        };
        let entries = self.body.entries.into_iter().enumerate().map(ordered);
        entries.skip_while(|entry| entry.id < from).collect()
    }
}

impl Message {
    /// Reads one; `None` where it is of no kind that is known, as a later version may have.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once('\n')?;
        let mut words = head.split(' ');
        let kind = words.next()?;
        let mut word = || words.next();
        Some(match kind {
            "E" => Self::Entries(Batch {
                epoch: word()?.to_owned(),
                first: word()?.parse().ok()?,
                to: word()?.parse().ok()?,
                time: word()?.parse().ok()?,
                node: word()?.into(),
                number: word()?.parse().ok()?,
                before: word()?.to_owned(),
                body: serde_json::from_str(body).ok()?,
            }),
            "P" => {
                let Body { here, gone, .. } = serde_json::from_str(body).ok()?;
                Self::People { node: word()?.into(), here, gone }
            }
            "F" => Self::Forked,
            "D" => Self::Deleted { id: word()?.parse().ok()?, from: word()?.into() },
            "T" => Self::Told { from: word()?.into(), text: body.to_owned() },
            "V" => {
                let (namespace, key, value) = serde_json::from_str(body).ok()?;
                Self::Value { from: word()?.into(), namespace, key, value }
            }
            "N" => Self::NameLost {
                taken_over: word()? == "1",
                name: serde_json::from_value(body.into()).ok()?,
            },
            "G" => Self::Gone(word()?.into()),
            "B" => Self::Beat { node: word()?.into(), stamp: word()?.parse().ok()? },
            _ => return None,
        })
    }
}

/// What a node tells others, ready to be published.
pub(super) fn told(from: &str, text: &str) -> String {
    format!("T {from}\n{text}")
}

/// That a value was set, ready to be published.
pub(super) fn value(from: &str, namespace: &str, key: &str, value: Option<&str>) -> String {
    // Texts can always be written.
    let body = serde_json::to_string(&(namespace, key, value)).unwrap_or_default();
    format!("V {from}\n{body}")
}

/// That a message was deleted, ready to be published.
pub(super) fn deleted(from: &str, id: EntryId) -> String {
    format!("D {id} {from}\n")
}

/// What a small value is called among all.
pub(super) fn field(namespace: &str, key: &str) -> String {
    format!("{namespace}\n{key}")
}

/// Reads what a small value is called.
pub(super) fn place(field: &str) -> Option<(String, String)> {
    let (namespace, key) = field.split_once('\n')?;
    Some((namespace.to_owned(), key.to_owned()))
}

/// What things are called in the engine.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// What all keys and channels begin with.
    pub(super) prefix: String,
    pub(super) node: String,
    pub(super) engine: String,
    pub(super) values: String,
    pub(super) nodes: String,
    pub(super) names: String,
    pub(super) names_of_node: String,
    pub(super) rooms_of_node: String,
    /// The channel that all nodes hear.
    pub(super) common: String,
    /// The channels of nodes begin with this.
    pub(super) to_node: String,
    /// The channels of rooms begin with this.
    in_room: String,
}

impl Keys {
    pub(super) fn new(prefix: &str, node: &str) -> Self {
        let key = |name: &str| format!("{prefix}{name}");
        Self {
            engine: key("engine"),
            values: key("values"),
            nodes: key("nodes"),
            names: key("names"),
            names_of_node: key(&format!("names:{node}")),
            rooms_of_node: key(&format!("rooms:{node}")),
            common: key("to-all"),
            to_node: key("to-node:"),
            in_room: key("in-room:"),
            node: node.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    pub(super) fn own_channel(&self) -> String {
        self.channel_of_node(&self.node)
    }

    pub(super) fn channel_of_node(&self, node: &str) -> String {
        format!("{}{node}", self.to_node)
    }

    /// What a room is called there: the same for all forms of its name.
    pub(super) fn in_room(&self, room: &RoomName) -> RoomKeys {
        let id = room.keys().into_iter().next().unwrap_or_else(|| room.to_string());
        let prefix = &self.prefix;
        RoomKeys {
            channel: format!("{}{id}", self.in_room),
            state: format!("{prefix}room:{id}"),
            log: format!("{prefix}log:{id}"),
            done: format!("{prefix}done:{id}"),
            deleted: format!("{prefix}deleted:{id}"),
            people: format!("{prefix}people:{id}:"),
            own_people: format!("{prefix}people:{id}:{}", self.node),
            id,
        }
    }

    /// Whether this is the channel of a room.
    pub(super) fn is_of_room(&self, channel: &str) -> bool {
        channel.starts_with(&self.in_room)
    }
}

/// What a room is called in the engine.
#[derive(Debug)]
pub(super) struct RoomKeys {
    pub(super) id: String,
    pub(super) channel: String,
    pub(super) state: String,
    pub(super) log: String,
    pub(super) done: String,
    pub(super) deleted: String,
    /// Who of some node is in it; the name of the node follows.
    pub(super) people: String,
    pub(super) own_people: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_read_as_it_was_meant() {
        let batch = "E e1 7 8 1700000000123 a-1 4 b-2/9\n\
            {\"here\":[\"ada\"],\"entries\":[[1,{\"type\":\"message\",\"from\":\"ada\",\"text\":\"hi\"}],[2,{\"type\":\"joined\",\"who\":\"bob\"}]]}";
        let Some(Message::Entries(batch)) = Message::parse(batch.as_bytes()) else { panic!() };
        assert_eq!((batch.first, batch.to, batch.mark().as_str()), (7, 8, "a-1/4"));
        assert_eq!(batch.before, "b-2/9");
        let entries = batch.entries_from(8);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].id, entries[0].ticket), (8, 2));
        let value = value("a-1", "bans", "k\n1", None);
        let Some(Message::Value { key, value, .. }) = Message::parse(value.as_bytes()) else {
            panic!()
        };
        assert_eq!((key.as_str(), value), ("k\n1", None));
    }

    #[test]
    fn what_a_later_version_may_say_is_passed_over() {
        for unknown in ["", "E", "X a\n", "E e 1\n{}", "B a\n", "E e 1 1 1 a 1 -\n{", "D x\n"] {
            assert_eq!(Message::parse(unknown.as_bytes()), None, "{unknown}");
        }
        assert_eq!(Message::parse(&[b'T', b' ', 0xff, b'\n']), None);
    }
}
