//! Members leave: a room, or the server. From what is asked for down to what is done, each function calls the one in the last column:
//!
//! | function           | what it does                                                             | calls              |
//! |--------------------|--------------------------------------------------------------------------|--------------------|
//! | `leave`            | a member asks to leave a room; a plugin may refuse                       | `exit_room`        |
//! | `exit_room`        | a member is out of a room and told so; also when the room is closed      | `remove_from_room` |
//! | `kick`             | somebody disconnects a member, on record                                 | `disconnect`       |
//! | `remove`           | somebody sends a member out of a room, on record; a plugin may only word the reason | `exit_room` |
//! | `disconnect`       | the server ends a connection; a plugin may only word the reason          | `end_connection`   |
//! | `say_goodbye`      | the same, or its connection ends, once it has its answers                | `quit`, `disconnect` |
//! | `quit`             | a member asks to leave the server; a plugin may refuse                   | `end_connection`   |
//! | `end_connection`   | a member is out of every room, told goodbye and forgotten                | `remove_from_room` |
//! | `remove_from_room` | the member is taken off the list, and those who stay are told            |                    |

use super::Hub;
use super::not_done::NotDone;
use crate::delivery::fanout::Work;
use crate::delivery::outbox::Mail;
use crate::plugin::draft::{Kicked, LeaveDraft, Left};
use crate::protocol::action::Action;
use crate::protocol::entry::EntryKind;
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{MemberId, RoomId};
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::Name;
use crate::protocol::sanitize;
use crate::state::report::Report;
use crate::state::stays::KeptStays;

impl Hub {
    /// A member asks to leave a room.
    pub(super) fn leave(
        &mut self,
        id: MemberId,
        room: Option<&str>,
        farewell: &str,
    ) -> Result<(), NotDone> {
        let room = self.room_of(id, room)?;
        let reason = LeaveReason::Parted { farewell: bounded(farewell) };
        let reason = self.may_leave(id, Some(room), reason)?;
        self.exit_room(id, room, reason);
        Ok(())
    }

    /// A member asks to leave the server.
    pub(super) fn quit(&mut self, id: MemberId, farewell: String) {
        let reason = LeaveReason::Quit { farewell: bounded(&farewell) };
        if self.state.roster.get(id).is_some_and(|member| member.name.is_none()) {
            return self.disconnect(id, reason);
        }
        match self.may_leave(id, None, reason) {
            Ok(reason) => self.end_connection(id, reason),
            Err(not_done) => self.answer(id, Err(not_done), None),
        }
    }

    /// Disconnects a member and records it. `by` is who is named as having done it; where that is nobody, a plugin (`actor`) did.
    pub(crate) fn kick(&mut self, id: MemberId, by: Option<Name>, actor: &str, why: &str) {
        let why = bounded(why);
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
        let kicked = Kicked { member: id, name, room: None, by: by.clone(), why: why.clone() };
        self.observe(Hook::AfterKicked, |plugin, context| plugin.after_kicked(context, &kicked));
        self.disconnect(id, LeaveReason::Kicked { by, why });
    }

    /// Sends a member out of a room and records it; nothing is done to who is not in it. `by` and `actor` as in [`kick`](Self::kick).
    pub(super) fn remove(
        &mut self,
        id: MemberId,
        room_id: RoomId,
        by: Option<Name>,
        actor: &str,
        why: &str,
    ) {
        let why = bounded(why);
        let reason = LeaveReason::Removed { by: by.clone(), why: why.clone() };
        let Some(mut draft) = self.leave_draft(id, Some(room_id), reason) else { return };
        let (name, room) = (draft.name.clone(), draft.room.clone());
        let action = self.act("remove", actor).whom(name.as_str()).why(why.clone());
        self.record(room.iter().fold(action, Action::room));
        let kicked = Kicked { member: id, name, room, by, why };
        self.observe(Hook::AfterKicked, |plugin, context| plugin.after_kicked(context, &kicked));
        let _ = self.gate(Hook::BeforeLeave, Some(id), |plugin, context| {
            plugin.before_leave(context, &mut draft)
        });
        self.exit_room(id, room_id, draft.reason);
    }

    /// The time for a name is over for a connection, which ends unless it has one.
    pub(super) fn name_is_late(&mut self, id: MemberId) {
        if self.state.roster.get(id).is_some_and(|member| member.name.is_none()) {
            self.limit_hit(LimitHit::NameTimeout, Some(id));
            let why = "no name was given in time".into();
            self.disconnect(id, LeaveReason::Refused { why });
        }
    }

