//! Rooms as they were left: what they are about and which of their messages were removed, beyond the last member and the server.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::ids::EntryId;
use crate::protocol::name::{self, NameBounds, RoomName};
use crate::protocol::timestamp::Timestamp;
use crate::state::room::Room;
use crate::state::shared_values::SharedValues;

/// The namespace of the values in which they outlive the server.
const NAMESPACE: &str = "rooms";
/// For so long a room is remembered in which nobody is.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// So many are remembered at most; those in which nothing was set make way first, the oldest before the others.
const MOST: usize = 1000;

/// A room as it was left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LeftRoom {
    /// What it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) topic: String,
    /// What it was about when it was opened. A topic that was set since then holds for as long as whoever opens the room says the same.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) given: String,
    /// Whether it stays when it is empty.
    pub(crate) permanent: bool,
    /// Whether it is opened when the server starts, because the operator opened it.
    pub(crate) reopens: bool,
    /// Which messages were removed; the latest.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) removed: VecDeque<EntryId>,
    /// When it was looked at last; `None` in no record that is kept.
    pub(crate) at: Option<Timestamp>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct RememberedRooms {
    rooms: BTreeMap<RoomName, LeftRoom>,
    /// From every form of a name.
    by_key: HashMap<String, RoomName>,
}

impl LeftRoom {
    /// A room as it is now.
    pub(crate) fn of(room: &Room, now: Timestamp) -> Self {
        Self {
            topic: room.topic.clone(),
            given: room.given_topic.clone(),
            permanent: room.permanent,
            reopens: room.reopens,
            removed: room.removed.clone(),
            at: Some(now),
        }
    }

    /// Whether it is as every room of its name would be.
    fn is_plain(&self) -> bool {
        self.topic == self.given && !self.reopens && self.removed.is_empty()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        !self.permanent && self.at.is_none_or(|at| now.seconds_since(at) > KEPT_FOR.as_secs())
    }
}

impl RememberedRooms {
    /// Those that were kept, but for those in which nobody was for long.
    pub(crate) fn load(values: &SharedValues, now: Timestamp) -> Self {
        let mut remembered = Self::default();
        for (name, text) in values.all(NAMESPACE) {
            let read = (RoomName::new(&name, NameBounds::NONE), serde_json::from_str(&text));
            match read {
                (Ok(name), Ok(left)) if !LeftRoom::is_over(&left, now) => {
                    remembered.insert(name, left);
                }
                _ => {
                    values.remove(NAMESPACE, &name);
                }
            }
        }
        remembered
    }

    /// The room that answers to this name, in the spelling that it had.
    pub(crate) fn find(&self, text: &str) -> Option<(&RoomName, &LeftRoom)> {
        if self.rooms.is_empty() {
            return None;
        }
        let text = text.trim().trim_start_matches('#');
        let name = name::keys(text).into_iter().find_map(|key| self.by_key.get(&key))?;
        self.rooms.get_key_value(name)
    }

    /// Those that are opened when the server starts, by name.
    pub(crate) fn reopening(&self) -> Vec<(RoomName, LeftRoom)> {
        let reopening = self.rooms.iter().filter(|(_, left)| left.reopens);
        reopening.map(|(name, left)| (name.clone(), left.clone())).collect()
    }

    /// Remembers a room as it is now; one that is always there, and as the settings say, needs no remembering.
    pub(crate) fn put(&mut self, values: &SharedValues, name: &RoomName, left: LeftRoom) {
        if left.permanent && left.is_plain() {
            return self.forget(values, name);
        }
        if !self.rooms.contains_key(name) {
            self.forget(values, name);
        }
        // A topic without bounds may be too long; the room is then remembered until the server stops.
        let _ =
            serde_json::to_string(&left).map(|text| values.put(NAMESPACE, name.as_str(), &text));
        self.insert(name.clone(), left);
        if self.rooms.len() > MOST {
            let worth = |left: &LeftRoom| (left.reopens, left.permanent, !left.is_plain(), left.at);
            let others = self.rooms.iter().filter(|(other, _)| *other != name);
            let least = others.min_by_key(|(_, left)| worth(left)).map(|(name, _)| name.clone());
            if let Some(least) = least {
                self.forget(values, &least);
            }
        }
    }

