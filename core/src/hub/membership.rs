//! Who is where: joining, leaving, other names, being sent out; rooms that open and close.

use crate::delivery::fanout::Work;
use crate::delivery::outbox::Mail;
use crate::dialect::RoomRole;
use crate::plugin::draft::{JoinDraft, Kicked, LeaveDraft, Left, Renamed};
use crate::protocol::entry::EntryKind;
use crate::protocol::error::ErrorCode;
use crate::protocol::error::{Refusal, RoomError};
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::EntryId;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::RoomId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, RoomName};
use crate::state::report::Report;
use crate::state::room::Room;

use super::Hub;

/// Names on one page of a roster.
pub(super) const PAGE: usize = 500;

impl Hub {
    /// Lets a member into a room, which is opened if it may be. `seen` is the last id that a returning client saw. `Err(None)`
    /// means that a plugin dealt with it.
    pub(super) fn join(
        &mut self,
        id: MemberId,
        room: &str,
        seen: Option<EntryId>,
    ) -> Result<(), Option<Refusal>> {
        let settings = self.state.settings();
        let limits = &settings.limits;
        let Some(member) = self.state.roster.get(id) else {
            return Err(None);
        };
        let Some(name) = member.name.clone() else {
            return Err(None);
        };
        let wanted = self.existing_or_new(room)?;
        let mut draft = JoinDraft { member: id, name: name.clone(), room: wanted };
        self.gate(Hook::BeforeJoin, Some(id), |plugin, context| {
            plugin.before_join(context, &mut draft)
        })?;
        let wanted = self.existing_or_new(draft.room.as_str())?;
        let Some(member) = self.state.roster.get_mut(id) else {
            return Err(None);
        };
        let existing = self.state.rooms.find(wanted.as_str()).map(|room| room.id);
        if let Some(room) = existing.filter(|room| member.rooms.contains(room)) {
            // Here already: it is where the next line goes.
            member.current = Some(room);
            let entered = self.state.rooms.get(room).map(|room| entered(room, room.next_id()));
            if let Some(entered) = entered {
                self.state.send(id, entered);
            }
            return Ok(());
        }
        if let Some(limit) = limits.rooms_per_member.filter(|&limit| member.rooms.len() >= limit) {
            self.limit_hit(LimitHit::RoomsPerMember, Some(id));
            let text = format!("you are in {limit} rooms, which is the limit; leave one first");
            return Err(Some(Refusal::new(ErrorCode::Limit, text)));
        }
        let room = match existing {
            Some(room) => room,
            None if !settings.rooms.open => {
                let text = format!("there is no room `{wanted}`; check its name");
                return Err(Some(Refusal::new(ErrorCode::NoSuchRoom, text)));
            }
            None if limits.rooms.is_some_and(|limit| self.state.rooms.len() >= limit) => {
                self.limit_hit(LimitHit::Rooms, Some(id));
                let text = "there are as many rooms as the server may have; join one that is there";
                return Err(Some(Refusal::new(ErrorCode::Limit, text)));
            }
            None => self.open_room(wanted, "", false),
        };
        self.enter(id, name, room, seen);
        Ok(())
    }

    /// The name of the room that answers to `text`, or the name of one that could be.
    fn existing_or_new(&self, text: &str) -> Result<RoomName, Refusal> {
        if let Some(room) = self.state.rooms.find(text) {
            return Ok(room.name.clone());
        }
        RoomName::new(text, self.state.settings().limits.room_name_bounds()).map_err(|error| {
            let text = crate::protocol::sanitize::excerpt(text, 64);
            Refusal::new(ErrorCode::NoSuchRoom, format!("`{text}` cannot be a room: {error}"))
        })
    }

