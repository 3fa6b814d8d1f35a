//! Who is in shared rooms: the engine is told of those of this node, and tells of those of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Ordering;
use crate::hub::Hub;
use crate::protocol::entry::EntryKind;
use crate::protocol::ids::RoomId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::{Name, RoomName};
use crate::state::order::Proposal;
use crate::state::room::{Occupant, Room};

impl Hub {
    /// Somebody of this node is in a room from here on.
    pub(in crate::hub) fn is_present(&mut self, room: RoomId, name: &Name) {
        self.change_presence(room, |proposal| {
            proposal.gone.retain(|gone| gone != name);
            proposal.here.push(name.clone());
        });
    }

    /// Somebody of this node is not in a room any more.
    pub(in crate::hub) fn is_absent(&mut self, room: RoomId, name: &Name) {
        self.change_presence(room, |proposal| {
            proposal.here.retain(|here| here != name);
            proposal.gone.push(name.clone());
        });
    }

    /// Who is in rooms of this server through other nodes, with their node and these rooms.
    pub(in crate::hub) fn people_elsewhere(&self) -> BTreeMap<Name, (Arc<str>, Vec<RoomName>)> {
        let mut people: BTreeMap<Name, (Arc<str>, Vec<RoomName>)> = BTreeMap::new();
        for room in self.state.rooms.iter().filter(|room| room.sharing.is_some()) {
            for (name, occupant) in &room.members {
                if let Occupant::Elsewhere(node) = occupant {
                    let known = people.entry(name.clone());
                    let (_, rooms) = known.or_insert_with(|| (node.clone(), Vec::new()));
                    rooms.push(room.name.clone());
                }
            }
        }
        people
    }

    fn change_presence(&mut self, room: RoomId, change: impl FnOnce(&mut Proposal)) {
        let Some(ordering) = &mut self.ordering else { return };
        let shared = self.state.rooms.get(room).filter(|room| room.sharing.is_some());
        if let Some(shared) = shared {
            change(ordering.proposal(room, shared.name.clone()));
        }
    }

    /// People of another node came into a room or left it.
    pub(super) fn people_changed(
        &mut self,
        name: &RoomName,
        node: &Arc<str>,
        here: Vec<Name>,
        gone: Vec<Name>,
    ) {
        let Some(id) = self.state.rooms.find(name.as_str()).map(|room| room.id) else { return };
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        for name in gone {
            take_out(room, node, &name);
        }
        for name in here {
            put_in(room, node, name);
        }
    }

    /// All that are in a room through other nodes, in place of those who were known.
    pub(super) fn set_people(&mut self, id: RoomId, people: Vec<(Arc<str>, Vec<Name>)>) {
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        room.members.retain(|_, occupant| occupant.here().is_some());
        for (node, names) in people {
            for name in names {
                put_in(room, &node, name);
            }
        }
    }

    /// A node is gone, and its people with it. Where it is for this one to say so, those who stay are told.
    pub(super) fn node_gone(&mut self, node: &str, told_by_us: &[RoomName]) {
        let shared = self.state.rooms.iter().filter(|room| room.sharing.is_some());
        let ids: Vec<RoomId> = shared.map(|room| room.id).collect();
        for id in ids {
            let Some(room) = self.state.rooms.get_mut(id) else { continue };
            let is_told = told_by_us.contains(&room.name);
            let gone = room.members.extract_if(.., |_, occupant| occupant.is_of(node));
            let gone: Vec<Name> = gone.map(|(name, _)| name).collect();
            if gone.is_empty() || !is_told {
                continue;
            }
            if self.state.rooms.get(id).is_some_and(|room| self.state.is_quiet(room)) {
                self.owe_count(id);
                continue;
            }
            for who in gone {
                self.propose(None, id, EntryKind::Left { who, reason: LeaveReason::Lost });
            }
        }
        self.report(format!("the node `{node}` is gone"));
    }
}

/// Who is here is not somebody elsewhere: the engine says soon which of the two keeps the name.
fn put_in(room: &mut Room, node: &Arc<str>, name: Name) {
    let occupant = room.members.entry(name).or_insert_with(|| Occupant::Elsewhere(node.clone()));
    if occupant.here().is_none() {
        *occupant = Occupant::Elsewhere(node.clone());
    }
}

fn take_out(room: &mut Room, node: &str, name: &Name) {
    if room.members.get(name).is_some_and(|occupant| occupant.is_of(node)) {
        room.members.remove(name);
    }
}

impl Ordering {
    /// Nothing of a room is of interest any more.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        self.proposals.remove(&room);
        self.owed.remove(&room);
        self.authors.retain(|_, (of, _)| *of != room);
    }
}
