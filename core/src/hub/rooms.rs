//! Rooms open, close and have topics; which one a member means.

use super::Hub;
use crate::command::{Answer, CommandError, Invocation};
use crate::protocol::entry::EntryKind;
use crate::protocol::error::{ErrorCode, Refusal, RoomError};
use crate::protocol::event::Event;
use crate::protocol::hint::Hint;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{EntryId, MemberId, RoomId};
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::reply::Reply;
use crate::protocol::sanitize;
use crate::state::store::StoreError;

impl Hub {
    /// Opens a room whose name is free.
    pub(super) fn open_room(&mut self, name: RoomName, topic: &str, permanent: bool) -> RoomId {
        let id = self.state.open_room(name.clone(), topic, permanent);
        self.state.remember_room(id);
        self.state.shared.directory.add_room(name.clone());
        self.observe(Hook::AfterRoomOpened, |plugin, context| {
            plugin.after_room_opened(context, &name)
        });
        id
    }

    /// Closes a room; its members leave it. The next one of its name is another.
    pub(super) fn close_room(&mut self, id: RoomId) {
        if let Some(room) = self.state.rooms.get(id) {
            self.state.remembered.forget(&self.state.values, &room.name);
        }
        let members: Vec<MemberId> =
            self.state.rooms.get(id).map(|room| room.here().collect()).unwrap_or_default();
        if let Some(room) = self.state.rooms.get_mut(id) {
            // It closes here and now, not when the last one has left.
            room.permanent = true;
        }
        for member in members {
            self.exit_room(member, id, LeaveReason::Parted { farewell: String::new() });
        }
        self.end_room(id);
    }

    /// A room closes behind the last one, and is remembered as it was left.
    pub(super) fn close_empty_room(&mut self, id: RoomId) {
        self.state.remember_room(id);
        self.end_room(id);
    }

    fn end_room(&mut self, id: RoomId) {
        self.leave_shared(id);
        let Some(room) = self.state.close_room(id) else {
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
        if self.is_shared(id) {
            // It is about this when that has come back.
            self.check_available()?;
        } else {
            self.state.set_topic(id, &topic);
        }
        self.commit(id, EntryKind::Topic { topic, who: by });
        Ok(())
    }

    /// Deletes a message: nobody is given it any more, and those inside are told that it is to be shown no more. What is on its way to somebody
    /// slow arrives before that.
    pub(super) fn delete_message(
        &mut self,
        invocation: &Invocation,
        id: EntryId,
        by: String,
        reply: Reply,
    ) -> Answer {
        let (room_id, name) = self.existing_room(invocation.text("room"))?;
        let Some(room) = self.state.rooms.get_mut(room_id) else { return Ok(Reply::Done) };
        let is_removed = room.remove_message(id);
        let is_kept = room.is_kept;
        let Some(store) = self.state.store.clone().filter(|_| is_kept) else {
            return self.deleted(room_id, id, is_removed, &by).map(|()| reply);
        };
        if is_removed {
            store.delete(&name, id, Box::new(|_| {}));
            return self.deleted(room_id, id, true, &by).map(|()| reply);
        }
        // It may be older than what is in memory.
        let (inbox, responder) = (self.state.handle.inbox.clone(), invocation.answer_later());
        let deleted = move |was_there: Result<bool, StoreError>| {
            let question = super::question(move |hub| {
                responder.send(match was_there {
                    Ok(was_there) => hub.deleted(room_id, id, was_there, &by).map(|()| reply),
                    Err(error) => Err(CommandError::Failed(error.to_string())),
                });
            });
            // A server that has stopped meanwhile has nobody to tell.
            let _ = inbox.send_blocking(question);
        };
        store.delete(&name, id, Box::new(deleted));
        Ok(Reply::Later)
    }

    /// Tells those inside that a message was deleted, where it was.
    fn deleted(
        &mut self,
        room_id: RoomId,
        id: EntryId,
        was_there: bool,
        by: &str,
    ) -> Result<(), CommandError> {
        let Some(room) = self.state.rooms.get_mut(room_id) else { return Ok(()) };
        let name = room.name.clone();
        if !was_there {
            let text = format!(
                "there is no message {id} in {name}, or not any more{}",
                Hint::new(format!("recent {name}")).after(" lists the last ones")
            );
            return Err(CommandError::NotFound(text));
        }
        if let Some(order) = self.state.order.as_ref().filter(|_| room.sharing.is_some()) {
            order.delete(&name, id);
        }
        self.tell_deleted(room_id, id);
        self.record(self.act("delete", by).room(&name).whom(id.to_string()));
        Ok(())
    }

    /// A message was deleted on another server that shares the room.
    pub(super) fn message_is_gone(&mut self, room_id: RoomId, id: EntryId) {
        let Some(room) = self.state.rooms.get_mut(room_id) else { return };
        room.remove_message(id);
        if let Some(store) = self.state.store.as_ref().filter(|_| room.is_kept) {
            store.delete(&room.name, id, Box::new(|_| {}));
        }
        self.tell_deleted(room_id, id);
    }

    /// Those inside are to show a message no more.
    fn tell_deleted(&mut self, room_id: RoomId, id: EntryId) {
        let Some(room) = self.state.rooms.get_mut(room_id) else { return };
        room.note_removed(id);
        let name = room.name.clone();
        let members: Vec<MemberId> = room.here().collect();
        self.state.remember_room(room_id);
        for member in members {
            self.state.send(member, Event::Deleted { room: name.clone(), id });
        }
    }

    /// The room that a member means: the named one, or where it was last. It must be in it.
    pub(super) fn room_of(&self, id: MemberId, room: Option<&str>) -> Result<RoomId, Refusal> {
        let Some(text) = room else {
            return self.state.current_room(id).map(|room| room.id).ok_or_else(|| {
                Refusal::new(
                    ErrorCode::NotInRoom,
                    format!("you are in no room{}", Hint::new("join ROOM").after(" joins one")),
                )
            });
        };
        let shown = sanitize::excerpt(text, 64);
        let Some(room) = self.state.rooms.find(text) else {
            let text = format!("no room `{shown}`{}", Hint::new("rooms").after(" lists rooms"));
            return Err(Refusal::new(ErrorCode::NoSuchRoom, text));
        };
        if self.state.roster.get(id).is_some_and(|member| member.is_in(room.id)) {
            return Ok(room.id);
        }
        // Who cannot see into it cannot just join it either.
        let hint = match self.state.sees(id, room) {
            true => Hint::new(format!("join {}", room.name)).after(" joins it").to_string(),
            false => String::new(),
        };
        let text = format!("you are not in `{}`{hint}", room.name);
        Err(Refusal::new(ErrorCode::NotInRoom, text))
    }
}