    /// Ends a connection, whatever the plugins say; they may only word the reason.
    pub(super) fn disconnect(&mut self, id: MemberId, reason: LeaveReason) {
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        if member.name.is_none() {
            return self.end_connection(id, reason);
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
        self.end_connection(id, reason);
    }

    /// Calls the gates, which say whether a member may leave, and returns the reason as they worded it.
    fn may_leave(
        &mut self,
        id: MemberId,
        room: Option<RoomId>,
        reason: LeaveReason,
    ) -> Result<LeaveReason, NotDone> {
        let mut draft = self.leave_draft(id, room, reason).ok_or(NotDone::Gone)?;
        self.gate(Hook::BeforeLeave, Some(id), |plugin, context| {
            plugin.before_leave(context, &mut draft)
        })?;
        Ok(draft.reason)
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
    pub(super) fn exit_room(&mut self, id: MemberId, room: RoomId, reason: LeaveReason) {
        let name = self.state.rooms.get(room).map(|room| room.name.clone());
        self.remove_from_room(id, room, reason.clone(), false);
        self.state.keep_stays(id);
        if let Some(room) = name {
            self.state.send(id, Event::Exited { room, reason });
        }
    }

    /// Takes a member out of a room and tells those who stay. A room that was opened for it closes behind the last one.
    fn remove_from_room(
        &mut self,
        id: MemberId,
        room_id: RoomId,
        reason: LeaveReason,
        quits: bool,
    ) {
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.stays.retain(|stay| stay.room != room_id);
        if member.current == Some(room_id) {
            member.current = member.rooms().last();
        }
        let Some(name) = member.name.clone() else {
            return;
        };
        let (outbox, peer) = (member.outbox.clone(), member.peer);
        match quits {
            true => {
                let room = self.state.rooms.get_mut(room_id);
                room.map(|room| room.rights.remove(&id));
            }
            false => self.forget_rights(id, room_id),
        }
        let Some(room) = self.state.rooms.get_mut(room_id) else {
            return;
        };
        let before = room.members.len();
        room.members.remove(&name);
        room.remove_reader(&outbox);
        let (left_empty, permanent) = (room.is_empty_here(), room.permanent);
        let room_name = room.name.clone();
        let announce_up_to = self.state.settings().presence.announce_up_to;
        // Where the server ends for all, nobody is told of each; other servers go on.
        let is_of_all = reason.is_of_server() && !self.is_shared(room_id);
        let announced = announce_up_to.is_none_or(|most| before <= most) && !is_of_all;
        self.is_absent(room_id, &name);
        self.state.post(&outbox, Mail::Unfollow(room_id));
        self.state.shared.fanout.push(outbox.shard(), Work::Unfollow(room_id, outbox.clone()));
        if announced {
            let reason = reason.clone();
            self.commit(room_id, EntryKind::Left { who: name.clone(), reason });
        } else if !is_of_all {
            self.owe_count(room_id);
        }
        let left = Left { member: id, name, peer, room: Some(room_name), reason, quits, announced };
        self.observe(Hook::AfterLeft, |plugin, context| plugin.after_left(context, &left));
        if left_empty && !permanent {
            self.close_empty_room(room_id);
        }
    }

    /// Takes a member out of every room, tells it goodbye and forgets it.
    fn end_connection(&mut self, id: MemberId, reason: LeaveReason) {
        let Some(member) = self.state.roster.get(id) else {
            return;
        };
        let (outbox, token, stays) = (member.outbox.clone(), member.token, member.stays.clone());
        // Who was thrown out is shown nothing of what was said meanwhile.
        if member.name.is_some() && !matches!(reason, LeaveReason::Kicked { .. }) {
            self.state.former_members.remember(token, id, stays.clone());
        } else {
            KeptStays::remove(&self.state.values, &member.token_text());
        }
        if let (LeaveReason::Quit { .. }, Some(member)) = (&reason, self.state.roster.get_mut(id)) {
            // Whoever leaves of their own will has logged out.
            member.account = None;
        }
        if !matches!(reason, LeaveReason::Kicked { .. }) {
            self.state.keep_stays(id);
        }
        for stay in stays {
            self.remove_from_room(id, stay.room, reason.clone(), true);
        }
        self.state.send(id, Event::Bye { reason: reason.clone() });
        self.state.post(&outbox, Mail::Close);
        self.exchanges.remove(&id);
        self.forget_held(id);
        let Some(member) = self.state.roster.remove(id) else {
            return;
        };
        self.forget_goodbye(id);
        *self.state.left.entry(reason.word()).or_default() += 1;
        if let Some(name) = &member.name {
            self.state.shared.directory.remove_member(name);
            self.release_name(name);
            let (name, peer, reason) = (name.clone(), member.peer, reason.clone());
            let (room, announced) = (None, false);
            let left = Left { member: id, name, peer, room, reason, quits: true, announced };
            self.observe(Hook::AfterLeft, |plugin, context| plugin.after_left(context, &left));
        }
        self.state.reports.send(Report::Disconnected { member: id, name: member.name, reason });
    }
}

/// Last words, or the reason of a kick, cleaned and bounded.
fn bounded(why: &str) -> String {
    sanitize::message(why).chars().take(400).collect()
}
