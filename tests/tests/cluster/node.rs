//! A node without a server: an order, and what it tells, which is held to what a hub relies on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use salotto::order::{
    Claim, ClaimAnswer, Known, News, Order, OrderNews, Ordered, Proposal, Proposed,
};
use salotto::protocol::NameBounds;
use salotto::{EntryKind, MessageKind, Name, RoomName};
use salotto_plugins::redis::{RedisOptions, RedisOrder};

use crate::engine::wait_until;

/// See the module.
pub(crate) struct Node {
    pub(crate) order: RedisOrder,
    pub(crate) heard: Arc<Mutex<Heard>>,
    tickets: AtomicU64,
}

/// What a node was told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) rooms: BTreeMap<String, Room>,
    pub(crate) claims: BTreeMap<u64, ClaimAnswer>,
    pub(crate) lost_names: Vec<(String, bool)>,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) first_values: Option<Option<usize>>,
    pub(crate) gone: Vec<(String, Vec<String>)>,
    pub(crate) told: Vec<String>,
    pub(crate) refused: Vec<u64>,
    pub(crate) is_away: bool,
    pub(crate) times_back: usize,
}

/// A room as a hub would have it.
#[derive(Default, Clone)]
pub(crate) struct Room {
    pub(crate) epoch: String,
    pub(crate) last: u64,
    pub(crate) entries: Vec<Ordered>,
    pub(crate) people: BTreeMap<String, BTreeSet<String>>,
    pub(crate) topic: Option<String>,
    pub(crate) deleted: Vec<u64>,
    pub(crate) epochs: usize,
}

pub(crate) fn room(name: &str) -> RoomName {
    RoomName::new(name, NameBounds::NONE).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text, NameBounds::NONE).unwrap()
}

/// As quick as a test wants it.
pub(crate) fn options(urls: &[String]) -> RedisOptions {
    RedisOptions {
        engines: urls.to_vec(),
        timeout: Duration::from_millis(500),
        silent_after: Duration::from_secs(3),
        settle: Duration::from_millis(300),
        ..RedisOptions::default()
    }
}

impl Node {
    /// Two of them, by way of these, each of which has the lobby open.
    pub(crate) fn two_in_the_lobby(one: &str, two: &str) -> (Self, Self) {
        let (one, two) = (Self::at(one), Self::at(two));
        one.open("lobby");
        two.open("lobby");
        (one, two)
    }

    pub(crate) fn at(url: &str) -> Self {
        Self::with(options(&[url.to_owned()]))
    }

    pub(crate) fn with(options: RedisOptions) -> Self {
        let order = RedisOrder::open(options).unwrap();
        let (news, told) = OrderNews::channel();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let hearing = heard.clone();
        thread::spawn(move || {
            while let Ok(news) = told.recv_blocking() {
                hearing.lock().unwrap().hear(news);
            }
        });
        order.attach(news);
        Self { order, heard, tickets: AtomicU64::new(0) }
    }

    /// Opens a room and waits until it is.
    pub(crate) fn open(&self, name: &str) -> &Self {
        self.order.open(&room(name), Known::default());
        self.wait("the room is open", |heard| heard.rooms.contains_key(name));
        self
    }

    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Heard) -> bool) {
        wait_until(what, || is_so(&self.heard.lock().unwrap()));
    }

    pub(crate) fn room(&self, name: &str) -> Room {
        self.heard.lock().unwrap().rooms.get(name).cloned().unwrap_or_default()
    }

    /// Proposes that somebody says something; answers with the ticket, or nothing where it was refused at once.
    pub(crate) fn say(&self, name: &str, text: &str) -> Option<u64> {
        let ticket = self.tickets.fetch_add(1, Ordering::SeqCst) + 1;
        let entries = vec![Proposed { ticket, what: message(text) }];
        self.order
            .commit(Proposal { room: room(name), entries, here: Vec::new(), gone: Vec::new() })
            .ok()?;
        Some(ticket)
    }

    pub(crate) fn people(&self, in_room: &str, here: &[&str], gone: &[&str]) {
        let names = |names: &[&str]| names.iter().map(|text| name(text)).collect();
        let (room, here, gone) = (room(in_room), names(here), names(gone));
        self.order.commit(Proposal { room, entries: Vec::new(), here, gone }).unwrap();
    }

    pub(crate) fn claim(&self, text: &str, owner: &str, formerly: Option<&str>) -> ClaimAnswer {
        let ticket = self.tickets.fetch_add(1, Ordering::SeqCst) + 1;
        let (owner, formerly) = (owner.to_owned(), formerly.map(str::to_owned));
        self.order.claim(Claim { ticket, name: name(text), owner, formerly });
        self.wait("the claim is answered", |heard| heard.claims.contains_key(&ticket));
        self.heard.lock().unwrap().claims[&ticket]
    }

    /// Waits until the room has this many messages.
    pub(crate) fn wait_for(&self, name: &str, count: usize) -> Room {
        self.wait(&format!("{count} in {name}"), |heard| {
            heard.rooms.get(name).is_some_and(|room| room.entries.len() >= count)
        });
        self.room(name)
    }

    /// Waits until everything that was proposed and not refused has come back.
    pub(crate) fn wait_for_answers(&self, name: &str, tickets: &[u64]) {
        self.wait("each is in the room or refused", |heard| {
            let own = heard.rooms.get(name).map(|room| room.tickets_of(self.order.node()));
            let own = own.unwrap_or_default();
            tickets.iter().all(|ticket| own.contains(ticket) || heard.refused.contains(ticket))
        });
    }
}

