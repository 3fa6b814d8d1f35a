//! A member joins a room: what the plugins say to it, the limits, and what it is shown there.

use super::Hub;
use super::not_done::NotDone;
use super::talk::PAGE;
use crate::delivery::fanout::Work;
use crate::delivery::outbox::Mail;
use crate::plugin::draft::JoinDraft;
use crate::protocol::entry::EntryKind;
use crate::protocol::error::{ErrorCode, Refusal, no_room_name};
use crate::protocol::event::Event;
use crate::protocol::hint::Hint;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::network::Network;
use crate::protocol::sanitize;
use crate::protocol::timestamp::Timestamp;
use crate::state::rights::Rights;
use crate::state::room::{Occupant, Room};
use crate::state::stays::Stay;

/// What a bare client is shown at most of what was said before, a row at a time.
const BARE_HISTORY: usize = 10;

/// Somebody comes back to a room.
#[derive(Debug, Clone)]
pub(super) struct Return {
    /// The last id that they saw there.
    pub(super) seen: EntryId,
    /// What that id belongs to, if not to the epoch of the server.
    pub(super) epoch: Option<String>,
    /// Which member they were then, if that was since the server started.
    pub(super) was: Option<MemberId>,
    /// When their connection ended in it, as far as that is kept.
    pub(super) was_in_until: Option<Timestamp>,
}

/// Who may join which room, and as what.
struct Allowed {
    name: Name,
    room: RoomName,
    rights: Option<Rights>,
}

