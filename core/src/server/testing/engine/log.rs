//! What has happened in a room of an engine in memory.

use std::collections::BTreeSet;

use crate::protocol::entry::{Entry, EntryKind};
use crate::protocol::ids::EntryId;
use crate::protocol::timestamp::Timestamp;
use crate::state::order::{Healing, Ordered, Proposed};

/// So many entries of a room are kept.
const KEPT: usize = 1000;

#[derive(Debug)]
pub(super) struct Log {
    pub(super) epoch: String,
    pub(super) last: EntryId,
    pub(super) topic: Option<String>,
    entries: Vec<Ordered>,
    removed: BTreeSet<EntryId>,
}

impl Log {
    pub(super) fn new(epoch: String, last: EntryId) -> Self {
        Self { epoch, last, topic: None, entries: Vec::new(), removed: BTreeSet::new() }
    }

    /// What came after an id, as far as it is kept.
    pub(super) fn since(&self, id: EntryId) -> Vec<Ordered> {
        let entries = self.entries.iter().filter(|entry| entry.id > id).cloned();
        let marked = entries.map(|entry| match self.removed.contains(&entry.id) {
            true => Ordered { what: EntryKind::Removed, ..entry },
            false => entry,
        });
        marked.collect()
    }

    pub(super) fn append(&mut self, node: &str, proposed: Vec<Proposed>) -> Vec<Ordered> {
        let mut ordered = Vec::with_capacity(proposed.len());
        for Proposed { ticket, what } in proposed {
            if let EntryKind::Topic { topic, .. } = &what {
                self.topic = Some(topic.clone());
            }
            self.last += 1;
            let (id, time) = (self.last, Timestamp::now());
            ordered.push(Ordered { id, time, node: node.into(), ticket, what });
        }
        self.entries.extend(ordered.iter().cloned());
        self.entries.drain(..self.entries.len().saturating_sub(KEPT));
        ordered
    }

    pub(super) fn remove(&mut self, id: EntryId) {
        self.removed.insert(id);
    }

    pub(super) fn lose(&mut self, count: usize) {
        self.entries.truncate(self.entries.len().saturating_sub(count));
        self.last = self.last.saturating_sub(count as u64);
    }

    /// Takes what was lost, where it fits. Says whether it did: what is there already has to be the same.
    pub(super) fn heal(&mut self, healing: Healing) -> bool {
        let fits = |entry: &Entry| match self.entries.iter().find(|had| had.id == entry.id) {
            Some(had) => had.what == entry.what,
            None => entry.id > self.last,
        };
        if self.epoch != healing.epoch || !healing.entries.iter().all(fits) {
            return false;
        }
        self.topic.get_or_insert(healing.topic);
        for Entry { id, time, what, .. } in healing.entries {
            if id > self.last {
                self.last = id;
                self.entries.push(Ordered { id, time, node: "healed".into(), ticket: 0, what });
            }
        }
        true
    }
}
