//! What is done to rooms and people from outside of them, by name: commands and handles ask for the same here, and it is recorded once.

use super::Hub;
use crate::command::CommandError;
use crate::protocol::error::{MemberError, RoomError};
use crate::protocol::hint::Hint;
use crate::protocol::ids::{MemberId, RoomId};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::near::nearest;
use crate::protocol::sanitize;

/// So much of a name that does not exist is quoted back.
const QUOTED: usize = 64;

impl Hub {
    /// Opens a room that stays when it is empty.
    pub(crate) fn open_room_by(
        &mut self,
        text: &str,
        topic: &str,
        by: &str,
    ) -> Result<RoomName, RoomError> {
        if let Some(room) = self.state.rooms.find(text) {
            return Err(RoomError::IsOpen(room.name.clone()));
        }
        let name = match self.state.remembered.find(text) {
            Some((name, _)) => name.clone(),
            None => RoomName::new(text, self.state.settings().limits.room_name_bounds())
                .map_err(|problem| RoomError::BadName { name: quoted(text), problem })?,
        };
        let topic = self.checked_topic(topic, by)?;
        let room = self.open_room(name.clone(), &topic, true);
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.reopens = true;
        }
        self.state.remember_room(room);
        self.record(self.act("open", by).room(&name).why(topic));
        Ok(name)
    }

    /// Closes a room; who is in it is out of it.
    pub(crate) fn close_room_by(&mut self, text: &str, by: &str) -> Result<(), RoomError> {
        let (room, name) = self.existing_room(text)?;
        if self.state.rooms.iter().next().is_some_and(|default| default.id == room) {
            return Err(RoomError::IsDefault);
        }
        self.close_room(room);
        self.record(self.act("close", by).room(&name));
        Ok(())
    }

    /// Sets what a room is about; empty clears it. `who` is named in the room as having done it, `by` is recorded.
    pub(crate) fn set_topic_by(
        &mut self,
        text: &str,
        topic: &str,
        who: Option<Name>,
        by: &str,
    ) -> Result<(), RoomError> {
        let (room, _) = self.existing_room(text)?;
        self.set_topic(room, topic, who)?;
        self.record_topic(room, by);
        Ok(())
    }

    /// The member that somebody means.
    pub(crate) fn named(&self, name: &str) -> Result<MemberId, MemberError> {
        let found = self.state.roster.find(name).map(|member| member.id);
        found.ok_or_else(|| self.no_such_member(name))
    }

    /// That nobody answers to this name, and who was perhaps meant.
    pub(super) fn no_such_member(&self, name: &str) -> MemberError {
        let names = self.state.roster.iter().filter_map(|member| member.name.as_ref());
        let nearest = nearest(name, names).cloned();
        MemberError::NoSuchMember { name: quoted(name), nearest }
    }

    /// A topic as it may be set: cleaned, and not too long.
    pub(super) fn checked_topic(&self, topic: &str, by: &str) -> Result<String, RoomError> {
        let topic = sanitize::message(topic).into_owned();
        let length = topic.chars().count();
        let limit = self.state.settings().limits.topic_characters;
        if let Some(limit) = limit.filter(|&limit| length > limit) {
            self.state.shared.counters.limit_hit(LimitHit::TopicLength, by);
            return Err(RoomError::TopicTooLong { length, limit });
        }
        Ok(topic)
    }

    pub(super) fn existing_room(&self, text: &str) -> Result<(RoomId, RoomName), RoomError> {
        let found = self.state.rooms.find(text).map(|room| (room.id, room.name.clone()));
        found.ok_or_else(|| RoomError::NoSuchRoom { name: quoted(text) })
    }
}

fn quoted(text: &str) -> String {
    sanitize::excerpt(&sanitize::line(text), QUOTED).into_owned()
}

impl From<RoomError> for CommandError {
    /// For whoever typed the command, who can look at lists.
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NoSuchRoom { name } => {
                let hint = Hint::new("rooms").after(" lists rooms");
                Self::NoSuchRoom(format!("no room `{name}`{hint}"))
            }
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<MemberError> for CommandError {
    /// For whoever typed the command, who can look at lists.
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::NoSuchMember { name, nearest: None } => {
                let hint = Hint::any(["users", "who"]).after(" lists users");
                Self::NotFound(format!("no user `{name}`{hint}"))
            }
            error => Self::NotFound(error.to_string()),
        }
    }
}
