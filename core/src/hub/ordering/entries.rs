//! What is proposed in a shared room, and what comes back.

use std::sync::Arc;

use super::{Ordering, unavailable};
use crate::hub::Hub;
use crate::protocol::entry::EntryKind;
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::name::{Name, RoomName};
use crate::state::order::{Healing, Known, Ordered, Proposal, Proposed};

/// So much is remembered of who came and went in a room while the engine is away.
const MOST_OWED: usize = 1024;

impl Hub {
    /// Something is to happen in a shared room.
    pub(in crate::hub) fn propose(
        &mut self,
        author: Option<MemberId>,
        room: RoomId,
        what: EntryKind,
    ) {
        let name = self.state.rooms.get(room).map(|room| room.name.clone());
        let Some((ordering, name)) = self.ordering.as_mut().zip(name) else { return };
        let ticket = ordering.next_ticket();
        if let Some(author) = author {
            ordering.authors.insert(ticket, (room, author));
        }
        ordering.proposal(room, name).entries.push(Proposed { ticket, what });
    }

    /// Gives the engine what this turn brought, a call a room.
    pub(in crate::hub) fn hand_over_proposals(&mut self) {
        let Some(ordering) = &mut self.ordering else { return };
        for (room, proposal) in std::mem::take(&mut ordering.proposals) {
            self.hand_over_proposal(room, proposal);
        }
    }

    /// The same for one room, which closes.
    pub(super) fn hand_over_proposal_of(&mut self, room: RoomId) {
        let proposal = self.ordering.as_mut().and_then(|ordering| ordering.proposals.remove(&room));
        if let Some(proposal) = proposal {
            self.hand_over_proposal(room, proposal);
        }
    }

    fn hand_over_proposal(&mut self, room: RoomId, proposal: Proposal) {
        let Some(ordering) = &self.ordering else { return };
        if let Err(entries) = ordering.order.commit(proposal) {
            self.entries_refused(room, entries);
        }
    }

    /// What was proposed will not happen. Who said something is told, and who came or went is told the others later.
    pub(super) fn entries_refused(&mut self, room: RoomId, entries: Vec<Proposed>) {
        for Proposed { ticket, what } in entries {
            let Some(ordering) = &mut self.ordering else { return };
            let author = ordering.authors.remove(&ticket).map(|(_, author)| author);
            match what {
                EntryKind::Message { nonce, .. } => {
                    if let Some(author) = author {
                        self.refuse(author, unavailable(), nonce);
                    }
                }
                what if owes(&what) => ordering.owe(room, what),
                _ => {}
            }
        }
    }

    /// The engine is back: the others are told who came and went meanwhile.
    pub(super) fn tell_owed(&mut self) {
        let Some(ordering) = &mut self.ordering else { return };
        for (room, owed) in std::mem::take(&mut ordering.owed) {
            for what in owed {
                self.propose(None, room, what);
            }
        }
    }

    /// Things have happened in a shared room, in the order of all.
    pub(super) fn entries_came(&mut self, name: &RoomName, entries: Vec<Ordered>) {
        let Some(room) = self.state.rooms.find(name.as_str()) else { return };
        let is_open = room.sharing.as_ref().is_some_and(|sharing| sharing.is_open);
        let id = room.id;
        // What was said to a room before it was opened is in what the engine tells of it.
        for entry in entries.into_iter().filter(|_| is_open) {
            let next = self.state.rooms.get(id).map_or(0, |room| room.next_id());
            if entry.id > next {
                return self.ask_again(id);
            }
            if entry.id == next {
                self.entry_came(id, entry);
            }
        }
    }

    pub(super) fn entry_came(&mut self, room: RoomId, entry: Ordered) {
        let Ordered { time, node, ticket, what, .. } = entry;
        let Some(ordering) = &mut self.ordering else { return };
        let origin: Option<Arc<str>> = (node != ordering.node).then_some(node);
        let author = match origin {
            None => ordering.authors.remove(&ticket).map(|(_, author)| author),
            Some(_) => None,
        };
        if let EntryKind::Topic { topic, .. } = &what {
            self.state.set_topic(room, topic);
        }
        let left = match &what {
            EntryKind::Left { who, .. } if origin.is_some() => Some(who.clone()),
            _ => None,
        };
        self.state.commit_at(time, room, author, what);
        self.committed(room, author, origin.as_deref());
        if let Some(who) = left {
            self.contradict(room, who);
        }
    }

    /// Another node has said that somebody left, because this one was not to be heard for a while. Who is here all the same is told the others anew.
    fn contradict(&mut self, room: RoomId, who: Name) {
        let occupant = self.state.rooms.get(room).and_then(|room| room.members.get(&who));
        if occupant.is_some_and(|occupant| occupant.here().is_some()) {
            self.is_present(room, &who);
            self.propose(None, room, EntryKind::Joined { who });
        }
    }

    /// Something is missing in a room: the engine is asked for all that came after the last one.
    fn ask_again(&mut self, id: RoomId) {
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let last = room.next_id() - 1;
        let Some(sharing) = &mut room.sharing else { return };
        sharing.is_open = false;
        let epoch = sharing.epoch.as_deref().map(str::to_owned);
        let name = room.name.clone();
        tracing::warn!(room = %name, last, "entries are missing; the engine is asked for them");
        if let Some(ordering) = &self.ordering {
            ordering.order.open(&name, Known { epoch, last });
        }
    }

    /// The engine has lost the end of a room: it is given what is in memory of it.
    pub(super) fn heal(&mut self, name: &RoomName, last: EntryId) {
        let Some(room) = self.state.rooms.find(name.as_str()) else { return };
        let Some(epoch) = room.sharing.as_ref().and_then(|sharing| sharing.epoch.clone()) else {
            return;
        };
        // What this turn brought is told already, and belongs to it.
        let entries = room.tail_after(last);
        let (room, topic) = (room.name.clone(), room.topic.clone());
        let healing = Healing { room, epoch: epoch.to_string(), entries, topic };
        tracing::warn!(room = %name, last, given = healing.entries.len(), "the engine has lost entries");
        if let Some(ordering) = &self.ordering {
            ordering.order.heal(healing);
        }
    }
}

impl Ordering {
    /// What this turn brought to a room.
    pub(super) fn proposal(&mut self, room: RoomId, name: RoomName) -> &mut Proposal {
        let empty = Proposal { room: name, entries: vec![], here: vec![], gone: vec![] };
        self.proposals.entry(room).or_insert(empty)
    }

    fn owe(&mut self, room: RoomId, what: EntryKind) {
        let owed = self.owed.entry(room).or_default();
        // Who came and went again need not be told of.
        if let EntryKind::Left { who, .. } = &what {
            let joined = EntryKind::Joined { who: who.clone() };
            if let Some(at) = owed.iter().rposition(|owed| *owed == joined) {
                owed.remove(at);
                return;
            }
        }
        if owed.len() < MOST_OWED {
            owed.push(what);
        }
    }
}

/// Whether others have to be told of it, however late: rosters follow from it.
fn owes(what: &EntryKind) -> bool {
    matches!(what, EntryKind::Joined { .. } | EntryKind::Left { .. } | EntryKind::Renamed { .. })
}
