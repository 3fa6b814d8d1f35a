//! A client that speaks the JSON dialect, on top of a raw one. It checks the ids of everything that it hears.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use salotto::protocol::Resume;
use salotto::protocol::{EntryId, ErrorCode, LeaveReason};
use salotto::{Entry, EntryKind, Envelope, Event, Request};

use crate::PATIENCE;
use crate::client::{Client, Heard};

/// Somebody with a JSON client.
#[derive(Debug)]
pub struct JsonClient {
    /// The connection, for what is not JSON.
    pub raw: Client,
    /// The run of the server that welcomed it.
    pub epoch: String,
    /// What takes its name over from a connection that the server does not know to be gone yet.
    pub token: String,
    /// The last id seen in each room that it is in.
    pub seen: BTreeMap<String, EntryId>,
    /// The epoch of rooms that have one of their own.
    pub epochs: BTreeMap<String, String>,
}

impl JsonClient {
    pub(crate) fn new(raw: Client) -> Self {
        let (epoch, token) = (String::new(), String::new());
        Self { raw, epoch, token, seen: BTreeMap::new(), epochs: BTreeMap::new() }
    }

    /// Somebody connects to a server that is none of this harness, and says nothing.
    pub fn to(address: SocketAddr, label: &str) -> Self {
        Self::new(Client::to(address, label))
    }

    /// Gives a name and hears that it is in the default room.
    pub fn enters(self, name: &str) -> Self {
        self.enters_with(name, &[], None)
    }

    /// Gives a name, asks for rooms or for what it missed, and hears that it is in a room.
    pub fn enters_with(mut self, name: &str, rooms: &[&str], resume: Option<Resume>) -> Self {
        self.raw.is_called(name);
        self.asks(hello(name, rooms, resume));
        self.hears_where("that it is in a room", |event| match event {
            Event::Entered { .. } => Some(()),
            _ => None,
        });
        self
    }

    /// Sends a request.
    pub fn asks(&mut self, request: Request) {
        self.asks_with(request, None);
    }

    /// Sends a request with a nonce.
    pub fn asks_with(&mut self, request: Request, nonce: Option<&str>) {
        let nonce = nonce.map(str::to_owned);
        let line = serde_json::to_string(&Envelope { request, nonce });
        self.raw.says(&line.expect("requests can be written"));
    }

    /// Says something in the room entered last.
    pub fn says(&mut self, text: &str) {
        self.asks(say(text));
    }

    /// Waits for the next event.
    ///
    /// # Panics
    /// When none comes, or when an id is not the one after the last.
    pub fn hears_next(&mut self) -> Event {
        self.hears_where("another event", |event| Some(event.clone()))
    }

    /// Waits for an entry of this text, and returns it; other events are passed over.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears_said(&mut self, text: &str) -> Entry {
        self.hears_where(&format!("the message {text:?}"), |event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Message { text: said, .. } if said == text => Some(entry.clone()),
                _ => None,
            },
            _ => None,
        })
    }

    /// Waits for an error of this kind, and returns its text; other events are passed over.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears_error(&mut self, wanted: ErrorCode) -> String {
        self.hears_where(&format!("the error {wanted:?}"), |event| match event {
            Event::Error { code, text, .. } if *code == wanted => Some(text.clone()),
            _ => None,
        })
    }

    /// Waits for the goodbye, and returns its reason; other events are passed over.
    ///
    /// # Panics
    /// When it does not come.
    pub fn hears_bye(&mut self) -> LeaveReason {
        self.hears_where("a goodbye", |event| match event {
            Event::Bye { reason } => Some(reason.clone()),
            _ => None,
        })
    }

    /// Waits until somebody leaves a room, and returns why; other events are passed over.
    ///
    /// # Panics
    /// When they do not.
    pub fn hears_left(&mut self, name: &str) -> LeaveReason {
        self.hears_where(&format!("that {name} left"), |event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Left { who, reason } if *who == name => Some(reason.clone()),
                _ => None,
            },
            _ => None,
        })
    }

    /// Waits for an event that is wanted, and returns what was made of it; others are passed over.
    ///
    /// # Panics
    /// When it does not come, or when an id is not the one after the last.
    pub fn hears_where<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.read_event(deadline) {
                Some(event) => {
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                }
                None => panic!("a JSON client did not hear {what}"),
            }
        }
    }

    /// Every entry from here on up to the message of this text, that one included.
    ///
    /// # Panics
    /// When it does not come.
    pub fn entries_until(&mut self, last: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        loop {
            let Event::Entry(entry) = self.hears_next() else {
                continue;
            };
            let is_last = matches!(&entry.what, EntryKind::Message { text, .. } if text == last);
            entries.push(entry);
            if is_last {
                return entries;
            }
        }
    }

    /// What a client that lost this connection now would resume from.
    pub fn resume(&self) -> Resume {
        let (epoch, token) = (self.epoch.clone(), self.token.clone());
        Resume { epoch, token, rooms: self.seen.clone(), epochs: self.epochs.clone() }
    }

    /// Reads one event, until a deadline; `None` when the connection ends or nothing comes.
    ///
    /// # Panics
    /// When a line is no event, or an id is not the one after the last.
    pub fn read_event(&mut self, deadline: Instant) -> Option<Event> {
        loop {
            let Heard::Line(line) = self.raw.read_line(deadline) else {
                return None;
            };
            // The greeting, when the first bytes came late.
            if !line.starts_with('{') {
                continue;
            }
            let event = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("not an event: {error}: {line}"));
            self.check(&event);
            return Some(event);
        }
    }

    /// Keeps count of what was seen: ids grow by one in each room, whatever happens.
    fn check(&mut self, event: &Event) {
        match event {
            Event::Welcome { epoch, token, .. } => {
                self.epoch.clone_from(epoch);
                self.token.clone_from(token);
            }
            Event::Entered { room, first_id, epoch, .. } => {
                match epoch {
                    Some(epoch) => self.epochs.insert(room.to_string(), epoch.clone()),
                    None => self.epochs.remove(room.as_str()),
                };
                self.seen.insert(room.to_string(), first_id - 1);
            }
            Event::Exited { room, .. } => {
                self.seen.remove(room.as_str());
            }
            Event::Entry(entry) => {
                let last = self.seen.get_mut(entry.room.as_str());
                let last =
                    last.unwrap_or_else(|| panic!("an entry of a room it is not in: {entry:?}"));
                assert_eq!(entry.id, *last + 1, "a gap in `{}`", entry.room);
                *last = entry.id;
            }
            _ => {}
        }
    }
}

/// The request that offers a name.
pub fn hello(name: &str, rooms: &[&str], resume: Option<Resume>) -> Request {
    Request::Hello {
        version: salotto::protocol::PROTOCOL_VERSION,
        name: name.to_owned(),
        rooms: rooms.iter().map(|room| (*room).to_owned()).collect(),
        password: None,
        resume,
    }
}

/// The request that says something in the room entered last.
pub fn say(text: &str) -> Request {
    Request::Say { text: text.to_owned(), room: None, kind: Default::default() }
}

/// What was said in entries, as `name: text`, without anything else that happened.
pub fn said(entries: &[Entry]) -> Vec<String> {
    let line = |entry: &Entry| match &entry.what {
        EntryKind::Message { from, text, .. } => Some(format!("{from}: {text}")),
        _ => None,
    };
    entries.iter().filter_map(line).collect()
}
