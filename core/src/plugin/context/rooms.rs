//! What a plugin asks for rooms.

use super::{Context, Effect};
use crate::plugin::draft::JoinDraft;
use crate::protocol::caller::Caller;
use crate::protocol::ids::MemberId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;
use crate::state::rights::Rights;

impl Context<'_> {
    /// Sets what a room is about; empty clears it.
    pub fn set_topic(&mut self, room: &RoomName, topic: impl Into<String>, by: Option<&Name>) {
        self.push(Effect::SetTopic { room: room.clone(), topic: topic.into(), by: by.cloned() });
    }

    /// Opens a room that stays when it is empty. Does nothing when it is there.
    pub fn open_room(&mut self, room: &RoomName, topic: impl Into<String>) {
        self.push(Effect::OpenRoom { room: room.clone(), topic: topic.into() });
    }

    /// Closes a room; its members leave it. The default room stays.
    pub fn close_room(&mut self, room: &RoomName) {
        self.push(Effect::CloseRoom { room: room.clone() });
    }

    /// Hides who is in a room and what it is about from those outside, but for moderators and the operator; or shows it again, unless another plugin hides it. Holds for as long
    /// as the room is open and this plugin enabled.
    pub fn hide_room(&mut self, room: &RoomName, hidden: bool) {
        self.push(Effect::HideRoom { room: room.clone(), hidden });
    }

    /// Says that only those join a room who were let in, or that everybody may, so that clients can show it ([`RoomInfo::locked`](crate::RoomInfo)). To refuse others is for the plugin. Holds for as long
    /// as the room is open and this plugin enabled.
    pub fn show_locked(&mut self, room: &RoomName, locked: bool) {
        self.push(Effect::ShowLocked { room: room.clone(), locked });
    }

    /// Gives a member a role in one room that it is in, or takes it away with `None`: what it may do there is the higher of that and its own role, at most that of a moderator. It is that for
    /// [commands that concern one room](crate::Command::of_room), and for gates that ask for the [role in a room](Self::role_in). Holds, whatever the member is called, until it leaves the room,
    /// and for as long as this plugin is enabled.
    pub fn set_role_in(&mut self, member: MemberId, room: &RoomName, role: Option<Role>) {
        self.push(Effect::SetRoleIn { member, room: room.clone(), role });
    }

    /// Says in [`before_join`](crate::Plugin::before_join) what somebody is in a room from the moment that they are in it: the same as [`set_role_in`](Self::set_role_in) and
    /// [`show_voiced`](Self::show_voiced), before anybody sees them there. Nothing comes of it where they are sent to another room.
    pub fn let_join_as(&self, draft: &mut JoinDraft, role: Option<Role>, voiced: bool) {
        let mut rights = Rights::default();
        rights.set_role(self.slot, role.map(|role| role.min(Role::Moderator)));
        rights.set_voiced(self.slot, voiced);
        draft.rights = Some((draft.room.clone(), rights));
    }

    /// What a member may do in a room.
    pub fn role_in(&self, member: MemberId, room: &RoomName) -> Role {
        let found = self.state.rooms.find(room.as_str());
        found.map(|room| self.state.role_in(member, room)).unwrap_or_else(|| {
            self.state.roster.get(member).map(|member| member.role).unwrap_or_default()
        })
    }

    /// Whether a plugin has made a member a moderator of a room, whatever its role on the server is.
    pub fn moderates(&self, member: MemberId, room: &RoomName) -> bool {
        let room = self.state.rooms.find(room.as_str());
        room.and_then(|room| room.rights(member).role()) >= Some(Role::Moderator)
    }

    /// Those to whom plugins have given something in a room: whether they moderate it, and whether they have a voice. In no order.
    pub fn rights_in(&self, room: &RoomName) -> impl Iterator<Item = (MemberId, bool, bool)> {
        let room = self.state.rooms.find(room.as_str());
        room.into_iter().flat_map(|room| {
            room.rights.iter().map(|(member, rights)| {
                (*member, rights.role() >= Some(Role::Moderator), rights.is_voiced())
            })
        })
    }

    /// Says that a member speaks in a room where not all may, or no more. To mind it is for the plugin that keeps others from speaking. Holds as a
    /// [role in the room](Self::set_role_in) does.
    pub fn show_voiced(&mut self, member: MemberId, room: &RoomName, voiced: bool) {
        self.push(Effect::ShowVoiced { member, room: room.clone(), voiced });
    }

    /// Whether a member has a voice in a room: see [`show_voiced`](Self::show_voiced).
    pub fn is_voiced(&self, member: MemberId, room: &RoomName) -> bool {
        let room = self.state.rooms.find(room.as_str());
        room.is_some_and(|room| room.rights(member).is_voiced())
    }

    /// A member as the caller of a command that it types in a room: which it may call, say.
    pub fn caller(&self, member: MemberId, room: Option<&RoomName>) -> Option<Caller> {
        self.state.caller(member, room.cloned())
    }

    /// Says that only moderators speak in a room at the moment, or that all do again, so that clients can show it ([`RoomInfo::hushed`](crate::RoomInfo)). To refuse what others
    /// say is for the plugin. Holds for as long as the room is open and this plugin enabled.
    pub fn show_hushed(&mut self, room: &RoomName, hushed: bool) {
        self.push(Effect::ShowHushed { room: room.clone(), hushed });
    }
}
