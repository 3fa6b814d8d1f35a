//! A node's half of an engine in memory.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::mpsc;

use super::log::Log;
use super::{Engine, Node, Owned, key};
use crate::protocol::ids::EntryId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::status::OrderStatus;
use crate::state::order::{
    Claim, ClaimAnswer, Healing, Known, News, Order, OrderNews, Proposal, Proposed, To, Unavailable,
};

/// What a node is told: never waited for by whoever tells, and read on a thread of its own, which may wait for the hub.
#[derive(Debug, Clone)]
pub(super) struct Mailbox(mpsc::Sender<News>);

impl Mailbox {
    fn new(news: OrderNews) -> Self {
        let (sender, receiver) = mpsc::channel();
        // Ends with the node, or with the hub that it tells.
        let tell = move || while receiver.recv().is_ok_and(|told| news.tell(told)) {};
        let thread = std::thread::Builder::new().name("salotto-test-engine".into()).spawn(tell);
        thread.expect("a test can start a thread");
        Self(sender)
    }

    pub(super) fn send(&self, news: News) {
        // A server that has ended hears nothing any more.
        let _ = self.0.send(news);
    }
}

#[derive(Debug)]
pub(super) struct EngineNode {
    name: String,
    local: Vec<String>,
    engine: Engine,
    attached: OnceLock<()>,
}

impl EngineNode {
    pub(super) fn new(name: &str, local: Vec<String>, engine: Engine) -> Self {
        Self { name: name.to_owned(), local, engine, attached: OnceLock::new() }
    }
}

impl Order for EngineNode {
    fn node(&self) -> &str {
        &self.name
    }

    fn shares(&self, room: &RoomName) -> bool {
        self.local.iter().all(|local| local != room.as_str())
    }

    fn attach(&self, news: OrderNews) {
        if self.attached.set(()).is_err() {
            return;
        }
        let mut inner = self.engine.inner();
        let node = Node {
            mailbox: Mailbox::new(news),
            open: BTreeMap::new(),
            people: BTreeMap::new(),
            told_people: BTreeMap::new(),
            is_cut: false,
            refuses: false,
            heals: Default::default(),
            held: Default::default(),
        };
        inner.nodes.insert(self.name.clone(), node);
        inner.come_back(&self.name);
    }

    fn open(&self, room: &RoomName, known: Known) {
        let mut inner = self.engine.inner();
        let (key, epoch) = (key(room), inner.main_epoch());
        let Some(node) = inner.nodes.get_mut(&self.name) else { return };
        let is_cut = node.is_cut;
        let open = (room.clone(), known.epoch.unwrap_or_default(), known.last);
        node.open.insert(key.clone(), open);
        if !is_cut {
            inner.rooms.entry(key.clone()).or_insert_with(|| Log::new(epoch, known.last));
            inner.tell_opened_to(&self.name, &key);
        }
    }

    fn close_room(&self, room: &RoomName) {
        let (mut inner, key) = (self.engine.inner(), key(room));
        if let Some(node) = inner.nodes.get_mut(&self.name) {
            node.open.remove(&key);
            node.people.remove(&key);
        }
        inner.tell_people(&self.name, &key);
    }

    fn commit(&self, mut proposal: Proposal) -> Result<(), Vec<Proposed>> {
        let mut inner = self.engine.inner();
        let Some(node) = inner.nodes.get_mut(&self.name) else { return Err(proposal.entries) };
        let people = node.people.entry(key(&proposal.room)).or_default();
        people.retain(|name| !proposal.gone.contains(name));
        people.extend(proposal.here.iter().cloned());
        if node.refuses {
            return Err(std::mem::take(&mut proposal.entries));
        }
        inner.take(&self.name, proposal);
        Ok(())
    }

