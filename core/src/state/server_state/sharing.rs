//! Rooms that several servers share: what their ids belong to, and where the engine comes in.

use super::ServerState;
use crate::protocol::ids::RoomId;
#[cfg(feature = "nodes")]
use crate::state::order::Given;
use crate::state::order::Known;
use crate::state::room::{Room, Sharing};
use crate::state::store::RoomEntries;

/// The namespace of the values that say what the kept entries of a shared room belong to; this node's own.
const EPOCHS: &str = "room-epochs";

impl ServerState {
    /// Asks the engine what is in a room, where other servers share it.
    pub(super) fn open_shared(&mut self, id: RoomId) {
        let Some(order) = self.order.clone() else { return };
        let Some(room) = self.rooms.get_mut(id).filter(|room| order.shares(&room.name)) else {
            return;
        };
        let epoch = self.values.get(EPOCHS, room.name.as_str());
        let sharing = Sharing { epoch: epoch.as_deref().map(Into::into), is_open: false };
        room.sharing = Some(Box::new(sharing));
        order.open(&room.name, Known { epoch, last: room.next_id() - 1 });
    }

    /// What the ids of a room belong to.
    pub(crate) fn epoch_of<'a>(&'a self, room: &'a Room) -> &'a str {
        match &room.sharing {
            Some(sharing) => sharing.epoch.as_deref().unwrap_or(&self.epoch),
            None => self.own_epoch.as_deref().unwrap_or(&self.epoch),
        }
    }

    /// The same, for whoever was told the epoch of the server; `None` where it is that.
    pub(crate) fn other_epoch_of(&self, room: &Room) -> Option<String> {
        let epoch = self.epoch_of(room);
        (epoch != self.epoch).then(|| epoch.to_owned())
    }

    /// A shared room has this epoch from here on; kept beside the entries, so that a store knows what they belong to.
    pub(crate) fn set_epoch_of(&mut self, id: RoomId, epoch: &str) {
        let is_kept = self.store.is_some();
        let room = self.rooms.get_mut(id);
        let Some((sharing, name)) =
            room.and_then(|room| Some((room.sharing.as_mut()?, &room.name)))
        else {
            return;
        };
        sharing.epoch = Some(epoch.into());
        if is_kept {
            // Names of rooms and epochs are short.
            let _ = self.values.put(EPOCHS, name.as_str(), epoch);
        }
    }

    /// From here on other servers share rooms. Called before the hub runs.
    #[cfg(feature = "nodes")]
    pub(crate) fn share_by(&mut self, order: Given) {
        self.own_epoch = Some(self.epoch.clone());
        self.values.share_by(order.clone());
        self.order = Some(order);
    }

    /// Whether it is remembered beyond a connection where somebody was.
    pub(super) fn keeps_where_people_were(&self) -> bool {
        self.store.is_some() || self.order.is_some()
    }

    /// Hands the store what is in memory of a room that has begun anew.
    pub(crate) fn keep_tail(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(id).filter(|_| self.store.is_some()) else { return };
        let (slices, _) = room.timeline.since(room.timeline.first());
        let (name, kept) = (&room.name, room.is_kept);
        let entries = |entries| RoomEntries { room: name.clone(), kept, entries };
        self.closed.extend(slices.into_iter().map(entries));
    }
}
