//! A room that is open here, as far as this node has heard of it. Plain state: the ear changes it, and the writer asks it what to propose upon.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use salotto::order::Known;
use salotto::{EntryId, Name};

use super::message::{Batch, RoomKeys, UNMARKED};

/// See the module.
#[derive(Debug)]
pub(super) struct OpenRoom {
    pub(super) keys: Arc<RoomKeys>,
    pub(super) known: Known,
    /// The mark of the batch that the last known id ends.
    pub(super) mark: String,
    /// Who of this node is in it.
    pub(super) here: BTreeSet<Name>,
    pub(super) topic: Option<String>,
    /// Whether it was read since the engine is there, and what follows is heard.
    pub(super) is_read: bool,
    /// Whether the hub has closed it; what was proposed before still goes.
    pub(super) is_closing: bool,
    /// What was heard last, as it was published: what the engine loses it is given back from here.
    heard: VecDeque<Heard>,
    heard_bytes: usize,
}

/// A batch as it was published.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) first: EntryId,
    pub(super) to: EntryId,
    pub(super) before: String,
    pub(super) node: Arc<str>,
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
}

/// How a batch fits to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It follows.
    Next,
    /// It is known already.
    Known,
    /// Something is missing before it, or it is not of this line; the room is to be read anew.
    Apart,
}

impl OpenRoom {
    pub(super) fn new(keys: Arc<RoomKeys>, known: Known) -> Self {
        Self {
            keys,
            known,
            mark: UNMARKED.to_owned(),
            here: BTreeSet::new(),
            topic: None,
            is_read: false,
            is_closing: false,
            heard: VecDeque::new(),
            heard_bytes: 0,
        }
    }

    pub(super) fn fit(&self, batch: &Batch) -> Fit {
        let is_of_epoch = self.known.epoch.as_deref() == Some(batch.epoch.as_str());
        if !self.is_read || !is_of_epoch {
            return Fit::Apart;
        }
        let last = self.known.last;
        match batch.first {
            first if first == last + 1 && self.follows(&batch.before) => Fit::Next,
            _ if batch.to <= last => Fit::Known,
            _ => Fit::Apart,
        }
    }

    fn follows(&self, before: &str) -> bool {
        [before, self.mark.as_str()].contains(&UNMARKED) || before == self.mark
    }

    /// Takes note of what follows, and keeps as much of it as a timeline holds.
    pub(super) fn hear(&mut self, batch: &Batch, bytes: Vec<u8>, ring: Ring) {
        if batch.to < batch.first {
            return;
        }
        self.known.last = batch.to;
        self.mark = batch.mark();
        if let Some(topic) = batch.body.topic() {
            self.topic = Some(topic.to_owned());
        }
        self.heard_bytes += bytes.len();
        self.heard.push_back(Heard {
            first: batch.first,
            to: batch.to,
            before: batch.before.clone(),
            node: batch.node.clone(),
            number: batch.number,
            bytes,
        });
        let is_too_much = |room: &Self| {
            let oldest = room.heard.front().map_or(0, |heard| heard.to);
            room.heard_bytes > ring.bytes || oldest + ring.entries < room.known.last
        };
        while is_too_much(self) {
            let Some(heard) = self.heard.pop_front() else { break };
            self.heard_bytes -= heard.bytes.len();
        }
    }

    /// Forgets what was heard, because it is of another line.
    pub(super) fn begin_anew(&mut self, known: Known, mark: String) {
        self.known = known;
        self.mark = mark;
        self.heard.clear();
        self.heard_bytes = 0;
    }

    /// What was heard after this id.
    pub(super) fn heard_after(&self, last: EntryId) -> Vec<Heard> {
        self.heard.iter().filter(|heard| heard.to > last).cloned().collect()
    }
}

/// How much of a room is kept, here and in the engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ring {
    pub(super) entries: u64,
    pub(super) bytes: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use salotto::{NameBounds, RoomName};

    use crate::redis::message::{Body, Keys};

    fn batch(first: EntryId, to: EntryId, before: &str) -> Batch {
        let (epoch, node) = ("e".to_owned(), "a".into());
        let body = Body::default();
        Batch { epoch, first, to, time: 0, node, number: to, before: before.to_owned(), body }
    }

    #[test]
    fn what_follows_is_told_from_what_is_known_and_what_is_apart() {
        let lobby = RoomName::new("Lobby", NameBounds::NONE).unwrap();
        let keys = Keys::new("", "a").in_room(&lobby);
        assert_eq!(keys.channel, "in-room:lobby");
        let mut room =
            OpenRoom::new(Arc::new(keys), Known { epoch: Some("e".to_owned()), last: 0 });
        assert_eq!(room.fit(&batch(1, 1, "-")), Fit::Apart, "before it was read");
        room.is_read = true;
        let ring = Ring { entries: 3, bytes: 1000 };
        for (first, to, before) in [(1, 2, "-"), (3, 3, "a/2"), (4, 6, "a/3")] {
            let batch = batch(first, to, before);
            assert_eq!(room.fit(&batch), Fit::Next);
            room.hear(&batch, vec![0; 10], ring);
        }
        assert_eq!(room.fit(&batch(4, 6, "a/3")), Fit::Known);
        assert_eq!(room.fit(&batch(8, 8, "a/7")), Fit::Apart, "a gap");
        assert_eq!(room.fit(&batch(7, 7, "b/6")), Fit::Apart, "another line");
        assert_eq!(room.heard_after(3).len(), 1);
        assert_eq!(room.heard_after(0).len(), 2, "no more than the ring is kept");
    }
}
