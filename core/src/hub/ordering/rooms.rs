//! Shared rooms open, are told anew, and close.

use crate::delivery::outbox::Mail;
use crate::hub::Hub;
use crate::hub::joining::entered;
use crate::protocol::entry::{Entry, NoticeKind};
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::name::RoomName;
use crate::state::order::{News, Ordered, OrderedRoom};

/// So many entries that were missed are taken in one step.
const STEP: usize = 256;

impl Hub {
    /// The engine tells what is in a room, for the first time or because it was away. What was missed is taken as it would have been; where that cannot be, because the ids mean
    /// something else or too much lies between, the room begins anew.
    pub(super) fn room_told(&mut self, told: OrderedRoom) {
        let OrderedRoom { room: name, epoch, last, tail, topic, people } = told;
        let Some(room) = self.state.rooms.find(name.as_str()) else { return };
        let Some(sharing) = &room.sharing else { return };
        let (id, known) = (room.id, room.next_id() - 1);
        let first = tail.first().map_or(last + 1, |entry| entry.id);
        let follows = match sharing.epoch.as_deref() {
            Some(had) => *had == *epoch && first <= known + 1 && known <= last,
            // The engine has never had the room, which goes on as it was here.
            None => tail.is_empty() && known == last,
        };
        self.state.set_epoch_of(id, &epoch);
        if let Some(topic) = topic {
            self.state.set_topic(id, &topic);
        }
        self.set_people(id, people);
        if let Some(sharing) = self.state.rooms.get_mut(id).and_then(|room| room.sharing.as_mut()) {
            sharing.is_open = true;
        }
        match follows {
            true => {
                let missed = tail.into_iter().filter(|entry| entry.id > known).collect();
                self.catch_up(id, &name, missed);
            }
            false => self.begin_anew(id, last, tail),
        }
        self.enter_waiting();
    }

    fn catch_up(&mut self, id: RoomId, name: &RoomName, missed: Vec<Ordered>) {
        // Whoever reads is given a part a turn, so that nobody falls behind by all of it.
        if missed.len() <= STEP || self.state.rooms.get(id).is_some_and(|room| room.is_empty_here())
        {
            return missed.into_iter().for_each(|entry| self.entry_came(id, entry));
        }
        let Some(ordering) = &mut self.ordering else { return };
        for part in missed.chunks(STEP).rev() {
            let (room, entries) = (name.clone(), part.to_vec());
            ordering.ahead.push_front(News::Entries { room, entries });
        }
    }

    /// The entries that were known do not lead to these: those who are in the room enter it once more.
    fn begin_anew(&mut self, id: RoomId, last: EntryId, tail: Vec<Ordered>) {
        let settings = self.state.settings();
        let Some(room) = self.state.rooms.get_mut(id) else { return };
        let name = room.name.clone();
        let entry = |ordered: Ordered| {
            let Ordered { id, time, what, .. } = ordered;
            Entry { room: name.clone(), id, time, what }
        };
        let tail: Vec<Entry> = tail.into_iter().map(entry).collect();
        let (known, first) = (room.next_id() - 1, last + 1 - tail.len() as u64);
        room.begin_anew(last, tail, &settings.rooms);
        let overlaps = room.is_kept && known >= first;
        room.is_kept &= !overlaps;
        let here: Vec<MemberId> = room.here().collect();
        if !here.is_empty() {
            tracing::warn!(room = %name, last, "the room begins anew");
        }
        self.state.keep_tail(id);
        if overlaps {
            self.report(format!(
                "what is said in {name} is not kept here: entries up to {known} are in the database, which the other servers do not know, and theirs begin at {first}"
            ));
        }
        for member in here {
            self.follow_anew(member, id);
        }
    }

    fn follow_anew(&mut self, member: MemberId, room_id: RoomId) {
        let history = self.state.settings().rooms.history as u64;
        let Some(room) = self.state.rooms.get(room_id) else { return };
        let Some(somebody) = self.state.roster.get(member) else { return };
        let outbox = somebody.outbox.clone();
        let with_presence = !outbox.wire.dialect().tells_past();
        let next = room.next_id();
        let first_id = next.saturating_sub(history).max(room.timeline.first()).min(next);
        let epoch = self.state.other_epoch_of(room);
        let entered = entered(room, first_id, with_presence, epoch);
        let timeline = room.timeline.clone();
        if let Some(somebody) = self.state.roster.get_mut(member) {
            let stay = somebody.stays.iter_mut().find(|stay| stay.room == room_id);
            stay.into_iter().for_each(|stay| stay.since = first_id);
        }
        self.state.keep_stays(member);
        let (history, next) = timeline.since(first_id);
        self.state.post(&outbox, Mail::Unfollow(room_id));
        let text = "the servers that share this room had lost sight of each other: what follows is what all of them have, and something of before may be missing";
        self.notice_to(member, text, NoticeKind::Info);
        self.state.send(member, entered);
        self.state.post(&outbox, Mail::Follow { room: room_id, timeline, history, next });
    }

    /// A room closes here; it may go on elsewhere.
    pub(in crate::hub) fn leave_shared(&mut self, id: RoomId) {
        if !self.is_shared(id) {
            return;
        }
        // That the last one has left is told before.
        self.hand_over_proposal_of(id);
        let name = self.state.rooms.get(id).map(|room| room.name.clone());
        if let Some((ordering, name)) = self.ordering.as_mut().zip(name) {
            ordering.forget_room(id);
            ordering.order.close_room(&name);
        }
    }
}