    fn enter(&mut self, id: MemberId, name: Name, room_id: RoomId, seen: Option<EntryId>) {
        let history = self.state.settings().rooms.history as u64;
        let (Some(room), Some(member)) =
            (self.state.rooms.get_mut(room_id), self.state.roster.get_mut(id))
        else {
            return;
        };
        room.members.insert(name.clone(), id);
        member.rooms.push(room_id);
        member.current = Some(room_id);
        let outbox = member.outbox.clone();
        room.add_reader(&outbox);
        let next = room.next_id();
        // A returning client goes on after what it has seen; a newcomer is shown a little of what was.
        let from = match seen {
            Some(seen) if seen < next => seen + 1,
            _ => next.saturating_sub(history),
        };
        let first_id = from.max(room.timeline.first()).min(next);
        let entered = entered(room, first_id);
        let (timeline, room_name) = (room.timeline.clone(), room.name.clone());
        let (history, next) = timeline.since(first_id);
        let quiet = self.state.rooms.get(room_id).is_some_and(|room| self.state.is_quiet(room));
        self.state.send(id, entered);
        self.state.post(&outbox, Mail::Follow { room: room_id, timeline, history, next });
        let shard = outbox.shard();
        self.state.shared.fanout.push(shard, Work::Follow(room_id, outbox));
        if quiet {
            self.count_changed(room_id);
        } else {
            self.commit(room_id, EntryKind::Joined { who: name });
        }
        self.observe(Hook::AfterJoined, |plugin, context| {
            plugin.after_joined(context, id, &room_name)
        });
    }

    /// A member leaves a room of its own will.
    pub(super) fn leave(
        &mut self,
        id: MemberId,
        room: Option<&str>,
    ) -> Result<(), Option<Refusal>> {
        let room = self.room_of(id, room)?;
        let Some(reason) = self.may_leave(id, Some(room), LeaveReason::Parted)? else {
            return Ok(());
        };
        self.part(id, room, reason);
        Ok(())
    }

    /// A member says goodbye.
    pub(super) fn quit(&mut self, id: MemberId, farewell: String) {
        let farewell = crate::protocol::sanitize::message(&farewell).chars().take(400).collect();
        let reason = LeaveReason::Quit { farewell };
        if self.state.roster.get(id).is_some_and(|member| member.name.is_none()) {
            return self.disconnect(id, reason);
        }
        match self.may_leave(id, None, reason) {
            Ok(Some(reason)) => self.remove(id, reason),
            Ok(None) => {}
            Err(refusal) => {
                if let Some(refusal) = refusal {
                    self.refuse(id, refusal, None);
                }
            }
        }
    }

    /// Sends a member out. `by` is who is named as having done it; where that is nobody, a plugin (`actor`) did.
    pub(crate) fn kick(&mut self, id: MemberId, by: Option<Name>, actor: &str, why: &str) {
        let why: String = crate::protocol::sanitize::message(why).chars().take(400).collect();
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        let whom = member.name.as_ref().map_or_else(|| member.peer.to_string(), Name::to_string);
        let actor = by.as_ref().map_or(actor, Name::as_str);
        let action = self.act("kick", actor).whom(whom).why(why.clone());
        self.record(action);
        let Some(name) = self.state.roster.get(id).and_then(|member| member.name.clone()) else {
            return self.disconnect(id, LeaveReason::Kicked { by, why });
        };
        let kicked = Kicked { member: id, name, by: by.clone(), why: why.clone() };
        self.observe(Hook::AfterKicked, |plugin, context| plugin.after_kicked(context, &kicked));
        self.disconnect(id, LeaveReason::Kicked { by, why });
    }

    /// A connection ends, whatever the plugins say; they may word the reason.
    pub(super) fn disconnect(&mut self, id: MemberId, reason: LeaveReason) {
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        if member.name.is_none() {
            return self.remove(id, reason);
        }
        let reason = match self.leave_draft(id, None, reason.clone()) {
            Some(mut draft) => {
                let _ = self.gate(Hook::BeforeLeave, Some(id), |plugin, context| {
                    plugin.before_leave(context, &mut draft)
                });
                draft.reason
            }
            None => reason,
        };
        self.remove(id, reason);
    }