impl Hub {
    /// A member asks to join a room, which is opened where there is none and the settings allow it, or comes back to one.
    pub(super) fn join(
        &mut self,
        id: MemberId,
        room: &str,
        key: Option<String>,
        back: Option<Return>,
    ) -> Result<(), NotDone> {
        let Allowed { name, room: wanted, rights } =
            self.ask_to_join(id, room, key, back.as_ref())?;
        let member = self.state.roster.get_mut(id).ok_or(NotDone::Gone)?;
        let existing = self.state.rooms.find(wanted.as_str()).map(|room| room.id);
        if let Some(room) = existing.filter(|room| member.is_in(*room)) {
            // In it already: lines that name no room go there from now on.
            member.current = Some(room);
            let entered =
                self.state.rooms.get(room).map(|room| {
                    entered(room, room.next_id(), true, self.state.other_epoch_of(room))
                });
            if let Some(entered) = entered {
                self.state.send(id, entered);
            }
            return Ok(());
        }
        let in_rooms = member.stays.len();
        self.check_rooms_per_member(id, in_rooms)?;
        let room = match existing {
            Some(room) => room,
            None => self.open_for(id, wanted)?,
        };
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.change_rights(id, |mine| *mine = rights.unwrap_or_default());
        }
        self.enter_when_open(id, name, room, back);
        if rights.is_some_and(|rights| rights.role().is_some()) {
            self.offer_commands(id);
        }
        Ok(())
    }

    /// Calls the gates. Returns the member's name, and that of the room as they left it.
    fn ask_to_join(
        &mut self,
        id: MemberId,
        room: &str,
        key: Option<String>,
        back: Option<&Return>,
    ) -> Result<Allowed, NotDone> {
        let member = self.state.roster.get(id);
        let name = member.and_then(|member| member.name.clone()).ok_or(NotDone::Gone)?;
        let room = self.existing_or_new(room)?;
        let mut draft = JoinDraft {
            member: id,
            name: name.clone(),
            room,
            key: key.map(|key| sanitize::line(&key).into_owned()),
            was: back.and_then(|back| back.was),
            was_in_until: back.and_then(|back| back.was_in_until),
            is_let_in: false,
            rights: None,
            refused_as: ErrorCode::Denied,
        };
        let asked = self.gate(Hook::BeforeJoin, Some(id), |plugin, context| {
            plugin.before_join(context, &mut draft)
        });
        asked.map_err(|not_done| match not_done {
            NotDone::Refused(refusal) => {
                NotDone::Refused(Refusal { code: draft.refused_as, ..refusal })
            }
            not_done => not_done,
        })?;
        let room = self.existing_or_new(draft.room.as_str())?;
        let rights = draft.rights.filter(|(of, _)| *of == room).map(|(_, rights)| rights);
        Ok(Allowed { name, room, rights })
    }

    /// The name of the room that answers to `text`, or the name of one that could be.
    fn existing_or_new(&self, text: &str) -> Result<RoomName, Refusal> {
        if let Some(room) = self.state.rooms.find(text) {
            return Ok(room.name.clone());
        }
        if let Some((name, _)) = self.state.remembered.find(text) {
            return Ok(name.clone());
        }
        RoomName::new(text, self.state.settings().limits.room_name_bounds()).map_err(|error| {
            let text = sanitize::excerpt(text, 64);
            Refusal::new(ErrorCode::NoSuchRoom, no_room_name(&text, &error))
        })
    }

    pub(super) fn check_rooms_per_member(
        &self,
        id: MemberId,
        in_rooms: usize,
    ) -> Result<(), Refusal> {
        let limit = self.state.settings().limits.rooms_per_member;
        let Some(limit) = limit.filter(|&limit| in_rooms >= limit) else {
            return Ok(());
        };
        self.limit_hit(LimitHit::RoomsPerMember, Some(id));
        let text = format!("you are in {limit} rooms, which is the limit; leave one first");
        Err(Refusal::new(ErrorCode::Limit, text))
    }

    /// Opens a room for the member who wants to be the first in it.
    fn open_for(&mut self, id: MemberId, wanted: RoomName) -> Result<RoomId, Refusal> {
        let settings = self.state.settings();
        if !settings.rooms.open {
            let text = format!("no room `{wanted}`{}", Hint::new("rooms").after(" lists rooms"));
            return Err(Refusal::new(ErrorCode::NoSuchRoom, text));
        }
        if settings.limits.rooms.is_some_and(|limit| self.state.rooms.len() >= limit) {
            self.limit_hit(LimitHit::Rooms, Some(id));
            let text = "there are as many rooms as the server may have; join one that is there";
            return Err(Refusal::new(ErrorCode::Limit, text));
        }
        let address = self.state.roster.get(id).and_then(|member| member.peer.address());
        let address = address.filter(|&address| !settings.limits.are_lifted_for(address));
        let network = address.map(Network::of_customer);
        let opened = network.map_or(0, |network| self.state.rooms.opened_from(network));
        if settings.limits.rooms_per_address.is_some_and(|limit| opened >= limit) {
            self.limit_hit(LimitHit::RoomsPerAddress, Some(id));
            let text = format!(
                "{opened} rooms were opened from your address, which is the limit; join one that is there"
            );
            return Err(Refusal::new(ErrorCode::Limit, text));
        }
        let room = self.open_room(wanted, "", false);
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.opened_from = network;
        }
        Ok(room)
    }

    /// Puts a member into a room, tells it what is there, and tells the others and the plugins.
    pub(super) fn enter(
        &mut self,
        id: MemberId,
        name: Name,
        room_id: RoomId,
        back: Option<Return>,
    ) {
        let history = self.state.settings().rooms.history;
        let keeping = self.state.keeping.as_ref();
        let since_join = keeping.is_some_and(|(_, keeping)| keeping.since_join);
        // An id that belongs to something else counts for nothing.
        let epoch = self.state.rooms.get(room_id).and_then(|room| self.state.other_epoch_of(room));
        let seen = back.filter(|back| back.epoch == epoch).map(|back| back.seen);
        let (Some(room), Some(member)) =
            (self.state.rooms.get_mut(room_id), self.state.roster.get_mut(id))
        else {
            return;
        };
        room.members.insert(name.clone(), Occupant::Here(id));
        let outbox = member.outbox.clone();
        room.add_reader(&outbox);
        let next = room.next_id();
        let tells_past = outbox.wire.dialect().tells_past();
        let history = if outbox.wire.is_bare() { history.min(BARE_HISTORY) } else { history };
        // A returning client goes on after what it has seen; a newcomer is shown a little of what was.
        let from = match seen {
            Some(seen) if seen < next => seen + 1,
            _ if since_join && room.is_kept => next,
            _ if tells_past => room.past_from(history),
            _ => next.saturating_sub(history as u64),
        };
        let from = if seen.is_some() { from } else { from.max(room.readable_from) };
        let first_id = from.max(room.timeline.first()).min(next);
        // Most people are in one room.
        member.stays.reserve_exact(1);
        member.stays.push(Stay { room: room_id, since: first_id });
        member.current = Some(room_id);
        let entered = entered(room, first_id, !tells_past, epoch);
        let (timeline, room_name) = (room.timeline.clone(), room.name.clone());
        let (history, next) = timeline.since(first_id);
        let quiet = self.state.rooms.get(room_id).is_some_and(|room| self.state.is_quiet(room));
        self.state.keep_stays(id);
        self.state.send(id, entered);
        self.tell_removed(id, room_id, seen);
        self.state.post(&outbox, Mail::Follow { room: room_id, timeline, history, next });
        let shard = outbox.shard();
        self.state.shared.fanout.push(shard, Work::Follow(room_id, outbox));
        self.is_present(room_id, &name);
        if quiet {
            self.owe_count(room_id);
        } else {
            self.commit(room_id, EntryKind::Joined { who: name });
        }
        self.observe(Hook::AfterJoined, |plugin, context| {
            plugin.after_joined(context, id, &room_name)
        });
    }
}

impl Hub {
    /// Tells who comes back which of the messages that it has read were deleted since.
    fn tell_removed(&mut self, id: MemberId, room: RoomId, seen: Option<EntryId>) {
        let (Some(seen), Some(room)) = (seen, self.state.rooms.get(room)) else { return };
        let name = room.name.clone();
        let removed: Vec<EntryId> = room.removed.iter().copied().filter(|id| *id <= seen).collect();
        for entry in removed {
            self.state.send(id, Event::Deleted { room: name.clone(), id: entry });
        }
    }
}

/// What somebody is told who is in a room and will see its entries from `first_id` on.
pub(super) fn entered(
    room: &Room,
    first_id: EntryId,
    with_presence: bool,
    epoch: Option<String>,
) -> Event {
    Event::Entered {
        room: room.name.clone(),
        topic: room.topic.clone(),
        members: room.members.keys().take(PAGE).cloned().collect(),
        count: room.members.len(),
        first_id,
        history: room.next_id() - first_id,
        shown: room.shown_since(first_id, with_presence),
        epoch,
    }
}
