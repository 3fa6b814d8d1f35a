//! Rooms that were hidden when they were left. Whoever opens such a room again without its being hidden is a stranger, who reads nothing of what was said in it; were it to be forgotten
//! by a restart, or by the last one leaving, that a room was locked, its history would be anybody's.

use crate::protocol::ids::EntryId;
use crate::protocol::name::RoomName;
use crate::state::shared_values::SharedValues;

/// The namespace of the values that say so.
const NAMESPACE: &str = "sealed-rooms";
/// The value of a room that is hidden; that of one that was is its last id then.
const HIDDEN: &str = "\"hidden\"";

/// A room is hidden, or shown again.
pub(crate) fn set_hidden(values: &SharedValues, room: &RoomName, hidden: bool) {
    match hidden {
        // Names of rooms are far shorter than keys may be.
        true => drop(values.put(NAMESPACE, &key(room), HIDDEN)),
        false => drop(values.remove(NAMESPACE, &key(room))),
    }
}

/// A room opens whose last id was `last`: the first entry that newcomers may read.
pub(crate) fn first_readable(values: &SharedValues, room: &RoomName, last: EntryId) -> EntryId {
    let key = key(room);
    let Some(value) = values.get(NAMESPACE, &key) else { return 0 };
    let sealed = match value.parse::<EntryId>() {
        Ok(sealed) => sealed,
        Err(_) => {
            let _ = values.put(NAMESPACE, &key, &last.to_string());
            last
        }
    };
    sealed + 1
}

fn key(room: &RoomName) -> String {
    room.keys().swap_remove(0)
}