    /// Asks the plugins whether somebody may go who wants to. `Ok(None)` means that a plugin dealt with it.
    fn may_leave(
        &mut self,
        id: MemberId,
        room: Option<RoomId>,
        reason: LeaveReason,
    ) -> Result<Option<LeaveReason>, Option<Refusal>> {
        let Some(mut draft) = self.leave_draft(id, room, reason) else {
            return Ok(None);
        };
        match self.gate(Hook::BeforeLeave, Some(id), |plugin, context| {
            plugin.before_leave(context, &mut draft)
        }) {
            Ok(()) => Ok(Some(draft.reason)),
            Err(None) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn leave_draft(
        &self,
        id: MemberId,
        room: Option<RoomId>,
        reason: LeaveReason,
    ) -> Option<LeaveDraft> {
        let name = self.state.roster.get(id)?.name.clone()?;
        let room = room.and_then(|room| self.state.rooms.get(room)).map(|room| room.name.clone());
        Some(LeaveDraft { member: id, name, room, reason })
    }

    /// Takes a member out of a room and tells both sides.
    fn part(&mut self, id: MemberId, room: RoomId, reason: LeaveReason) {
        let name = self.state.rooms.get(room).map(|room| room.name.clone());
        self.take_out(id, room, reason.clone());
        if let Some(room) = name {
            self.state.send(id, Event::Exited { room, reason });
        }
    }

    /// Takes a member out of a room and tells those who stay.
    fn take_out(&mut self, id: MemberId, room_id: RoomId, reason: LeaveReason) {
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.rooms.retain(|room| *room != room_id);
        if member.current == Some(room_id) {
            member.current = member.rooms.last().copied();
        }
        let Some(name) = member.name.clone() else {
            return;
        };
        let outbox = member.outbox.clone();
        let Some(room) = self.state.rooms.get_mut(room_id) else {
            return;
        };
        let before = room.members.len();
        room.members.remove(&name);
        room.remove_reader(&outbox);
        let (left_empty, permanent) = (room.members.is_empty(), room.permanent);
        let room_name = room.name.clone();
        let announce_up_to = self.state.settings().presence.announce_up_to;
        let announced =
            announce_up_to.is_none_or(|most| before <= most) && reason != LeaveReason::Stopping;
        self.state.post(&outbox, Mail::Unfollow(room_id));
        self.state.shared.fanout.push(outbox.shard(), Work::Unfollow(room_id, outbox.clone()));
        if announced {
            let reason = reason.clone();
            self.commit(room_id, EntryKind::Left { who: name.clone(), reason });
        } else if reason != LeaveReason::Stopping {
            self.count_changed(room_id);
        }
        let left = Left { member: id, name, room: Some(room_name), reason, announced };
        self.observe(Hook::AfterLeft, |plugin, context| plugin.after_left(context, &left));
        if left_empty && !permanent {
            self.close_room(room_id);
        }
    }

    /// Ends a connection: out of every room, told goodbye, forgotten.
    fn remove(&mut self, id: MemberId, reason: LeaveReason) {
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        let outbox = member.outbox.clone();
        for room in member.rooms.clone() {
            self.take_out(id, room, reason.clone());
        }
        self.state.send(id, Event::Bye { reason: reason.clone() });
        self.state.post(&outbox, Mail::Close);
        let Some(member) = self.state.roster.remove(id) else {
            return;
        };
        *self.state.left.entry(reason.word()).or_default() += 1;
        if let Some(name) = &member.name {
            self.state.shared.directory.remove_member(name);
            let (room, name, reason) = (None, name.clone(), reason.clone());
            let left = Left { member: id, name, room, reason, announced: false };
            self.observe(Hook::AfterLeft, |plugin, context| plugin.after_left(context, &left));
        }
        self.state.reports.send(Report::Disconnected { member: id, name: member.name, reason });
    }

    /// A member takes another name.
    pub(super) fn rename(
        &mut self,
        id: MemberId,
        text: &str,
        nonce: Option<String>,
    ) -> Result<(), Option<Refusal>> {
        match self.state.roster.get(id) {
            None => return Err(None),
            Some(member) if member.name.is_none() => {
                self.offer_first_name(id, text, &[], None, nonce);
                return Ok(());
            }
            Some(_) => {}
        }
        let name = self.check_name(id, text)?;
        let Some(from) = self.state.roster.set_name(id, name.clone()) else {
            return Err(None);
        };
        self.state.shared.directory.remove_member(&from);
        self.state.shared.directory.add_member(name.clone());
        self.state.send(id, Event::Named { name: name.clone(), nonce });
        if from == name {
            return Ok(());
        }
        let rooms =
            self.state.roster.get(id).map(|member| member.rooms.clone()).unwrap_or_default();
        for room_id in rooms {
            if let Some(room) = self.state.rooms.get_mut(room_id) {
                room.members.remove(&from);
                room.members.insert(name.clone(), id);
            }
            self.commit(room_id, EntryKind::Renamed { from: from.clone(), who: name.clone() });
        }
        let renamed = Renamed { member: id, from, name };
        self.observe(Hook::AfterRenamed, |plugin, context| plugin.after_renamed(context, &renamed));
        Ok(())
    }

    /// Opens a room whose name is free.
    pub(super) fn open_room(&mut self, name: RoomName, topic: &str, permanent: bool) -> RoomId {
        let settings = self.state.settings();
        let role = if self.state.rooms.len() == 0 { RoomRole::Main } else { RoomRole::Other };
        let id = self.state.rooms.open(name.clone(), permanent, role, &settings);
        if let Some(room) = self.state.rooms.get_mut(id) {
            room.topic = topic.to_owned();
        }
        self.state.shared.directory.add_room(name.clone());
        self.observe(Hook::AfterRoomOpened, |plugin, context| {
            plugin.after_room_opened(context, &name)
        });
        id
    }

    /// Closes a room; who is in it is out of it.
    pub(super) fn close_room(&mut self, id: RoomId) {
        let members: Vec<MemberId> = self
            .state
            .rooms
            .get(id)
            .map(|room| room.members.values().copied().collect())
            .unwrap_or_default();
        if let Some(room) = self.state.rooms.get_mut(id) {
            // It closes here and now, not when the last one has left.
            room.permanent = true;
        }
        for member in members {
            self.part(member, id, LeaveReason::Parted);
        }
        let Some(room) = self.state.rooms.close(id) else {
            return;
        };
        self.state.shared.directory.remove_room(&room.name);
        self.observe(Hook::AfterRoomClosed, |plugin, context| {
            plugin.after_room_closed(context, &room.name)
        });
    }

    /// Sets what a room is about.
    pub(super) fn set_topic(
        &mut self,
        id: RoomId,
        topic: &str,
        by: Option<Name>,
    ) -> Result<(), RoomError> {
        let whom = by.as_ref().map_or("the server", |by| by.as_str());
        let topic = self.checked_topic(topic, whom)?;
        if let Some(room) = self.state.rooms.get_mut(id) {
            room.topic.clone_from(&topic);
        }
        self.commit(id, EntryKind::Topic { topic, who: by });
        Ok(())
    }

    /// The room that a member means: the named one, or where it was last. It must be in it.
    pub(super) fn room_of(&self, id: MemberId, room: Option<&str>) -> Result<RoomId, Refusal> {
        let Some(text) = room else {
            return self.state.current_room(id).map(|room| room.id).ok_or_else(|| {
                Refusal::new(ErrorCode::NotInRoom, "you are in no room; join one first")
            });
        };
        let shown = crate::protocol::sanitize::excerpt(text, 64);
        let Some(room) = self.state.rooms.find(text) else {
            let text = format!("there is no room `{shown}`; check its name");
            return Err(Refusal::new(ErrorCode::NoSuchRoom, text));
        };
        if self.state.roster.get(id).is_some_and(|member| member.rooms.contains(&room.id)) {
            return Ok(room.id);
        }
        let text = format!("you are not in `{}`; join it first", room.name);
        Err(Refusal::new(ErrorCode::NotInRoom, text))
    }

    fn count_changed(&mut self, room: RoomId) {
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.owes_count = true;
        }
        self.owe_count();
    }
}

/// What somebody is told who is in a room and will see its entries from `first_id` on.
fn entered(room: &Room, first_id: EntryId) -> Event {
    Event::Entered {
        room: room.name.clone(),
        topic: room.topic.clone(),
        members: room.members.keys().take(PAGE).cloned().collect(),
        count: room.members.len(),
        first_id,
        history: room.next_id() - first_id,
        shown: room.shown_since(first_id),
    }
}
