//! An engine in memory, for several servers of one process that share rooms.

mod log;
mod node;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::name::{Name, RoomName};
use crate::state::order::{News, Order, OrderedRoom, Proposal, Unavailable};
use log::Log;
use node::{EngineNode, Mailbox};

/// An engine in memory, for several servers of one process that share rooms; it can be made to fail in the ways that engines do. Clones are the same engine.
///
/// ```
/// use salotto::Server;
/// use salotto::testing::{Engine, TestServer};
///
/// let engine = Engine::new();
/// let [a, b] = ["a", "b"].map(|name| TestServer::built(Server::builder().order(engine.node(name))));
/// let (ada, bob) = (a.enter("ada"), b.enter("bob"));
/// ada.types("hello");
/// bob.hears("ada: hello");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Engine(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    epoch: u64,
    /// By the first key of their names.
    rooms: BTreeMap<String, Log>,
    /// By every key of a name: which node has it, for whom, and how it is written.
    names: HashMap<String, Owned>,
    values: Option<BTreeMap<(String, String), String>>,
    nodes: BTreeMap<String, Node>,
}

#[derive(Debug, Clone)]
struct Owned {
    node: String,
    owner: String,
    name: Name,
}

/// What the engine has of a node, and what the node's half would keep.
#[derive(Debug)]
struct Node {
    mailbox: Mailbox,
    /// The rooms that are open there, by key, as they are called there; with the epoch and the last id that it was told.
    open: BTreeMap<String, (RoomName, String, u64)>,
    /// Who is in them there.
    people: BTreeMap<String, Vec<Name>>,
    /// Who the others know to be in them.
    told_people: BTreeMap<String, Vec<Name>>,
    /// Whether it cannot reach the engine.
    is_cut: bool,
    /// Whether it has been so for longer than the grace.
    refuses: bool,
    /// The rooms of which it is to give back what the engine has lost; until then what it proposes there waits.
    heals: BTreeSet<String>,
    /// What waits for the engine.
    held: VecDeque<Proposal>,
}

impl Engine {
    /// An engine that has never been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// The way of one server to it, to be given to [`ServerBuilder::order`](crate::ServerBuilder::order).
    pub fn node(&self, name: &str) -> Arc<dyn Order> {
        self.node_with_local(name, &[])
    }

    /// The same, for a server that keeps these rooms to itself.
    pub fn node_with_local(&self, name: &str, local: &[&str]) -> Arc<dyn Order> {
        let local = local.iter().map(|&room| room.to_owned()).collect();
        Arc::new(EngineNode::new(name, local, self.clone()))
    }

    /// A node loses the engine. What it proposes waits.
    pub fn cut(&self, node: &str) {
        let mut inner = self.inner();
        if let Some(node) = inner.nodes.get_mut(node) {
            node.is_cut = true;
            node.mailbox.send(News::Away { reason: "the test has cut the connection".into() });
        }
    }

    /// The grace of a node that has lost the engine is over: what waits is refused, and all that is proposed after it.
    pub fn end_grace(&self, node: &str) {
        let mut inner = self.inner();
        let Some(node) = inner.nodes.get_mut(node) else { return };
        node.refuses = true;
        for Proposal { room, entries, .. } in std::mem::take(&mut node.held) {
            node.mailbox.send(News::Refused { room, entries });
        }
    }

    /// A node has the engine again.
    pub fn mend(&self, name: &str) {
        let mut inner = self.inner();
        inner.come_back(name);
    }

    /// The engine goes back in time: it has lost the last entries of a room. Cut its nodes before.
    pub fn lose_tail(&self, room: &str, count: usize) {
        let mut inner = self.inner();
        if let Some(log) = inner.rooms.get_mut(room) {
            log.lose(count);
        }
    }

    /// The engine has lost everything. Cut its nodes before.
    pub fn lose_all(&self) {
        let mut inner = self.inner();
        inner.rooms.clear();
        inner.names.clear();
        inner.values = None;
    }

    /// An engine that forgot how far it was: a room there begins anew, in another epoch.
    pub fn renew(&self, room: &str) {
        let mut inner = self.inner();
        let epoch = inner.next_epoch();
        if let Some(log) = inner.rooms.get_mut(room) {
            *log = Log::new(epoch, 0);
        }
        inner.tell_opened(room);
    }

