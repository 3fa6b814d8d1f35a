//! What rooms left behind that are not open: where their ids go on, and the last entries of those that were used last.

use std::collections::{BTreeMap, HashMap};

use salotto::store::Opened;
use salotto::{Entry, EntryId, RoomName};

use super::rows::form;

/// Entries of all rooms together that are held; those of the rooms that closed first make way. They can still be read, page by page.
pub(super) const TAILS: usize = 16_384;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Every room that was ever open, by the form of its name.
    rooms: HashMap<String, LeftRoom>,
    /// Those whose last entries are held, in the order in which they closed.
    order: BTreeMap<u64, String>,
    next: u64,
    entries: usize,
}

#[derive(Debug, Default)]
struct LeftRoom {
    last: EntryId,
    tail: Vec<Entry>,
    /// Its place in the order; 0 where it has none.
    place: u64,
}

impl Left {
    /// A room opens. One that was never used is known from now on.
    pub(super) fn open(&mut self, room: &RoomName) -> Opened {
        let left = self.rooms.entry(form(room)).or_default();
        let tail = std::mem::take(&mut left.tail);
        self.order.remove(&std::mem::take(&mut left.place));
        self.entries -= tail.len();
        Opened { last: left.last, tail }
    }

    /// A room closes.
    pub(super) fn close(&mut self, room: &RoomName, last: EntryId, tail: Vec<Entry>) {
        self.put(form(room), last, tail);
    }

    /// A room is to be filled that was never used; says whether that is so.
    pub(super) fn reserve(&mut self, room: &RoomName, last: EntryId, tail: Vec<Entry>) -> bool {
        let form = form(room);
        let is_new = !self.rooms.contains_key(&form);
        if is_new {
            self.put(form, last, tail);
        }
        is_new
    }

    /// The same, of which the form is known.
    pub(super) fn put(&mut self, form: String, last: EntryId, tail: Vec<Entry>) {
        let before = self.rooms.remove(&form).unwrap_or_default();
        self.order.remove(&before.place);
        self.entries -= before.tail.len();
        let mut place = 0;
        if !tail.is_empty() {
            self.next += 1;
            place = self.next;
            self.order.insert(place, form.clone());
            self.entries += tail.len();
        }
        self.rooms.insert(form, LeftRoom { last, tail, place });
        while self.entries > TAILS
            && let Some((_, oldest)) = self.order.pop_first()
        {
            if let Some(room) = self.rooms.get_mut(&oldest) {
                self.entries -= std::mem::take(&mut room.tail).len();
                room.place = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use salotto::{EntryKind, Timestamp};

    use super::*;

    fn room(number: usize) -> RoomName {
        format!("room{number}").parse().unwrap()
    }

    fn tail(room: &RoomName, length: u64) -> Vec<Entry> {
        let entry =
            |id| Entry { room: room.clone(), id, time: Timestamp::now(), what: EntryKind::Removed };
        (1..=length).map(entry).collect()
    }

    #[test]
    fn the_entries_of_rooms_that_closed_first_make_way_and_no_id_is_forgotten() {
        let mut left = Left::default();
        for number in 0..1000 {
            left.close(&room(number), 100, tail(&room(number), 50));
            left.open(&room(0));
            left.close(&room(0), 100, tail(&room(0), 50));
        }
        assert!(left.entries <= TAILS && left.order.len() <= TAILS / 50);
        let lengths = [0, 1, 999].map(|number| {
            let Opened { last, tail } = left.open(&room(number));
            (last, tail.len())
        });
        assert_eq!(lengths, [(100, 50), (100, 0), (100, 50)]);
        assert_eq!(left.open(&room(5000)), Opened::default());
        assert!(
            !left.reserve(&room(5000), 7, Vec::new()) && left.reserve(&room(5001), 7, Vec::new())
        );
    }
}