    /// The next room of this name is another one.
    pub(crate) fn forget(&mut self, values: &SharedValues, name: &RoomName) {
        for key in name.keys() {
            if let Some(name) = self.by_key.remove(&key) {
                self.rooms.remove(&name);
                name.keys().iter().for_each(|key| drop(self.by_key.remove(key)));
                values.remove(NAMESPACE, name.as_str());
            }
        }
    }

    fn insert(&mut self, name: RoomName, left: LeftRoom) {
        self.by_key.extend(name.keys().into_iter().map(|key| (key, name.clone())));
        self.rooms.insert(name, left);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn name(text: &str) -> RoomName {
        RoomName::new(text, NameBounds::NONE).unwrap()
    }

    fn day(day: u64) -> Timestamp {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(day * 24 * 60 * 60)).into()
    }

    fn left(topic: &str, at: Timestamp) -> LeftRoom {
        LeftRoom { topic: topic.into(), at: Some(at), ..LeftRoom::default() }
    }

    #[test]
    fn a_room_is_found_again_under_every_form_of_its_name_until_it_is_forgotten() {
        let values = SharedValues::new(None);
        let mut rooms = RememberedRooms::default();
        rooms.put(&values, &name("Dev"), left("what we build", day(1)));
        let loaded = RememberedRooms::load(&values, day(30));
        for rooms in [&rooms, &loaded] {
            let found = rooms.find("#dev").map(|(name, left)| (name.as_str(), left.topic.as_str()));
            assert_eq!(found, Some(("Dev", "what we build")));
        }
        rooms.put(&values, &name("dev"), left("another", day(2)));
        assert_eq!(values.all(NAMESPACE).len(), 1);
        rooms.forget(&values, &name("DEV"));
        assert_eq!((rooms.find("dev"), values.count(NAMESPACE)), (None, 0));
        assert!(rooms.by_key.is_empty());
    }

    #[test]
    fn one_in_which_nobody_was_for_a_month_is_forgotten_and_one_that_stays_is_not() {
        let values = SharedValues::new(None);
        let mut rooms = RememberedRooms::default();
        rooms.put(&values, &name("old"), left("x", day(1)));
        rooms.put(&values, &name("new"), left("x", day(20)));
        let stays = LeftRoom { permanent: true, reopens: true, ..left("x", day(1)) };
        rooms.put(&values, &name("stays"), stays);
        let rooms = RememberedRooms::load(&values, day(40));
        assert!(rooms.find("old").is_none() && rooms.find("new").is_some());
        assert_eq!(rooms.reopening().len(), 1);
        assert_eq!(values.count(NAMESPACE), 2);
    }

    #[test]
    fn of_too_many_those_go_first_in_which_nothing_was_set() {
        let values = SharedValues::new(None);
        let mut rooms = RememberedRooms::default();
        rooms.put(&values, &name("dev"), left("kept", day(1)));
        for number in 0..MOST + 50 {
            rooms.put(&values, &name(&format!("room-{number}")), left("", day(2 + number as u64)));
        }
        assert_eq!((rooms.rooms.len(), values.count(NAMESPACE)), (MOST, MOST));
        assert!(rooms.find("dev").is_some() && rooms.find("room-0").is_none());
        assert!(rooms.find(&format!("room-{}", MOST + 49)).is_some());
    }

    #[test]
    fn one_that_is_as_the_settings_say_is_not_remembered() {
        let values = SharedValues::new(None);
        let mut rooms = RememberedRooms::default();
        let listed = |topic: &str| LeftRoom {
            given: "as listed".into(),
            permanent: true,
            ..left(topic, day(1))
        };
        rooms.put(&values, &name("lobby"), listed("set since"));
        assert!(rooms.find("lobby").is_some());
        rooms.put(&values, &name("lobby"), listed("as listed"));
        assert!(rooms.find("lobby").is_none());
    }
}
