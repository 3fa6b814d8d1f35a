//! The rooms there are: look-up by id and by every form of a name that would pass for it.

use std::collections::{BTreeSet, HashMap};

use crate::dialect::RoomRole;
use crate::protocol::ids::{RoomId, SlotId};
use crate::protocol::name::RoomName;
use crate::protocol::network::Network;
use crate::protocol::settings::Settings;
use crate::state::name_index::NameIndex;
use crate::state::room::Room;

/// The rooms there are.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Every id, and so the order of their opening: ids only grow.
    list: BTreeSet<RoomId>,
    by_id: HashMap<RoomId, Room>,
    /// As they are written, which is how most of them are asked for.
    by_name: HashMap<RoomName, RoomId>,
    by_form: NameIndex<RoomId>,
    next: u64,
}

impl Rooms {
    /// Opens a room. Its name must not be taken.
    pub(crate) fn open(
        &mut self,
        name: RoomName,
        permanent: bool,
        role: RoomRole,
        settings: &Settings,
    ) -> RoomId {
        self.next += 1;
        let id = RoomId(self.next);
        self.by_form.insert(name.as_str(), id);
        self.by_name.insert(name.clone(), id);
        self.by_id.insert(id, Room::new(id, name, permanent, role, &settings.rooms));
        self.list.insert(id);
        id
    }

    /// Closes a room, at a cost that has nothing to do with how many there are.
    pub(crate) fn close(&mut self, id: RoomId) -> Option<Room> {
        let room = self.by_id.remove(&id)?;
        self.by_name.remove(&room.name);
        self.by_form.remove(room.name.as_str());
        self.list.remove(&id);
        Some(room)
    }

    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// The room that answers to this name, by case or look-alike letters too.
    pub(crate) fn find(&self, name: &str) -> Option<&Room> {
        let name = name.trim().trim_start_matches('#');
        let exact = self.by_name.get(name).copied();
        self.get(exact.or_else(|| self.by_form.find(name))?)
    }

    /// Says whether a room stays when it is empty.
    pub(crate) fn set_permanent(&mut self, id: RoomId, permanent: bool) {
        if let Some(room) = self.by_id.get_mut(&id) {
            room.permanent = permanent;
        }
    }

    /// A plugin is over, and all that it made of rooms.
    pub(crate) fn forget_plugin(&mut self, slot: SlotId) {
        for room in self.by_id.values_mut() {
            room.forget_plugin(slot);
        }
    }

    /// Gives every timeline other bounds.
    pub(crate) fn resize(&mut self, max_entries: usize, max_bytes: usize) {
        for room in self.by_id.values() {
            room.timeline.resize(max_entries, max_bytes);
        }
    }

    /// In the order of their opening; the default room is the first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.list.iter().filter_map(|id| self.by_id.get(id))
    }

    /// How many there are because somebody from there joined them first.
    pub(crate) fn opened_from(&self, network: Network) -> usize {
        self.by_id.values().filter(|room| room.opened_from == Some(network)).count()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::name::NameBounds;

    fn open(rooms: &mut Rooms, name: &str) -> RoomId {
        let name = RoomName::new(name, NameBounds::NONE).unwrap();
        rooms.open(name, false, RoomRole::Other, &Settings::default())
    }

    #[test]
    fn a_room_that_closes_frees_every_form_of_its_name_and_no_other() {
        let mut rooms = Rooms::default();
        let [lobby, dev, news] = ["Lobby", "Dev", "news"].map(|name| open(&mut rooms, name));
        assert_eq!(rooms.find("DEV").map(|room| room.id), Some(dev));
        assert_eq!(rooms.close(dev).map(|room| room.id), Some(dev));
        assert!(rooms.close(dev).is_none());
        assert!(["Dev", "dev", "DEV", "#dev"].iter().all(|name| rooms.find(name).is_none()));
        assert_eq!(rooms.find("lobby").map(|room| room.id), Some(lobby));
        let dev = open(&mut rooms, "dev");
        let in_order: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        assert_eq!((in_order, rooms.len()), (vec![lobby, news, dev], 3));
    }
}