    /// Somebody of a server that the test knows nothing of had a name for longer than who has it.
    pub fn take_name(&self, name: &str) {
        let mut inner = self.inner();
        let Some(Owned { node, name, .. }) = inner.names.get(name).cloned() else { return };
        for key in name.keys() {
            let (node, owner) = ("elsewhere".to_owned(), String::new());
            inner.names.insert(key, Owned { node, owner, name: name.clone() });
        }
        if let Ok(node) = inner.connected(&node) {
            node.mailbox.send(News::NameLost { name, taken_over: false });
        }
    }

    /// A node is not heard of for so long that the others take it to be gone. It comes back when it is [mended](Self::mend).
    pub fn lose_sight_of(&self, name: &str) {
        let mut inner = self.inner();
        let Some(node) = inner.nodes.get_mut(name) else { return };
        node.is_cut = true;
        let people = std::mem::take(&mut node.told_people);
        inner.tell_gone(name, people);
    }

    /// A node is gone without a word.
    pub fn kill(&self, name: &str) {
        self.inner().forget_node(name);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next_epoch(&mut self) -> String {
        self.epoch += 1;
        format!("epoch-{}", self.epoch)
    }

    /// What all rooms belong to by default.
    fn main_epoch(&self) -> String {
        "epoch-of-all".into()
    }

    fn connected(&mut self, name: &str) -> Result<&mut Node, Unavailable> {
        self.nodes.get_mut(name).filter(|node| !node.is_cut).ok_or(Unavailable)
    }

    /// Tells every connected node that has a room open, by the name that it has there.
    fn tell_room(&mut self, key: &str, except: Option<&str>, news: impl Fn(&RoomName) -> News) {
        for (name, node) in &mut self.nodes {
            if node.is_cut || except == Some(name) {
                continue;
            }
            if let Some((room, ..)) = node.open.get(key) {
                node.mailbox.send(news(&room.clone()));
            }
        }
    }

    /// Tells a room anew to all that have it open.
    fn tell_opened(&mut self, key: &str) {
        let nodes: Vec<String> = self.nodes.keys().cloned().collect();
        for name in nodes {
            self.tell_opened_to(&name, key);
        }
    }

    fn tell_opened_to(&mut self, name: &str, key: &str) {
        let people = self.people_elsewhere(name, key);
        let Some(log) = self.rooms.get(key) else { return };
        let Some(node) = self.nodes.get_mut(name).filter(|node| !node.is_cut) else { return };
        let Some((room, epoch, last)) = node.open.get_mut(key) else { return };
        let tail = log.since(if *epoch == log.epoch { *last } else { 0 });
        (*epoch, *last) = (log.epoch.clone(), log.last);
        node.mailbox.send(News::Opened(OrderedRoom {
            room: room.clone(),
            epoch: log.epoch.clone(),
            last: log.last,
            tail,
            topic: log.topic.clone(),
            people,
        }));
    }

    fn people_elsewhere(&self, name: &str, key: &str) -> Vec<(Arc<str>, Vec<Name>)> {
        let others = self.nodes.iter().filter(|(other, _)| *other != name);
        let people = others.filter_map(|(other, node)| {
            Some((other.as_str().into(), node.told_people.get(key)?.clone()))
        });
        people.collect()
    }

    /// The others are told who is in a room through a node, where that is not what they know.
    fn tell_people(&mut self, name: &str, key: &str) {
        let Some(node) = self.nodes.get_mut(name) else { return };
        let now = node.people.get(key).cloned().unwrap_or_default();
        let before = node.told_people.insert(key.to_owned(), now.clone()).unwrap_or_default();
        let but = |some: &[Name], others: &[Name]| -> Vec<Name> {
            some.iter().filter(|name| !others.contains(name)).cloned().collect()
        };
        let (here, gone) = (but(&now, &before), but(&before, &now));
        if !here.is_empty() || !gone.is_empty() {
            self.tell_room(key, Some(name), |room| News::People {
                room: room.clone(),
                node: name.into(),
                here: here.clone(),
                gone: gone.clone(),
            });
        }
    }

    /// What was proposed by a node happens, or waits.
    fn take(&mut self, from: &str, proposal: Proposal) {
        let Some(node) = self.nodes.get_mut(from) else { return };
        match node.is_cut || node.heals.contains(&key(&proposal.room)) {
            true => node.held.push_back(proposal),
            false => self.commit(from, proposal),
        }
    }

    /// A node has given back what the engine had lost of a room.
    fn healed(&mut self, name: &str, key: &str) {
        let Some(node) = self.nodes.get_mut(name) else { return };
        node.heals.remove(key);
        for proposal in std::mem::take(&mut node.held) {
            self.take(name, proposal);
        }
    }

    /// What was proposed by a node that is connected happens.
    fn commit(&mut self, from: &str, proposal: Proposal) {
        let key = key(&proposal.room);
        let Proposal { entries, .. } = proposal;
        self.tell_people(from, &key);
        let Some(log) = self.rooms.get_mut(&key) else { return };
        let ordered = log.append(from, entries);
        if ordered.is_empty() {
            return;
        }
        let (epoch, last) = (log.epoch.clone(), log.last);
        for node in self.nodes.values_mut().filter(|node| !node.is_cut) {
            if let Some((_, known_epoch, known)) = node.open.get_mut(&key) {
                (*known_epoch, *known) = (epoch.clone(), last);
            }
        }
        self.tell_room(&key, None, |room| News::Entries {
            room: room.clone(),
            entries: ordered.clone(),
        });
    }

    /// A node has the engine again, or for the first time: it is told everything anew, in the order that it relies on.
    fn come_back(&mut self, name: &str) {
        let epoch = self.main_epoch();
        let values = self.values.as_ref().map(|values| {
            let flat = values
                .iter()
                .map(|((space, key), value)| (space.clone(), key.clone(), value.clone()));
            flat.collect()
        });
        self.values.get_or_insert_default();
        let Some(node) = self.nodes.get_mut(name) else { return };
        (node.is_cut, node.refuses) = (false, false);
        node.mailbox.send(News::Ready { epoch, values });
        let open: Vec<_> =
            node.open.iter().map(|(key, known)| (key.clone(), known.clone())).collect();
        for (key, (room, epoch, known)) in open {
            let log = self.rooms.get(&key);
            let (had, last) = log.map_or((None, 0), |log| (Some(log.epoch.clone()), log.last));
            let is_behind = last < known && had.is_none_or(|had| had == epoch);
            let Some(node) = self.nodes.get_mut(name) else { return };
            match is_behind {
                // The node gives back what it has, and is told the room after that.
                true => {
                    node.heals.insert(key);
                    node.mailbox.send(News::Behind { room, last });
                }
                false => {
                    let epoch = self.main_epoch();
                    self.rooms.entry(key.clone()).or_insert_with(|| Log::new(epoch, known));
                    self.tell_opened_to(name, &key);
                }
            }
        }
        let Some(node) = self.nodes.get_mut(name) else { return };
        let held = std::mem::take(&mut node.held);
        let people: Vec<String> = node.people.keys().cloned().collect();
        for key in people {
            self.tell_people(name, &key);
        }
        for proposal in held {
            self.take(name, proposal);
        }
        if let Some(node) = self.nodes.get_mut(name) {
            node.mailbox.send(News::Back);
        }
    }

    /// A node is gone, and its names are free.
    fn forget_node(&mut self, name: &str) {
        let Some(gone) = self.nodes.remove(name) else { return };
        self.names.retain(|_, owned| owned.node != name);
        self.tell_gone(name, gone.told_people);
    }

    /// For each room one of those who stay says that the people of a node left.
    fn tell_gone(&mut self, name: &str, people: BTreeMap<String, Vec<Name>>) {
        let mut told: BTreeMap<String, Vec<RoomName>> = BTreeMap::new();
        for (key, people) in people {
            let mut others = self.nodes.iter().filter(|(_, node)| !node.is_cut);
            let teller = others.find_map(|(other, node)| Some((other, node.open.get(&key)?)));
            if let Some((other, (room, ..))) = teller.filter(|_| !people.is_empty()) {
                told.entry(other.clone()).or_default().push(room.clone());
            }
        }
        for (other, node) in self.nodes.iter_mut().filter(|(_, node)| !node.is_cut) {
            let rooms = told.remove(other).unwrap_or_default();
            node.mailbox.send(News::NodeGone { node: name.into(), rooms });
        }
    }
}

/// What a room is known by, however its name is written.
fn key(room: &RoomName) -> String {
    room.keys().swap_remove(0)
}