    fn claim(&self, claim: Claim) {
        let mut inner = self.engine.inner();
        let Claim { ticket, name, owner, formerly } = claim;
        let keys = name.keys();
        let holder = keys.iter().find_map(|key| inner.names.get(key)).cloned();
        let is_former = |holder: &Owned| formerly.as_ref() == Some(&holder.owner);
        let answer = match (&holder, inner.connected(&self.name)) {
            (_, Err(Unavailable)) => ClaimAnswer::Unavailable,
            (None, _) => ClaimAnswer::Given,
            (Some(holder), _) if holder.owner == owner || is_former(holder) => ClaimAnswer::Given,
            (Some(_), _) => ClaimAnswer::Taken,
        };
        if answer == ClaimAnswer::Given {
            for key in keys {
                let (node, owner) = (self.name.clone(), owner.clone());
                inner.names.insert(key, Owned { node, owner, name: name.clone() });
            }
            if let Some(Owned { node, name, .. }) = holder.filter(|holder| holder.node != self.name)
                && let Ok(node) = inner.connected(&node)
            {
                node.mailbox.send(News::NameLost { name, taken_over: true });
            }
        }
        if let Some(node) = inner.nodes.get(&self.name) {
            node.mailbox.send(News::Claimed { ticket, answer });
        }
    }

    fn release(&self, name: &Name) {
        let mut inner = self.engine.inner();
        for key in name.keys() {
            if inner.names.get(&key).is_some_and(|owned| owned.node == self.name) {
                inner.names.remove(&key);
            }
        }
    }

    fn tell(&self, to: To, text: String) -> Result<(), Unavailable> {
        let mut inner = self.engine.inner();
        inner.connected(&self.name)?;
        let is_meant = |name: &str| match &to {
            To::Node(node) => node == name,
            To::Others => name != self.name,
        };
        for (name, node) in inner.nodes.iter().filter(|(_, node)| !node.is_cut) {
            if is_meant(name) {
                let (from, text) = (self.name.as_str().into(), text.clone());
                node.mailbox.send(News::Told { from, text });
            }
        }
        Ok(())
    }

    fn set(&self, namespace: &str, key: &str, value: Option<&str>) {
        let mut inner = self.engine.inner();
        let values = inner.values.get_or_insert_default();
        let at = (namespace.to_owned(), key.to_owned());
        match value {
            Some(value) => drop(values.insert(at, value.to_owned())),
            None => drop(values.remove(&at)),
        }
        for (_, node) in
            inner.nodes.iter().filter(|(name, node)| **name != self.name && !node.is_cut)
        {
            let (namespace, key) = (namespace.to_owned(), key.to_owned());
            node.mailbox.send(News::Value { namespace, key, value: value.map(str::to_owned) });
        }
    }

    fn delete(&self, room: &RoomName, id: EntryId) {
        let (mut inner, key) = (self.engine.inner(), key(room));
        if let Some(log) = inner.rooms.get_mut(&key) {
            log.remove(id);
        }
        inner.tell_room(&key, Some(&self.name), |room| News::Deleted { room: room.clone(), id });
    }

    fn heal(&self, healing: Healing) {
        let (mut inner, key) = (self.engine.inner(), key(&healing.room));
        let fresh =
            Log::new(healing.epoch.clone(), healing.entries.first().map_or(0, |e| e.id - 1));
        let epoch = inner.next_epoch();
        let log = inner.rooms.entry(key.clone()).or_insert(fresh);
        if log.heal(healing) {
            inner.tell_opened_to(&self.name, &key);
        } else {
            log.epoch = epoch;
            inner.tell_opened(&key);
        }
        inner.healed(&self.name, &key);
    }

    fn status(&self) -> OrderStatus {
        let inner = self.engine.inner();
        let others = inner.nodes.keys().filter(|name| **name != self.name);
        OrderStatus {
            place: "memory".into(),
            node: self.name.clone(),
            others: others.map(|name| (name.clone(), 0)).collect(),
            ..OrderStatus::default()
        }
    }

    fn close(&self) {
        self.engine.inner().forget_node(&self.name);
    }
}
