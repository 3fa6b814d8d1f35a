//! The ids by which clients know messages: of an entry `EPOCH-ID-ROOM`, which finds it again for as long as its epoch lasts and nothing after that.

use std::hash::{DefaultHasher, Hash, Hasher};

use salotto::{EntryId, RoomName, Timestamp};

/// That of an entry.
pub(super) fn of_entry(epoch: &str, room: &RoomName, id: EntryId) -> String {
    format!("{epoch}-{id}-{room}")
}

/// The entry of a room that is meant; `None` where it is not one of this room or of this epoch.
pub(super) fn to_entry(text: &str, epoch: &str, room: &RoomName) -> Option<EntryId> {
    let (id, of) = text.strip_prefix(epoch)?.strip_prefix('-')?.split_once('-')?;
    if of != room.as_str() {
        return None;
    }
    id.parse().ok()
}

/// That of something that is not kept: the same for all who are told of it at once.
pub(super) fn of_passing(time: Timestamp, from: &str, to: &str, what: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    (time, from, to).hash(&mut hasher);
    what.hash(&mut hasher);
    format!("p{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_in_its_room_and_epoch_and_nowhere_else() {
        let (lobby, dev): (RoomName, RoomName) =
            ("well-read".parse().unwrap(), "dev".parse().unwrap());
        let id = of_entry("2642d15b", &lobby, 7);
        assert_eq!(to_entry(&id, "2642d15b", &lobby), Some(7));
        assert_eq!(to_entry(&id, "2642d15b", &dev), None);
        assert_eq!(to_entry(&id, "2642d15c", &lobby), None);
        for text in ["", "7", "2642d15b", "2642d15b-", "2642d15b-x-well-read", "nonexistent"] {
            assert_eq!(to_entry(text, "2642d15b", &lobby), None, "{text}");
        }
    }
}
