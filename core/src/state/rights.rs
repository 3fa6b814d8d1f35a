//! What somebody is in one room, as plugins say it.

use crate::protocol::caller::Caller;
use crate::protocol::ids::{MemberId, RoomId, SlotId};
use crate::protocol::name::RoomName;
use crate::protocol::role::Role;
use crate::state::room::Room;
use crate::state::server_state::ServerState;

/// What plugins have given one member in one room. Each part is gone with the plugin that gave it, all of it when the member leaves the room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// What it may do there, and the plugin that says so.
    role: Option<(SlotId, Role)>,
    /// The plugin that lets it speak where not all may.
    voiced_by: Option<SlotId>,
}

impl Rights {
    /// What it may do there, where that was said.
    pub(crate) fn role(&self) -> Option<Role> {
        self.role.map(|(_, role)| role)
    }

    pub(crate) fn is_voiced(&self) -> bool {
        self.voiced_by.is_some()
    }

    /// Gives a role, or takes it away.
    pub(crate) fn set_role(&mut self, slot: SlotId, role: Option<Role>) {
        self.role = role.map(|role| (slot, role));
    }

    pub(crate) fn set_voiced(&mut self, slot: SlotId, is_voiced: bool) {
        self.voiced_by = is_voiced.then_some(slot);
    }

    /// A plugin is over.
    pub(crate) fn forget_plugin(&mut self, slot: SlotId) {
        self.role.take_if(|(by, _)| *by == slot);
        self.voiced_by.take_if(|by| *by == slot);
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl ServerState {
    /// A member as a caller of commands, in a room.
    pub(crate) fn caller(&self, id: MemberId, room: Option<RoomName>) -> Option<Caller> {
        let member = self.roster.get(id)?;
        let there = |room: RoomId| {
            let room = self.rooms.get(room)?;
            let role = room.rights(id).role().filter(|role| *role > member.role)?;
            Some((room.name.clone(), role))
        };
        let rooms = member.rooms().filter_map(there).collect();
        Some(Caller { role: member.role, rooms, member: Some(id), name: member.name.clone(), room })
    }

    /// What a member may do in a room.
    pub(crate) fn role_in(&self, id: MemberId, room: &Room) -> Role {
        let role = self.roster.get(id).map(|member| member.role).unwrap_or_default();
        room.rights(id).role().map_or(role, |there| there.max(role))
    }
}