impl Room {
    pub(crate) fn texts(&self) -> Vec<&str> {
        let text = |entry: &'_ Ordered| match &entry.what {
            EntryKind::Message { text, .. } => text.clone(),
            _ => "(removed)".to_owned(),
        };
        // The texts of tests are few and live as long.
        self.entries.iter().map(|entry| &*Box::leak(text(entry).into_boxed_str())).collect()
    }

    pub(crate) fn tickets_of(&self, node: &str) -> Vec<u64> {
        let own = self.entries.iter().filter(|entry| *entry.node == *node);
        own.map(|entry| entry.ticket).collect()
    }
}

impl Heard {
    fn hear(&mut self, news: News) {
        match news {
            News::Ready { values, .. } => {
                self.first_values.get_or_insert(values.as_ref().map(Vec::len));
                if let Some(values) = values {
                    self.values = values.into_iter().map(|(_, key, value)| (key, value)).collect();
                }
            }
            News::Opened(opened) => {
                let room = self.rooms.entry(opened.room.to_string()).or_default();
                if room.epoch != opened.epoch {
                    *room = Room { epochs: room.epochs + 1, ..Room::default() };
                    room.last = opened.last - opened.tail.len() as u64;
                }
                room.epoch = opened.epoch;
                for entry in opened.tail {
                    assert_eq!(entry.id, room.last + 1, "a gap when it opened");
                    room.last = entry.id;
                    room.entries.push(entry);
                }
                assert_eq!(room.last, opened.last, "what is missing is told");
                room.topic = opened.topic;
                let names = |names: Vec<Name>| names.iter().map(Name::to_string).collect();
                let people = opened.people.into_iter();
                room.people =
                    people.map(|(node, people)| (node.to_string(), names(people))).collect();
            }
            News::Entries { room, entries } => {
                let room = self.rooms.get_mut(room.as_str()).expect("it was opened first");
                for entry in entries {
                    assert_eq!(entry.id, room.last + 1, "a gap");
                    room.last = entry.id;
                    room.entries.push(entry);
                }
            }
            News::People { room, node, here, gone } => {
                let room = self.rooms.get_mut(room.as_str()).expect("it was opened first");
                let people = room.people.entry(node.to_string()).or_default();
                people.extend(here.iter().map(Name::to_string));
                gone.iter().for_each(|name| drop(people.take(&name.to_string())));
            }
            News::Refused { entries, .. } => {
                self.refused.extend(entries.iter().map(|entry| entry.ticket));
            }
            News::Claimed { ticket, answer } => drop(self.claims.insert(ticket, answer)),
            News::NameLost { name, taken_over } => {
                self.lost_names.push((name.to_string(), taken_over))
            }
            News::Told { text, .. } => self.told.push(text),
            News::Value { key, value, .. } => match value {
                Some(value) => drop(self.values.insert(key, value)),
                None => drop(self.values.remove(&key)),
            },
            News::Deleted { room, id } => {
                self.rooms.get_mut(room.as_str()).unwrap().deleted.push(id);
            }
            News::NodeGone { node, rooms } => {
                for room in self.rooms.values_mut() {
                    room.people.remove(&*node);
                }
                self.gone.push((node.to_string(), rooms.iter().map(RoomName::to_string).collect()));
            }
            News::Behind { .. } => {}
            News::Away { .. } => self.is_away = true,
            News::Back => {
                self.is_away = false;
                self.times_back += 1;
            }
        }
    }
}

fn message(text: &str) -> EntryKind {
    EntryKind::Message {
        from: name("ada"),
        text: text.to_owned(),
        kind: MessageKind::Say,
        nonce: None,
        tags: BTreeMap::new(),
    }
}

/// Holds all nodes to one order, in which nothing is there twice, and everything that was proposed was either said or refused.
pub(crate) fn assert_one_order(nodes: &[&Node], name: &str) {
    let most = nodes.iter().map(|node| node.room(name).last).max().unwrap();
    for node in nodes {
        node.wait("it has heard all", |heard| heard.rooms[name].last >= most);
    }
    let rooms: Vec<Room> = nodes.iter().map(|node| node.room(name)).collect();
    let ids = |room: &Room| {
        room.entries
            .iter()
            .map(|entry| (entry.id, entry.node.clone(), entry.ticket))
            .collect::<Vec<_>>()
    };
    let longest = rooms.iter().max_by_key(|room| room.entries.len()).unwrap();
    for room in &rooms {
        assert_eq!(room.epoch, longest.epoch);
        let (own, all) = (ids(room), ids(longest));
        assert_eq!(own, all[all.len() - own.len()..], "one order");
    }
    for node in nodes {
        let mut own = longest.tickets_of(node.order.node());
        let count = own.len();
        assert!(own.is_sorted(), "in the order in which they were proposed");
        own.dedup();
        assert_eq!(own.len(), count, "nothing is there twice");
        let refused = node.heard.lock().unwrap().refused.clone();
        assert!(
            own.iter().all(|ticket| !refused.contains(ticket)),
            "what was refused is not there"
        );
    }
}
