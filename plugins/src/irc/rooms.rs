//! Which clients of IRC are in a room, and what channels are said to have beyond that. Kept here, so that who speaks no IRC costs nothing where somebody comes or goes.

use std::collections::{HashMap, HashSet};

use salotto::{MemberId, RoomName, Timestamp};

use super::metadata::Values;

/// The rooms that are open.
#[derive(Debug, Default)]
pub(super) struct Rooms(HashMap<RoomName, Room>);

/// One of them.
#[derive(Debug)]
pub(super) struct Room {
    /// When it was opened, or first seen.
    pub(super) since: Timestamp,
    /// Who set its topic last, and when; not from before this plugin was there.
    pub(super) topic: Option<(String, Timestamp)>,
    /// What is said of it by keys.
    pub(super) values: Values,
    members: HashSet<MemberId>,
}

impl Rooms {
    pub(super) fn open(&mut self, room: &RoomName, now: Timestamp) {
        let new =
            || Room { since: now, topic: None, values: Values::default(), members: HashSet::new() };
        self.0.entry(room.clone()).or_insert_with(new);
    }

    pub(super) fn close(&mut self, room: &RoomName) {
        self.0.remove(room);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn find(&self, room: &RoomName) -> Option<&Room> {
        self.0.get(room)
    }

    pub(super) fn find_mut(&mut self, room: &RoomName) -> Option<&mut Room> {
        self.0.get_mut(room)
    }

    /// A client is in a room now.
    pub(super) fn enter(&mut self, room: &RoomName, member: MemberId, now: Timestamp) {
        self.open(room, now);
        if let Some(room) = self.0.get_mut(room) {
            room.members.insert(member);
        }
    }

    /// A client is in a room no more.
    pub(super) fn leave(&mut self, room: &RoomName, member: MemberId) {
        if let Some(room) = self.0.get_mut(room) {
            room.members.remove(&member);
        }
    }

    /// The clients in a room, in no order.
    pub(super) fn clients(&self, room: &RoomName) -> impl Iterator<Item = MemberId> {
        self.0.get(room).into_iter().flat_map(|room| room.members.iter().copied())
    }
}
